#pragma once

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/fnv1a.hpp"
#include "model/learner.hpp"

// One golden digest per learner: of every prediction's bits and the last snapshot, the same on every board.
namespace redshank::golden {

inline constexpr int steps_golden = 100'000;

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

// A drifting target of correlated inputs with missing values and garbage now and then.
class Events {
public:
    explicit Events(std::size_t inputs) : inputs_(inputs) {}

    Features next() {
        ++count_;
        common_ = 0.9F * common_ + 0.4F * noise_.draw();
        const float drift = count_ / 25'000 % 2 == 0 ? 1.0F : -1.0F;
        std::uint64_t missing = 0;
        target = 0.25F * noise_.draw();
        for (std::size_t i = 0; i < inputs_; ++i) {
            room_[i] = 0.5F * common_ + noise_.draw();
            target += (i % 2 == 0 ? drift : 0.5F) * room_[i];
        }
        if (count_ % 31 == 0) missing = std::uint64_t{1} << (noise_.next() % inputs_);
        if (count_ % 9973 == 0) room_[inputs_ - 1] = -1e15F;
        return {std::span<const float>(room_).first(inputs_), missing};
    }
    float target = 0;

private:
    Noise noise_{20240229};
    std::size_t inputs_;
    int count_ = 0;
    float common_ = 0;
    std::array<float, features_max> room_{};
};

inline std::uint64_t add_to_digest(float value, std::uint64_t digest) {
    std::array<std::byte, 4> bytes{};
    ByteWriter out(bytes);
    out.put(value);
    return fnv1a(bytes, digest);
}

inline std::uint64_t with_snapshot(const Learner& learner, std::uint64_t digest) {
    std::vector<std::byte> bytes(learner.snapshot_bytes());
    ByteWriter out(bytes);
    learner.snapshot(out);
    EXPECT_TRUE(out.ok());
    return fnv1a(out.written(), digest);
}

inline std::uint64_t digest_of(Regressor& regressor, std::size_t inputs, int steps = steps_golden) {
    Events events(inputs);
    std::uint64_t digest = fnv1a_start;
    for (int i = 0; i < steps; ++i) {
        const Features features = events.next();
        digest = add_to_digest(regressor.predict(features), digest);
        regressor.learn(features, events.target);
    }
    return with_snapshot(regressor, digest);
}

inline std::uint64_t digest_of(Classifier& classifier, std::size_t inputs, int steps = steps_golden) {
    Events events(inputs);
    std::array<float, classes_max> room{};
    const std::span<float> shares = std::span(room).first(classifier.classes());
    std::uint64_t digest = fnv1a_start;
    for (int i = 0; i < steps; ++i) {
        const Features features = events.next();
        classifier.shares(features, shares);
        for (const float share : shares) digest = add_to_digest(share, digest);
        std::uint8_t actual = 0;  // how many of the steps of one the target is above
        for (std::size_t k = 1; k < classifier.classes(); ++k) {
            const float step = static_cast<float>(k) - static_cast<float>(classifier.classes()) / 2.0F;
            if (events.target > step) actual = static_cast<std::uint8_t>(k);
        }
        classifier.learn(features, actual);
    }
    return with_snapshot(classifier, digest);
}

}  // namespace redshank::golden
