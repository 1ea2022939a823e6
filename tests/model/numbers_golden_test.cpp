#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/aggregate_parts.hpp"
#include "model/channel_scale.hpp"
#include "model/decimal.hpp"
#include "model/derived_feature.hpp"
#include "model/fnv1a.hpp"
#include "model/preprocess.hpp"
#include "model/quantile_sketch.hpp"
#include "tests/model/numbers_random.hpp"

namespace redshank {
namespace {

// One row per reading of one channel, in order: the text and what became of it. raw is 0 for a refused one.
struct Row {
    std::string_view text;
    std::int64_t raw;
    int exponent;
    StandardisedQ16 standardised;
};
struct Digest {
    std::string_view name;
    std::uint64_t digest;  // of every byte that the steps made
};

#include "tests/golden/numbers_golden.inc"

// A channel on its way from text to window, each step's outcome going into a digest.
class Way {
public:
    explicit Way(std::uint32_t alpha_q16) : preprocess_(smoothing(alpha_q16)) {}
    static PreprocessSettings smoothing(std::uint32_t alpha_q16) {
        PreprocessSettings settings;
        settings.smooth_alpha_q16 = alpha_q16;
        return settings;
    }

    Row take(std::string_view text, std::int64_t event_ns) {
        const auto value = parse_decimal(text, DecimalGrammar::json);
        if (!value) return refused(text, value.error());
        const auto raw = scale_.to_raw(*value);
        if (!raw) return refused(text, raw.error());
        if (raw->exponent_change != 0) {
            preprocess_.exponent_changed(raw->exponent_change);
            AggregateParts next = AggregateParts::empty(rescale(parts_.pivot, raw->exponent_change), scale_.exponent());
            next.merge(parts_);
            parts_ = next;
        }
        const std::int64_t smoothed = preprocess_.smooth_q8(raw->raw);
        const StandardisedQ16 standardised = preprocess_.standardise(smoothed);
        preprocess_.learn(smoothed);
        // A merge may have stayed at a coarser exponent.
        parts_.add(rescale(raw->raw, parts_.exponent - scale_.exponent()), event_ns);
        digest(raw->raw);
        digest(smoothed);
        digest(standardised);
        return {text, raw->raw, scale_.exponent(), standardised};
    }

    // Everything that is kept, and the figures made of it.
    void finish() {
        std::array<std::byte, 512> room{};
        ByteWriter out(room);
        scale_.write(out);
        preprocess_.write(out);
        parts_.write(out);
        out.put(std::bit_cast<std::uint64_t>(parts_.mean()));
        out.put(std::bit_cast<std::uint64_t>(parts_.variance()));
        ASSERT_TRUE(out.ok());
        digest_ = fnv1a(out.written(), digest_);
    }

    std::uint64_t value() const { return digest_; }

private:
    Row refused(std::string_view text, Error error) {
        digest(static_cast<std::int64_t>(error));
        return {text, 0, scale_.exponent(), 0};
    }

    void digest(std::int64_t value) {
        std::array<std::byte, 8> room{};
        ByteWriter out(room);
        out.put(value);
        digest_ = fnv1a(out.written(), digest_);
    }

