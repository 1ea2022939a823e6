#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "tests/model/allocations.hpp"
#include "tests/model/random.hpp"

// What every model keeps. A new model joins by one INSTANTIATE_TEST_SUITE_P in model_contract_test.cpp, the only file
// that includes this.
namespace redshank::contract {

struct Case {
    std::string name;
    std::size_t members = 1;
    std::uint32_t warmup = 0;
    std::size_t bytes_most = members == 1 ? 8192 : 16384;

    friend std::ostream& operator<<(std::ostream& out, const Case& c) {
        return out << c.name << "_" << c.members << "_members_warmup_" << c.warmup;
    }
};

// An observation and its room. The values are what `standardised` holds, in a unit of their own.
class Observed {
public:
    explicit Observed(std::size_t members) : members_(members) {}
    std::span<float> values() { return std::span(values_).first(members_); }
    Observation view() {
        for (std::size_t i = 0; i < members_; ++i) {
            standardised_[i] = std::clamp(values_[i], -16.0F, 16.0F);
            scaled_[i] = std::clamp(values_[i] * 12.5F, -1e15F, 1e15F);
        }
        return {.values = std::span<const float>(scaled_).first(members_),
                .standardised = std::span<const float>(standardised_).first(members_),
                .half_hour = half_hour};
    }
    std::int16_t half_hour = Observation::no_half_hour;

private:
    std::size_t members_;
    std::array<float, group_members_most> values_{};
    std::array<float, group_members_most> standardised_{};
    std::array<float, group_members_most> scaled_{};
};

class ModelContract : public testing::TestWithParam<Case> {
protected:
    std::unique_ptr<Model> fresh() const { return make_model(GetParam().name, GetParam().members, GetParam().warmup); }

    // One observation of a stream that has something to learn and now and then something strange.
    static Observation draw(Random& random, Observed& room, bool strange_now_and_then = true) {
        const float common = random.normal();
        for (float& value : room.values()) value = 0.8F * common + 0.6F * random.normal();
        if (strange_now_and_then && random.next() % 97 == 0) room.values().front() += 9.0F;
        room.half_hour = static_cast<std::int16_t>(static_cast<int>(random.next() % 49) - 1);
        return room.view();
    }
    Observation drawn(Random& random) { return draw(random, room_); }
    Observation constant(float value) {
        for (float& each : room_.values()) each = value;
        return room_.view();
    }
    void feed(Model& model, Random& random, int observations) {
        for (int i = 0; i < observations; ++i) model.learn(drawn(random));
    }

    static std::vector<std::byte> snapshot_of(const Model& model) {
        std::vector<std::byte> room(model.snapshot_bytes());
        ByteWriter out(room);
        model.snapshot(out);
        EXPECT_TRUE(out.ok());
        EXPECT_EQ(out.used(), room.size());
        return room;
    }
    static bool restored(Model& model, std::span<const std::byte> bytes) {
        ByteReader in(bytes);
        return model.restore(in);
    }
    static std::uint32_t bits_of(const Score& score) { return std::bit_cast<std::uint32_t>(score.score); }

