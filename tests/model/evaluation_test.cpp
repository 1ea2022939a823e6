#include "model/evaluation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>

namespace redshank {
namespace {

void add(ClassEvaluation& evaluation, std::uint8_t actual, std::uint8_t predicted, int times) {
    for (int i = 0; i < times; ++i) evaluation.add(actual, predicted);
}

TEST(ClassEvaluation, figures_of_a_matrix_counted_by_hand) {
    ClassEvaluation evaluation(2);
    EXPECT_EQ(evaluation.accuracy(), 0.0F);
    EXPECT_EQ(evaluation.kappa(), 0.0F);
    add(evaluation, 1, 1, 20);
    add(evaluation, 1, 0, 5);
    add(evaluation, 0, 1, 10);
    add(evaluation, 0, 0, 15);
    EXPECT_FLOAT_EQ(evaluation.accuracy(), 0.7F);
    EXPECT_FLOAT_EQ(evaluation.balanced_accuracy(), 0.7F);
    EXPECT_FLOAT_EQ(evaluation.precision(1), 20.0F / 30.0F);
    EXPECT_FLOAT_EQ(evaluation.recall(1), 0.8F);
    EXPECT_FLOAT_EQ(evaluation.f1(1), 40.0F / 55.0F);
    EXPECT_NEAR(evaluation.kappa(), 0.4F, 1e-6F);
}

TEST(ClassEvaluation, the_larger_class_alone_is_no_merit) {
    ClassEvaluation evaluation(3);
    add(evaluation, 0, 0, 90);
    add(evaluation, 1, 0, 10);
    EXPECT_FLOAT_EQ(evaluation.accuracy(), 0.9F);
    EXPECT_FLOAT_EQ(evaluation.balanced_accuracy(), 0.5F);
    EXPECT_NEAR(evaluation.kappa(), 0.0F, 1e-6F);
}

TEST(ClassEvaluation, what_fades_forgets_and_what_is_plain_does_not) {
    ClassEvaluation plain(2);
    ClassEvaluation fading(2, 0.99F);
    for (ClassEvaluation* each : {&plain, &fading}) {
        add(*each, 0, 1, 1000);
        add(*each, 0, 0, 1000);
    }
    EXPECT_FLOAT_EQ(plain.accuracy(), 0.5F);
    EXPECT_GT(fading.accuracy(), 0.999F);
}

TEST(ClassEvaluation, is_read_as_written_and_no_other_counts_are) {
    ClassEvaluation evaluation(2, 0.9F);
    add(evaluation, 0, 1, 3);
    add(evaluation, 1, 1, 5);
    std::array<std::byte, 16> room{};
    ByteWriter out(room);
    evaluation.write(out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.used(), evaluation.written_bytes());
    ClassEvaluation copy(2, 0.9F);
    ByteReader in(room);
    ASSERT_TRUE(copy.read(in));
    EXPECT_EQ(copy.accuracy(), evaluation.accuracy());
    EXPECT_EQ(copy.kappa(), evaluation.kappa());

    room[3] = std::byte{0xff};  // negative
    ByteReader negative(room);
    EXPECT_FALSE(copy.read(negative));
    ByteReader cut(std::span<const std::byte>(room).first(12));
    EXPECT_FALSE(copy.read(cut));
}

TEST(NumberEvaluation, figures_of_errors_counted_by_hand_and_read_as_written) {
    NumberEvaluation evaluation;
    evaluation.add(1.0F, 4.0F);
    evaluation.add(2.0F, -2.0F);
    EXPECT_FLOAT_EQ(evaluation.mae(), 3.5F);
    EXPECT_FLOAT_EQ(evaluation.rmse(), 3.5355339F);
    std::array<std::byte, NumberEvaluation::written_bytes> room{};
    ByteWriter out(room);
    evaluation.write(out);
    NumberEvaluation copy;
    ByteReader in(room);
    ASSERT_TRUE(copy.read(in));
    EXPECT_EQ(copy.mae(), evaluation.mae());
    EXPECT_EQ(copy.rmse(), evaluation.rmse());
}

TEST(NumberEvaluation, an_error_beyond_all_bounds_stays_finite_and_fades) {
    NumberEvaluation evaluation(0.9F);
    evaluation.add(3e38F, -3e38F);
    EXPECT_FLOAT_EQ(evaluation.mae(), NumberEvaluation::error_most);
    for (int i = 0; i < 1000; ++i) evaluation.add(1.0F, 1.5F);
    EXPECT_NEAR(evaluation.mae(), 0.5F, 0.01F);
}

}  // namespace
}  // namespace redshank
