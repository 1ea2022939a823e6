#include "model/k_means.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/model/random.hpp"

namespace redshank {
namespace {

using Point = std::array<float, 2>;

TEST(KMeans, finds_the_centres_of_clusters_and_labels_by_the_nearest) {
    constexpr std::array<Point, 3> centres{{{-3.0F, 0.0F}, {2.0F, 2.0F}, {0.0F, -4.0F}}};
    KMeans<4, 3> learner(2);
    Random random(3);
    for (int i = 0; i < 6000; ++i) {
        const Point& centre = centres[static_cast<std::size_t>(random.next() % 3)];
        learner.learn(Point{centre[0] + 0.5F * random.normal(), centre[1] + 0.5F * random.normal()});
    }
    std::array<bool, 3> taken{};
    for (const Point& centre : centres) {
        const auto nearest = learner.nearest(centre);
        EXPECT_FALSE(taken[nearest.label]);
        taken[nearest.label] = true;
        EXPECT_LT(nearest.distance, 0.1F * 0.1F);
        EXPECT_NEAR(learner.centre(nearest.label)[0], centre[0], 0.1F);
        EXPECT_NEAR(learner.centre(nearest.label)[1], centre[1], 0.1F);
    }
}

TEST(KMeans, the_distance_is_the_square_to_the_nearest_centre) {
    KMeans<4, 2, 2> learner(1, 1);
    EXPECT_EQ(learner.distance(std::array{5.0F}), 0.0F);
    learner.learn(std::array{1.0F});
    EXPECT_FALSE(learner.started());
    learner.learn(std::array{3.0F});
    EXPECT_TRUE(learner.started());
    EXPECT_FLOAT_EQ(learner.centre(0)[0], 2.0F);
    EXPECT_FLOAT_EQ(learner.distance(std::array{5.0F}), 9.0F);
    learner.learn(std::array{5.0F});
    EXPECT_FLOAT_EQ(learner.centre(0)[0], 3.0F);
}

TEST(KMeans, equal_vectors_and_wild_ones_leave_it_finite) {
    constexpr float most = std::numeric_limits<float>::max();
    for (const float wild : {0.0F, most, -most}) {
        KMeans<8, 8> learner(5);
        std::array<float, 5> x{};
        for (int i = 0; i < 300; ++i) {
            x.fill(i % 3 == 0 ? wild : 0.0F);
            learner.learn(x);
            ASSERT_TRUE(std::isfinite(learner.distance(x)));
        }
        std::vector<std::byte> room(learner.written_bytes());
        ByteWriter out(room);
        learner.write(out);
        ASSERT_TRUE(out.ok());
        ByteReader in(room);
        EXPECT_TRUE((KMeans<8, 8>(5).read(in)));
    }
}

TEST(KMeans, what_no_stream_leads_to_is_not_read) {
    KMeans<4, 2, 4> learner(2);
    for (const float x : {1.0F, 2.0F, -5.0F, -6.0F}) learner.learn(Point{x, x});
    std::vector<std::byte> good(learner.written_bytes());
    ByteWriter out(good);
    learner.write(out);
    ASSERT_TRUE(out.ok());
    const auto reads = [](std::span<const std::byte> bytes) {
        ByteReader in(bytes);
        return KMeans<4, 2, 4>(2).read(in);
    };
    EXPECT_TRUE(reads(good));
    EXPECT_FALSE(reads(std::span(good).first(good.size() - 1)));
    for (std::size_t at = 3; at < good.size(); at += 4) {
        auto bad = good;
        ByteWriter over{std::span(bad).subspan(at, 4)};
        over.put(std::nanf(""));
        EXPECT_FALSE(reads(bad)) << at;
    }
    for (std::size_t at = 0; at < 3; ++at) {  // clusters, started, filled
        auto bad = good;
        bad[at] = std::byte{7};
        EXPECT_FALSE(reads(bad)) << at;
    }
}

// Three clusters of eight inputs fit in a gateway's pocket.
static_assert(sizeof(KMeans<8, 3, 10>) <= 512);

}  // namespace
}  // namespace redshank
