#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "model/fnv1a.hpp"
#include "model/model.hpp"

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

// Vectors of correlated, autoregressive values with faults, scored, then learned unless strange: the digest of
// every score's bits and of the last snapshot.
std::uint64_t digest_of(std::size_t inputs, int vectors) {
    const std::unique_ptr<Model> model = make_model("pca", inputs, 300);
    Noise noise{20240229};
    std::array<float, model_inputs_max> room{};
    const std::span<float> x = std::span(room).first(inputs);
    std::uint64_t digest = fnv1a_start;
    float common = 0.0F;
    for (int i = 0; i < vectors; ++i) {
        common = 0.9F * common + 0.4F * noise.draw();
        for (std::size_t k = 0; k < inputs; ++k) x[k] = 0.5F * x[k] + 0.5F * common + 0.3F * noise.draw();
        if (i % 4999 < 20) x[0] += 7.0F;               // a fault for a while
        if (i % 9973 == 0) x[inputs - 1] = -1e30F;     // garbage
        if (i / 1000 % 20 == 7) x[inputs / 2] = 0.0F;  // stuck
        const Score score = model->score(x);
        const auto bits = std::bit_cast<std::array<std::byte, 4>>(score.score);  // little-endian on every board
        digest = fnv1a(bits, digest);
        if (score.score < 0.8F) model->learn(x);
        for (float& each : x) each = each < -100.0F ? 0.0F : each;
    }
    std::array<std::byte, 4096> bytes{};
    ByteWriter out(bytes);
    model->snapshot(out);
    EXPECT_TRUE(out.ok());
    return fnv1a(out.written(), digest);
}

// The same on x86-64, arm64 and armhf and at any optimisation. They change only with the model itself; then every
// stored snapshot's meaning may have changed too: raise its version.
TEST(ModelGolden, scores_and_snapshot_are_these_bytes_on_every_board) {
    EXPECT_EQ(digest_of(1, 20'000), 0x36849fdf630fc3fdU);
    EXPECT_EQ(digest_of(8, 100'000), 0x529df0a183a26261U);
    EXPECT_EQ(digest_of(16, 20'000), 0xe5753a890dd672b2U);
}

}  // namespace
}  // namespace redshank
