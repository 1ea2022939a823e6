#include "model/forecaster.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "tests/model/allocations.hpp"
#include "tests/model/learner_golden.hpp"
#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

constexpr std::size_t members = 5;
using Small = Forecaster<8>;
using Row = std::array<float, members>;

// Members with a day, noise of their own, and a second that follows the first one row later.
class Plant {
public:
    explicit Plant(std::uint64_t seed) : random_(seed) {}
    std::int16_t hour() const { return static_cast<std::int16_t>(count_ % 168); }
    Row next() {
        Row row{};
        for (std::size_t k = 0; k < members; ++k) {
            const float turns = static_cast<float>(count_ % 24) / 24.0F + 0.1F * static_cast<float>(k);
            row[k] = cos_turns_of(turns) + noise * random_.normal();
        }
        row[1] = before_;
        before_ = row[0];
        ++count_;
        return row;
    }
    static constexpr float noise = 0.3F;

private:
    Random random_;
    int count_ = 0;
    float before_ = 0;
};

std::vector<std::byte> snapshot_of(const Small& forecaster) {
    std::vector<std::byte> room(forecaster.snapshot_bytes());
    ByteWriter out(room);
    forecaster.snapshot(out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.used(), room.size());
    return room;
}

bool restored(Small& forecaster, std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    return forecaster.restore(in);
}

void feed(Small& forecaster, Plant& plant, int rows) {
    for (int i = 0; i < rows; ++i) {
        const std::int16_t hour = plant.hour();
        forecaster.learn(hour, plant.next());
    }
}

TEST(Forecaster, learns_the_day_and_what_one_member_says_of_another) {
    Small forecaster(members);
    Plant plant(1);
    feed(forecaster, plant, 2000);
    Row squares{};
    for (int i = 0; i < 500; ++i) {
        const std::int16_t hour = plant.hour();
        Row predicted{};
        forecaster.predict(hour, predicted);
        const Row actual = plant.next();
        for (std::size_t k = 0; k < members; ++k) squares[k] += (actual[k] - predicted[k]) * (actual[k] - predicted[k]);
        forecaster.learn(hour, actual);
    }
    EXPECT_LT(squares[1] / 500, 0.001F);
    EXPECT_LT(squares[2] / 500, 1.2F * Plant::noise * Plant::noise);
    EXPECT_GT(squares[2] / 500, 0.8F * Plant::noise * Plant::noise);
}

TEST(Forecaster, snapshot_and_restore_continue_exactly) {
    for (const int at : {0, 1, 24, 25, 48, 49, 50, 400}) {
        SCOPED_TRACE(at);
        Small original(members);
        Plant plant(1);
        feed(original, plant, at);
        Small copy(members);
        Plant other(2);
        feed(copy, other, 77);
        ASSERT_TRUE(restored(copy, snapshot_of(original)));
        for (int i = 0; i < 100; ++i) {
            const std::int16_t hour = plant.hour();
            Row one{};
            Row same{};
            original.predict(hour, one);
            copy.predict(hour, same);
            ASSERT_EQ((std::bit_cast<std::array<std::uint32_t, members>>(one)),
                      (std::bit_cast<std::array<std::uint32_t, members>>(same)));
            const Row row = plant.next();
            original.learn(hour, row);
            copy.learn(hour, row);
        }
        EXPECT_EQ(snapshot_of(copy), snapshot_of(original));
    }
}

TEST(Forecaster, a_damaged_snapshot_or_one_of_another_shape_is_refused_and_reset_equals_fresh) {
    Small forecaster(members);
    const auto empty = snapshot_of(forecaster);
    Plant plant(1);
    feed(forecaster, plant, 300);
    const auto good = snapshot_of(forecaster);
    EXPECT_NE(good, empty);
    for (std::size_t size = 0; size < good.size(); size += 7) {
        ASSERT_FALSE(restored(forecaster, std::span(good).first(size))) << size;
    }
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 37) {
        auto flipped = good;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(restored(forecaster, flipped)) << bit;
    }
    EXPECT_FALSE(restored(forecaster, snapshot_of(Small(members + 1))));
    EXPECT_FALSE(restored(forecaster, snapshot_of(Small(members, 12))));
    forecaster.reset();
    EXPECT_EQ(snapshot_of(forecaster), empty);
    EXPECT_TRUE(restored(forecaster, good));
}

TEST(Forecaster, stays_finite_under_any_finite_row_and_any_hour) {
    constexpr float most = std::numeric_limits<float>::max();
    constexpr std::array hostile{0.0F,  1e-30F, 1e30F, most,
                                 -most, 1.0F,   -1e6F, std::numeric_limits<float>::denorm_min()};
    for (int kind = 0; kind < 3; ++kind) {
        Small forecaster(members);
        Random random(3);
        for (int i = 0; i < 1000; ++i) {
            const auto hour = static_cast<std::int16_t>(random.next());
            Row row{};
            for (float& value : row) {
                const auto drawn = static_cast<std::size_t>(random.next() % hostile.size());
                value = kind == 0 ? hostile[drawn] : kind == 1 ? 5.0F : (i % 2 == 0 ? most : -most);
            }
            Row predicted{};
            forecaster.predict(hour, predicted);
            for (const float value : predicted) ASSERT_TRUE(std::isfinite(value)) << kind << " row " << i;
            forecaster.learn(hour, row);
        }
        Small other(members);
        EXPECT_TRUE(restored(other, snapshot_of(forecaster))) << kind;
    }
}

TEST(Forecaster, nothing_is_allocated_after_construction_and_memory_is_bounded) {
    const auto large = std::make_unique<Forecaster<16>>(16);
    std::array<float, 16> row{};
    std::array<float, 16> predicted{};
    const std::uint64_t before = contract::allocations.load();
    for (std::int16_t i = 0; i < 500; ++i) {
        row.fill(static_cast<float>(i % 24));
        large->predict(static_cast<std::int16_t>(i % 168), predicted);
        large->learn(static_cast<std::int16_t>(i % 168), row);
    }
    EXPECT_EQ(contract::allocations.load(), before);
    EXPECT_LE(large->bytes(), 64U * 1024);
}

TEST(Forecaster, forecasts_and_snapshot_are_these_bytes_on_every_board) {
    WITHOUT_SANITIZER();
    Small forecaster(members);
    golden::Noise noise{20240229};
    Row row{};
    std::uint64_t digest = fnv1a_start;
    for (int i = 0; i < 10'000; ++i) {
        const auto hour = static_cast<std::int16_t>(i % 168);
        Row predicted{};
        forecaster.predict(hour, predicted);
        for (const float value : predicted) digest = golden::add_to_digest(value, digest);
        for (std::size_t k = 0; k < members; ++k) {
            row[k] = 0.7F * row[k] + 0.2F * row[(k + 1) % members] + 0.3F * noise.draw();
            row[k] += 0.5F * cos_turns_of(static_cast<float>(hour) / 24.0F);
        }
        forecaster.learn(hour, row);
    }
    EXPECT_EQ(fnv1a(snapshot_of(forecaster), digest), 0xb78a08614e49b07U);
}

}  // namespace
}  // namespace redshank