    ChannelScale scale_;
    Preprocess preprocess_;
    AggregateParts parts_;
    std::uint64_t digest_ = fnv1a_start;
};

TEST(NumbersGolden, every_text_becomes_the_same_numbers_on_every_board) {
    Way way(13107);
    std::int64_t event_ns = 0;
    for (const Row& expected : golden_rows) {
        const Row row = way.take(expected.text, event_ns++);
        EXPECT_EQ(row.raw, expected.raw) << expected.text;
        EXPECT_EQ(row.exponent, expected.exponent) << expected.text;
        EXPECT_EQ(row.standardised, expected.standardised) << expected.text;
    }
}

// A walk of `steps` readings as texts: places digits after the point, steps up to `size`.
struct Walk {
    std::string_view name;
    std::uint32_t alpha_q16;
    std::int64_t start;
    std::int64_t size;
    unsigned places;
};

std::string text_of(std::int64_t value, unsigned places) {
    const std::string digits = std::to_string(value < 0 ? -value : value);
    std::string text = value < 0 ? "-" : "";
    const std::size_t whole = digits.size() > places ? digits.size() - places : 0;
    text += whole > 0 ? digits.substr(0, whole) : std::string("0");
    if (places == 0) return text;
    text += '.';
    if (whole == 0) text.append(places - digits.size(), '0');
    text += digits.substr(whole);
    return text;
}

TEST(NumbersGolden, ten_thousand_steps_give_the_same_bytes_on_every_board) {
    constexpr std::array<Walk, 6> walks{{
        {"temperature", 13107, 2150, 12, 2},
        {"pressure", 65536, 10'132'500, 300, 2},
        {"counter", 655, 123'456'789'012'345, 1'000'000, 0},
        {"float noise", 6554, 300'000'000'000'004, 9'000'000'000'000, 17},
        {"tiny", 65535, 5, 3, 12},
        {"spikes", 1, 1000, 100, 3},
    }};
    ASSERT_EQ(walks.size(), std::size(golden_digests));
    for (std::size_t i = 0; i < walks.size(); ++i) {
        const Walk& walk = walks[i];
        NumbersRandom random(i);
        Way way(walk.alpha_q16);
        std::int64_t value = walk.start;
        for (int step = 0; step < 10'000; ++step) {
            value += random.between(-walk.size, walk.size);
            std::string text = text_of(value, walk.places);
            // Now and then another spelling: an exponent, a spike, a finer digit, something that is no number.
            const auto turn = random.below(100);
            if (turn == 0) text += "e2";
            if (turn == 1) text += "e-3";
            if (turn == 2) text += "e15";
            if (turn == 3) text += "x";
            way.take(text, random.between(0, 1'000'000));
        }
        ASSERT_NO_FATAL_FAILURE(way.finish());
        EXPECT_EQ(golden_digests[i].name, walk.name);
        EXPECT_EQ(way.value(), golden_digests[i].digest) << walk.name << std::hex << " is 0x" << way.value();
    }
}

// Despiking, dead-band, median, every derived feature, scaling and the sketch.
TEST(NumbersGolden, filters_features_and_sketches_give_the_same_bytes_on_every_board) {
    PreprocessSettings settings;
    settings.despike_readings = 7;
    settings.smooth_readings = 5;
    settings.deadband = Decimal{3, 0, false};
    Preprocess preprocess(settings);
    RollingWindow window;
    QuantileSketch sketch;
    std::uint64_t hash = fnv1a_start;
    const auto mix = [&hash](std::int64_t value) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            hash = (hash ^ (static_cast<std::uint64_t>(value) >> shift & 0xffU)) * 0x100000001b3ULL;
        }
    };
    NumbersRandom random(21);
    std::int64_t time_ns = 1'700'000'000'000'000'000;
    for (int i = 0; i < 10'000; ++i) {
        std::int64_t raw = random.between(-400, 2200);
        if (i % 50 == 0) raw *= random.between(-2000, 2000);
        time_ns += random.between(0, 90'000'000'000);
        const std::int64_t given = preprocess.despike(raw);
        const std::int64_t q8 = preprocess.smooth_q8(preprocess.hold_within_deadband(given, 2));
        mix(given);
        mix(q8);
        mix(preprocess.standardise(q8));
        preprocess.learn(q8);
        window.add(given, time_ns);
        for (const char* text : {"difference", "rate", "increase", "counter_rate", "mean:9", "rms:64", "variance:30",
                                 "min:5", "max:5", "slope:40"}) {
            const auto value = window.derive(parse_feature(text).value(), 2);
            mix(value ? value->mantissa : -1);
            mix(value ? value->scale : -1);
        }
        const auto scaled = scale_decimal({raw, 2, false}, {17, 1, false}, {-32, 0, false});
        mix(scaled ? scaled->mantissa : -1);
        sketch.add(raw, static_cast<std::uint8_t>(random.between(0, 20)));
        if (i % 100 == 0) mix(static_cast<std::int64_t>(sketch.quantile(0.9) * 1000));
    }
    std::array<std::byte, QuantileSketch::encoded_bytes_max> room{};
    ByteWriter out(room);
    sketch.write(out);
    for (const std::byte byte : out.written()) mix(std::to_integer<std::int64_t>(byte));
    EXPECT_EQ(hash, golden_filters) << std::hex << "is 0x" << hash;
}

}  // namespace
}  // namespace redshank
