#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/bytes.hpp"
#include "model/fnv1a.hpp"
#include "model/learner.hpp"
#include "model/snapshot_frame.hpp"
#include "tests/model/random.hpp"

// Snapshots that were changed and signed again: their frame is intact, so the body has to be judged by what it says.
namespace redshank::resigned {

inline std::vector<std::byte> snapshot_of(const Learner& learner) {
    std::vector<std::byte> bytes(learner.snapshot_bytes());
    ByteWriter out(bytes);
    learner.snapshot(out);
    EXPECT_TRUE(out.ok());
    return bytes;
}

inline void sign(std::span<std::byte> bytes) {
    const std::size_t signed_bytes = bytes.size() - SnapshotFrame::checksum_bytes;
    ByteWriter out(bytes.subspan(signed_bytes));
    out.put(fnv1a(bytes.first(signed_bytes)));
}

inline bool restored(Learner& learner, std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    return learner.restore(in);
}

// Predicts and learns what a stream may hold; false: a share that is none.
inline bool works_on(Classifier& learner, std::size_t inputs, int events) {
    Random random(99);
    std::array<float, features_max> room{};
    std::array<float, classes_max> shares_room{};
    const std::span<float> shares = std::span(shares_room).first(learner.classes());
    bool sane = true;
    for (int i = 0; i < events; ++i) {
        for (std::size_t k = 0; k < inputs; ++k) room[k] = (i % 16 == 15 ? 1e6F : 1.0F) * random.normal();
        const Features features{std::span<const float>(room).first(inputs), i % 8 == 7 ? random.next() : 0};
        learner.shares(features, shares);
        float sum = 0.0F;
        for (const float share : shares) {
            sane = sane && share >= 0.0F && share <= 1.001F;
            sum += share;
        }
        sane = sane && sum > 0.999F && sum < 1.001F;
        learner.learn(features, static_cast<std::uint8_t>(random.next() % learner.classes()));
    }
    return sane;
}

struct Outcome {
    int refused = 0;
    int worked_on = 0;
};

// Each `step`th byte turned over in three ways; make() gives a fresh learner of the same shape.
template <class Make>
Outcome flip_each_byte(const Classifier& learner, const Make& make, std::size_t inputs, std::size_t step = 1) {
    const std::vector<std::byte> good = snapshot_of(learner);
    const auto other = make();
    Outcome outcome;
    for (std::size_t at = 0; at + SnapshotFrame::checksum_bytes < good.size(); at += step) {
        for (const unsigned turn : {0xffU, 0x80U, 0x01U}) {
            std::vector<std::byte> bytes = good;
            bytes[at] ^= static_cast<std::byte>(turn);
            sign(bytes);
            if (!restored(*other, bytes)) {
                ++outcome.refused;
                continue;
            }
            ++outcome.worked_on;
            EXPECT_TRUE(works_on(*other, inputs, 64)) << "byte " << at;
            EXPECT_TRUE(restored(*make(), snapshot_of(*other))) << "byte " << at;
        }
    }
    EXPECT_TRUE(restored(*other, good));
    return outcome;
}

}  // namespace redshank::resigned
