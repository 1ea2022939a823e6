#include "model/feature_selection.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "model/fnv1a.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

std::vector<std::byte> written(const FeatureSelection<8>& selection) {
    std::vector<std::byte> room(selection.written_bytes());
    ByteWriter out(room);
    selection.write(out);
    EXPECT_TRUE(out.ok());
    return room;
}

TEST(FeatureSelection, variance_and_correlation_are_those_of_all_that_was_seen) {
    FeatureSelection<8> selection(2);
    Random random(11);
    double n = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double syy = 0;
    double sxy = 0;
    for (int i = 0; i < 5000; ++i) {
        const float x = 3.0F + 2.0F * random.normal();
        const float y = 0.5F * x + random.normal();
        const bool missing = i % 5 == 0;
        const std::array values{missing ? std::nanf("") : x, 1.0F};
        selection.learn({values, missing ? 1U : 0U}, y);
        if (missing) continue;
        const auto dx = static_cast<double>(x);
        const auto dy = static_cast<double>(y);
        n += 1;
        sx += dx;
        sy += dy;
        sxx += dx * dx;
        syy += dy * dy;
        sxy += dx * dy;
    }
    const double vx = sxx / n - sx / n * sx / n;
    const double vy = syy / n - sy / n * sy / n;
    const double correlation = (sxy / n - sx / n * sy / n) / std::sqrt(vx * vy);
    EXPECT_NEAR(static_cast<double>(selection.variance(0)), vx, 1e-3 * vx);
    EXPECT_NEAR(static_cast<double>(selection.correlation(0)), correlation, 1e-3);
    EXPECT_EQ(selection.variance(1), 0.0F);
    EXPECT_EQ(selection.correlation(1), 0.0F);
}

TEST(FeatureSelection, chooses_what_goes_with_the_target_and_leaves_what_does_not_vary) {
    FeatureSelection<8> selection(5);
    Random random(12);
    for (int i = 0; i < 3000; ++i) {
        const float target = random.normal();
        // A copy with noise, an opposite with less, chance, a constant, a tiny copy.
        const std::array values{target + random.normal(), 0.3F * random.normal() - target, random.normal(), 2.0F,
                                1e-3F * target};
        selection.learn({values}, target);
    }
    EXPECT_EQ(selection.selected(1e-2F, 0.2F, 8), 0b00011U);
    EXPECT_EQ(selection.selected(1e-2F, 0.2F, 1), 0b00010U);
    EXPECT_EQ(selection.selected(0.0F, 0.2F, 8), 0b10011U);
    EXPECT_EQ(selection.selected(0.0F, 0.2F, 1), 0b10000U);
    EXPECT_EQ(selection.selected(1e-2F, 0.2F, 0), 0U);
}

TEST(FeatureSelection, goes_on_from_what_was_written_and_reads_nothing_else) {
    FeatureSelection<8> original(3);
    Random random(13);
    const auto feed = [&](FeatureSelection<8>& one, FeatureSelection<8>& other) {
        for (int i = 0; i < 500; ++i) {
            const std::array values{random.normal(), 1e30F * random.normal(), std::numeric_limits<float>::max()};
            const float target = random.normal();
            one.learn({values}, target);
            other.learn({values}, target);
        }
    };
    FeatureSelection<8> unused(3);
    feed(original, unused);
    const auto good = written(original);
    FeatureSelection<8> copy(3);
    ByteReader in(good);
    ASSERT_TRUE(copy.read(in));
    feed(original, copy);
    EXPECT_EQ(written(copy), written(original));
    for (std::size_t at = 0; at < good.size(); at += 4) {
        auto bad = good;
        ByteWriter over{std::span(bad).subspan(at, 4)};
        over.put(std::nanf(""));
        ByteReader again(bad);
        EXPECT_FALSE(copy.read(again)) << at;
    }
}

TEST(FeatureSelection, the_bytes_are_these_on_every_board) {
    FeatureSelection<8> selection(4);
    Random random(14);
    for (int i = 0; i < 100'000; ++i) {
        const std::array values{random.normal(), random.uniform(), 1e-10F * random.normal(), 50.0F};
        selection.learn({values}, values[0] + values[1]);
    }
    EXPECT_EQ(fnv1a(written(selection)), 0xd7cde634882d06d7U);
}

}  // namespace
}  // namespace redshank
