#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "model/adwin.hpp"
#include "model/drift_detection_method.hpp"
#include "model/fnv1a.hpp"
#include "model/page_hinkley.hpp"
#include "tests/model/random.hpp"

// What every drift detector keeps: a change is found soon, a stream that does not change is left alone, and what is
// saved goes on exactly.

namespace redshank {
namespace {

constexpr std::uint64_t seed = 19540101;

template <class Detector>
std::vector<std::byte> written(const Detector& detector) {
    std::vector<std::byte> room(Detector::written_bytes);
    ByteWriter out(room);
    detector.write(out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.used(), room.size());
    return room;
}

template <class Detector>
bool reads(std::span<const std::byte> bytes, Detector& into) {
    ByteReader in(bytes);
    return into.read(in);
}

bool fed(Adwin& detector, Random& random, float level) {
    return detector.add(level + 0.1F * random.normal());
}
bool fed(PageHinkley& detector, Random& random, float level) {
    return detector.add(level + 0.1F * random.normal());
}
bool fed(DriftDetectionMethod& detector, Random& random, float level) {
    return detector.add(random.uniform() < level) == DriftDetectionMethod::State::change;
}

template <class Detector>
Detector fresh() {
    return Detector();
}
template <>
PageHinkley fresh() {
    return PageHinkley(0.05F, 5.0F);
}

template <class Detector>
class Drift : public testing::Test {};
using Detectors = testing::Types<Adwin, PageHinkley, DriftDetectionMethod>;
TYPED_TEST_SUITE(Drift, Detectors);

TYPED_TEST(Drift, a_change_is_found_within_400_values_and_found_again) {
    TypeParam detector = fresh<TypeParam>();
    Random random(seed);
    for (int i = 0; i < 2000; ++i) fed(detector, random, 0.2F);
    int until = 0;
    while (until < 500 && !fed(detector, random, 0.6F)) ++until;
    EXPECT_LT(until, 400);
    for (int i = 0; i < 2000; ++i) fed(detector, random, 0.3F);
    until = 0;
    while (until < 500 && !fed(detector, random, 0.8F)) ++until;
    EXPECT_LT(until, 400);
}

TYPED_TEST(Drift, a_stream_that_does_not_change_raises_next_to_nothing) {
    int raised = 0;
    for (std::uint64_t stream = 0; stream < 10; ++stream) {
        TypeParam detector = fresh<TypeParam>();
        Random random(seed + stream);
        for (int i = 0; i < 5000; ++i) raised += fed(detector, random, 0.3F) ? 1 : 0;
    }
    EXPECT_LE(raised, 5) << "in 50,000 values";
}

TYPED_TEST(Drift, saved_it_goes_on_exactly) {
    for (const int at : {0, 1, 29, 31, 700, 5001}) {
        TypeParam detector = fresh<TypeParam>();
        Random random(seed);
        for (int i = 0; i < at; ++i) fed(detector, random, i % 2000 < 1000 ? 0.2F : 0.5F);
        TypeParam copy = fresh<TypeParam>();
        Random other(seed + 1);
        for (int i = 0; i < 100; ++i) fed(copy, other, 0.9F);
        ASSERT_TRUE(reads(written(detector), copy)) << at;
        ASSERT_EQ(written(copy), written(detector)) << at;
        Random same = random;
        for (int i = 0; i < 3000; ++i) {
            const float level = i < 1500 ? 0.2F : 0.7F;
            ASSERT_EQ(fed(detector, random, level), fed(copy, same, level)) << at << ", " << i;
        }
        EXPECT_EQ(written(copy), written(detector)) << at;
    }
}

TYPED_TEST(Drift, what_no_stream_can_lead_to_is_refused) {
    TypeParam detector = fresh<TypeParam>();
    Random random(seed);
    for (int i = 0; i < 500; ++i) fed(detector, random, 0.3F);
    const auto good = written(detector);
    TypeParam copy = fresh<TypeParam>();
    for (std::size_t size = 0; size < good.size(); ++size) {
        ASSERT_FALSE(reads(std::span(good).first(size), copy)) << size;
    }
    EXPECT_FALSE(reads(std::vector<std::byte>(good.size(), std::byte{0xff}), copy)) << "NaN";
    EXPECT_TRUE(reads(good, copy));
}

TEST(Adwin, its_mean_and_width_are_those_of_what_it_holds) {
    Adwin detector;
    Random random(seed);
    double sum = 0;
    for (int i = 0; i < 1000; ++i) {
        const float value = random.uniform();
        sum += static_cast<double>(value);
        ASSERT_FALSE(detector.add(value)) << i;
    }
    EXPECT_EQ(detector.width(), 1000U);
    EXPECT_NEAR(detector.mean(), sum / 1000, 1e-9);
    for (int i = 0; i < 1000; ++i) detector.add(5.0F + random.uniform());
    EXPECT_LE(detector.width(), 1064U);
    EXPECT_NEAR(detector.mean(), 5.5, 0.1);
}

TEST(Adwin, survives_any_finite_value) {
    Adwin detector;
    Random random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t bits = random.next();
        detector.add(bits % 3 == 0   ? std::numeric_limits<float>::max()
                     : bits % 3 == 1 ? -std::numeric_limits<float>::max()
                                     : random.normal());
        ASSERT_GE(detector.mean(), -1e6);
        ASSERT_LE(detector.mean(), 1e6);
    }
    Adwin copy;
    EXPECT_TRUE(reads(written(detector), copy));
}

TEST(DriftDetectionMethod, warns_before_it_calls_a_change) {
    DriftDetectionMethod detector;
    Random random(seed);
    for (int i = 0; i < 1000; ++i) detector.add(random.uniform() < 0.2F);
    bool warned = false;
    for (int i = 0; i < 500; ++i) {
        const auto state = detector.add(random.uniform() < 0.5F);
        warned = warned || state == DriftDetectionMethod::State::warning;
        if (state == DriftDetectionMethod::State::change) break;
    }
    EXPECT_TRUE(warned);
}

template <class Detector>
std::uint64_t digest_of() {
    Detector detector = fresh<Detector>();
    Random random(seed);
    std::uint64_t digest = fnv1a_start;
    for (int i = 0; i < 100'000; ++i) {
        const std::byte found{fed(detector, random, i / 5000 % 2 == 0 ? 0.2F : 0.4F) ? std::uint8_t{1}
                                                                                     : std::uint8_t{0}};
        digest = fnv1a(std::span(&found, 1), digest);
    }
    return fnv1a(written(detector), digest);
}

TEST(DriftGolden, answers_and_state_are_these_bytes_on_every_board) {
    EXPECT_EQ(digest_of<Adwin>(), 0x14e77b63c032d828U);
    EXPECT_EQ(digest_of<PageHinkley>(), 0xfe8996f4d3b6a7c1U);
    EXPECT_EQ(digest_of<DriftDetectionMethod>(), 0xf61326fc08fe2e10U);
}

}  // namespace
}  // namespace redshank
