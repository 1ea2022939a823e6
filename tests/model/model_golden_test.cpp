#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "model/fnv1a.hpp"
#include "model/model.hpp"
#include "tests/model/long_stream.hpp"

namespace redshank {
namespace {

// splitmix64 (Steele, Lea, Flood 2014); noise as a sum of uniforms, exact in integers.
struct Noise {
    std::uint64_t state;

    std::uint64_t next() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    float draw() {
        std::int32_t sum = -(6 << 16);
        for (int i = 0; i < 12; ++i) sum += static_cast<std::int32_t>(next() >> 48);
        return static_cast<float>(sum) * 0x1p-16F;
    }
};

// Observations of correlated, autoregressive values with faults, scored, then learned unless strange: the digest of
// every score's bits and of the last snapshot.
std::uint64_t digest_of(std::string_view name, std::size_t members, int observations) {
    const std::unique_ptr<Model> model = make_model(name, members, 300);
    Noise noise{20240229};
    std::array<float, group_members_most> room{};
    std::array<float, group_members_most> clamped{};
    const std::span<float> x = std::span(room).first(members);
    std::uint64_t digest = fnv1a_start;
    float common = 0.0F;
    for (int i = 0; i < observations; ++i) {
        common = 0.9F * common + 0.4F * noise.draw();
        for (std::size_t k = 0; k < members; ++k) x[k] = 0.5F * x[k] + 0.5F * common + 0.3F * noise.draw();
        if (i % 4999 < 20) x[0] += 7.0F;                // a fault for a while
        if (i % 9973 == 0) x[members - 1] = -1e15F;     // garbage
        if (i / 1000 % 20 == 7) x[members / 2] = 0.0F;  // stuck
        std::transform(x.begin(), x.end(), clamped.begin(),
                       [](float value) { return std::clamp(value, -16.0F, 16.0F); });
        const auto half_hour = static_cast<std::int16_t>(i / 6 % 48);
        const Observation observation{
            .values = x, .standardised = std::span(clamped).first(members), .half_hour = half_hour};
        const Score score = model->score(observation);
        const auto bits = std::bit_cast<std::array<std::byte, 4>>(score.score);  // little-endian on every board
        digest = fnv1a(bits, digest);
        if (score.score < 0.8F) {
            model->learn(observation);
        } else {
            model->pass(observation);
        }
        for (float& each : x) each = each < -100.0F ? 0.0F : each;
    }
    std::array<std::byte, 32768> bytes{};
    ByteWriter out(bytes);
    model->snapshot(out);
    EXPECT_TRUE(out.ok());
    return fnv1a(out.written(), digest);
}

// The same on x86-64, arm64 and armhf and at any optimisation. They change only with the model itself; then every
// stored snapshot's meaning may have changed too: raise its version.
TEST(ModelGolden, scores_and_snapshot_are_these_bytes_on_every_board) {
    WITHOUT_SANITIZER();
    EXPECT_EQ(digest_of("pca", 1, 20'000), 0x2af05e597844cddbU);
    EXPECT_EQ(digest_of("pca", 8, 100'000), 0xf6804a3ae039332fU);
    EXPECT_EQ(digest_of("auto", 1, 100'000), 0x3970577973171ebdU);
    EXPECT_EQ(digest_of("auto", 2, 20'000), 0x3464f33fb8804813U);
    EXPECT_EQ(digest_of("auto", 8, 20'000), 0x30e5543753298bc1U);
    EXPECT_EQ(digest_of("auto", 52, 5'000), 0xc2c8b015bf7c259fU);
    EXPECT_EQ(digest_of("pca", 16, 20'000), 0xc63f1eab27527d90U);
    EXPECT_EQ(digest_of("half-space-trees", 8, 100'000), 0x02337b9fbbbb227aU);
    EXPECT_EQ(digest_of("k-means", 8, 100'000), 0xa3e06dbeabc926bfU);
    EXPECT_EQ(digest_of("k-means", 1, 20'000), 0x281d77cde6417552U);
    EXPECT_EQ(digest_of("autoencoder", 8, 100'000), 0x9d095d1ddac3c1d1U);
    EXPECT_EQ(digest_of("knn-distance", 8, 100'000), 0x8b9fd943a38c26ffU);
}

}  // namespace
}  // namespace redshank