    static constexpr std::uint64_t seed = 20240229;
    Observed room_{GetParam().members};
};

TEST_P(ModelContract, same_input_gives_same_bytes) {
    const auto one = fresh();
    const auto other = fresh();
    Random random_one(seed);
    Random random_other(seed);
    for (int i = 0; i < 3000; ++i) {
        Observed second_room(GetParam().members);
        const Observation x = drawn(random_one);
        const Observation y = draw(random_other, second_room);
        ASSERT_EQ(bits_of(one->score(x)), bits_of(other->score(y))) << "observation " << i;
        if (i % 7 == 3) {
            one->pass(x);
            other->pass(y);
        } else {
            one->learn(x);
            other->learn(y);
        }
    }
    EXPECT_EQ(snapshot_of(*one), snapshot_of(*other));
}

TEST_P(ModelContract, learning_changes_the_state_and_scoring_does_not) {
    const auto model = fresh();
    Random random(seed);
    const auto empty = snapshot_of(*model);
    feed(*model, random, 500);
    const auto before = snapshot_of(*model);
    EXPECT_NE(before, empty);
    for (int i = 0; i < 200; ++i) {
        const Observation x = drawn(random);
        const Score first = model->score(x);
        ASSERT_EQ(bits_of(first), bits_of(model->score(x)));
    }
    EXPECT_EQ(snapshot_of(*model), before);
}

TEST_P(ModelContract, the_score_is_zero_until_the_warm_up_is_learned) {
    const auto model = fresh();
    Random random(seed);
    for (std::uint32_t i = 0; i < GetParam().warmup; ++i) {
        const Observation x = drawn(random);
        const Score score = model->score(x);
        ASSERT_FALSE(score.warm) << i;
        ASSERT_EQ(score.score, 0.0F) << i;
        model->learn(x);
    }
    EXPECT_TRUE(model->score(drawn(random)).warm);
}

TEST_P(ModelContract, the_strange_scores_higher_than_the_ordinary) {
    const auto model = fresh();
    Random random(seed);
    for (int i = 0; i < static_cast<int>(GetParam().warmup) + 4000; ++i) model->learn(draw(random, room_, false));
    EXPECT_LT(model->score(constant(0.1F)).score, 0.5F);
    EXPECT_GE(model->score(constant(100.0F)).score, 0.8F);
}

TEST_P(ModelContract, snapshot_and_restore_continue_exactly) {
    for (const int at : {0, 1, 63, 700, 2500}) {
        SCOPED_TRACE(at);
        const auto original = fresh();
        Random random(seed);
        feed(*original, random, at);

        const auto copy = fresh();
        Random other_stream(seed + 1);
        feed(*copy, other_stream, 100);  // what was there before leaves no trace
        ASSERT_TRUE(restored(*copy, snapshot_of(*original)));
        ASSERT_EQ(snapshot_of(*copy), snapshot_of(*original));
        for (int i = 0; i < 1000; ++i) {
            const Observation x = drawn(random);
            const Score a = original->score(x);
            const Score b = copy->score(x);
            ASSERT_EQ(bits_of(a), bits_of(b)) << "observation " << i;
            ASSERT_EQ(a.warm, b.warm);
            original->learn(x);
            copy->learn(x);
        }
        EXPECT_EQ(snapshot_of(*copy), snapshot_of(*original));
    }
}

TEST_P(ModelContract, restore_takes_its_own_bytes_and_leaves_the_next_ones) {
    const auto model = fresh();
    Random random(seed);
    feed(*model, random, 300);
    std::vector<std::byte> room(2 * model->snapshot_bytes() + 8);
    ByteWriter out(room);
    out.put(std::uint32_t{7});
    model->snapshot(out);
    out.put(std::uint32_t{9});
    ASSERT_TRUE(out.ok());

    ByteReader in(out.written());
    EXPECT_EQ(in.get<std::uint32_t>(), 7U);
    EXPECT_TRUE(fresh()->restore(in));
    EXPECT_EQ(in.get<std::uint32_t>(), 9U);
    EXPECT_EQ(in.left(), 0U);
}

TEST_P(ModelContract, a_snapshot_without_room_says_so) {
    const auto model = fresh();
    std::vector<std::byte> room(snapshot_of(*model).size() - 1);
    ByteWriter out(room);
    model->snapshot(out);
    EXPECT_FALSE(out.ok());
}

TEST_P(ModelContract, a_damaged_snapshot_is_refused_and_reset_makes_the_model_whole) {
    const auto original = fresh();
    Random random(seed);
    feed(*original, random, 900);
    const auto good = snapshot_of(*original);
    const auto empty = snapshot_of(*fresh());
    const auto model = fresh();

    // Of a large snapshot a sample, with a step that is odd, so that it meets every place in a byte.
    const std::size_t cut_step = good.size() / 8192 + 1;
    for (std::size_t size = 0; size < good.size(); size += cut_step) {
        ASSERT_FALSE(restored(*model, std::span(good).first(size))) << "cut to " << size;
    }
    ASSERT_FALSE(restored(*model, std::span(good).first(good.size() - 1)));
    const std::size_t bit_step = good.size() <= 16384 ? 1 : good.size() * 8 / 1000 | 1U;
    for (std::size_t bit = 0; bit < good.size() * 8; bit += bit_step) {
        auto flipped = good;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(restored(*model, flipped)) << "bit " << bit;
    }
    for (int i = 0; i < 200; ++i) {
        std::vector<std::byte> noise(good.size());
        for (std::byte& byte : noise) byte = static_cast<std::byte>(random.next());
        ASSERT_FALSE(restored(*model, noise));
    }
    model->reset();
    EXPECT_EQ(snapshot_of(*model), empty);
    EXPECT_TRUE(restored(*model, good));
    EXPECT_EQ(snapshot_of(*model), good);
}

TEST_P(ModelContract, a_snapshot_of_another_number_of_members_is_refused) {
    const auto model = fresh();
    for (std::size_t members = 1; members <= group_members_most; ++members) {
        const auto other = make_model(GetParam().name, members, GetParam().warmup);
        if (other == nullptr || members == GetParam().members) continue;
        auto bytes = snapshot_of(*other);
        ASSERT_FALSE(restored(*model, bytes)) << members;
        bytes.resize(snapshot_of(*model).size());
        ASSERT_FALSE(restored(*model, bytes)) << members;
    }
}

TEST_P(ModelContract, reset_equals_fresh) {
    const auto used = fresh();
    Random random(seed);
    feed(*used, random, 2000);
    used->reset();
    const auto untouched = fresh();
    ASSERT_EQ(snapshot_of(*used), snapshot_of(*untouched));
    for (int i = 0; i < 1000; ++i) {
        const Observation x = drawn(random);
        ASSERT_EQ(bits_of(used->score(x)), bits_of(untouched->score(x)));
        used->learn(x);
        untouched->learn(x);
    }
    EXPECT_EQ(snapshot_of(*used), snapshot_of(*untouched));
}

TEST_P(ModelContract, scores_stay_in_range_under_any_finite_input) {
    constexpr float most = std::numeric_limits<float>::max();
    constexpr float least = std::numeric_limits<float>::denorm_min();
    const std::array hostile{0.0F, -0.0F, 1.0F, -1.0F, 1e6F, -1e6F, 1e30F, -1e30F, most, -most, least, -least, 1e-30F};
    const auto check = [&](const char* what, auto&& observation_at) {
        const auto model = fresh();
        Random random(seed);
        for (int i = 0; i < 700; ++i) {
            const Observation x = observation_at(random, i);
            const Score score = model->score(x);
            ASSERT_TRUE(score.score >= 0.0F && score.score <= 1.0F)
                << what << ", observation " << i << ": " << score.score;
            if (i % 5 == 4) {
                model->pass(x);
            } else {
                model->learn(x);
            }
        }
        // Whatever it went through, its state is one that restore takes.
        EXPECT_TRUE(restored(*fresh(), snapshot_of(*model))) << what;
    };
    const auto each = [&](auto&& value) {
        for (float& one : room_.values()) one = value();
        return room_.view();
    };
    for (const float value : hostile) {
        check("constant", [&](Random&, int) { return constant(value); });
        check("one in hundred", [&](Random& random, int i) { return i % 100 == 99 ? constant(value) : drawn(random); });
    }
    check("mixed", [&](Random& random, int) {
        return each([&] { return hostile[static_cast<std::size_t>(random.next() % hostile.size())]; });
    });
    check("collinear", [&](Random& random, int) { return constant(random.normal()); });
    check("alternating", [&](Random&, int i) { return constant(i % 2 == 0 ? 1e6F : -1e6F); });
    check("any bits", [&](Random& random, int) {
        return each([&] {
            const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
            return std::isfinite(value) ? value : 0.0F;
        });
    });
}

TEST_P(ModelContract, nothing_is_allocated_after_construction) {
    const auto model = fresh();
    std::vector<std::byte> room(model->snapshot_bytes());
    Random random(seed);
    float sum = 0;
    bool kept = true;

    const std::uint64_t before = allocations.load();
    for (int i = 0; i < 10'000; ++i) {
        const Observation x = drawn(random);
        sum += model->score(x).score;
        model->learn(x);
        if (i % 1000 == 0) {
            ByteWriter out(room);
            model->snapshot(out);
            ByteReader in(out.written());
            kept = kept && out.ok() && model->restore(in);
        }
    }
    model->reset();
    const std::uint64_t after = allocations.load();

    EXPECT_EQ(after, before);
    EXPECT_TRUE(kept);
    EXPECT_TRUE(std::isfinite(sum));
    EXPECT_GT(before, 0U) << "the counter does not count";
}

TEST_P(ModelContract, memory_and_snapshots_are_bounded) {
    const auto model = fresh();
    Random random(seed);
    const std::size_t at_first = model->bytes();
    feed(*model, random, 5000);
    EXPECT_EQ(model->bytes(), at_first);
    EXPECT_GT(model->bytes(), 0U);
    EXPECT_EQ(model->learned(), 5000U);
    EXPECT_LE(model->bytes(), GetParam().bytes_most);
    EXPECT_LE(model->snapshot_bytes(), model->bytes() + 64);
}

}  // namespace redshank::contract
