#include "collector/ingest.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <limits>

#include "collector/tables.hpp"
#include "drivers/uplink/digest.hpp"
#include "tests/collector/random_rows.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

constexpr std::int64_t now_ns = 1'790'000'000'000'000'000;
using Frame = std::vector<std::byte>;

Frame batch_of(std::string_view agent, std::uint64_t incarnation, std::uint64_t sequence,
               const std::vector<std::vector<std::byte>>& rows) {
    wire::Batch batch{std::string(agent), incarnation, sequence, {}};
    for (const auto& row : rows) batch.rows.emplace_back(row);
    return wire::encode_frame(batch);
}

Frame counting(std::string_view agent, std::uint64_t incarnation, std::uint64_t sequence, std::uint64_t count) {
    return batch_of(agent, incarnation, sequence,
                    {wire_of(plain_aggregate(sequence, "t:v", static_cast<std::int64_t>(sequence) * 10, count))});
}

class Collector : public testing::Test {
protected:
    void SetUp() override { reopen(); }

    void reopen() {
        ingest_.reset();
        auto opened = Ingest::open(file());
        ASSERT_TRUE(opened.has_value()) << opened.error();
        ingest_ = std::move(*opened);
    }

    std::filesystem::path file() const { return directory_ / "collector.db"; }

    Ingest::Answers apply(const std::vector<Frame>& frames) {
        auto answers = ingest_->apply(frames, now_ns);
        EXPECT_TRUE(answers.has_value()) << answers.error();
        EXPECT_EQ(answers->size(), frames.size());
        return *answers;
    }

    template <class Kind>
    Kind expect_one(const Frame& frame) {
        const auto answers = apply({frame});
        EXPECT_TRUE(answers.at(0).has_value()) << answers[0].error();
        const auto* kind = std::get_if<Kind>(&*answers[0]);
        EXPECT_NE(kind, nullptr);
        return kind != nullptr ? *kind : Kind{};
    }

    std::int64_t integer(const std::string& sql) {
        auto database = Database::open(file());
        EXPECT_TRUE(database.has_value()) << database.error();
        const auto value = (*database)->integer(sql);
        EXPECT_TRUE(value.has_value()) << value.error();
        return value.value_or(-1);
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Ingest> ingest_;
};

TEST_F(Collector, an_unknown_incarnation_starts_at_zero) {
    const auto welcome = expect_one<wire::Welcome>(wire::encode_frame(wire::Hello{"hall-3", 7, 2}));
    EXPECT_EQ(welcome.incarnation, 7U);
    EXPECT_EQ(welcome.last_sequence, 0U);
    EXPECT_EQ(welcome.digest, wire::Digest{});
    EXPECT_EQ(integer("SELECT boot FROM agents WHERE agent = 'hall-3' AND incarnation = 7"), 2);
    EXPECT_EQ(expect_one<wire::Refuse>(counting("hall-3", 8, 2, 5)).expected, 1U);
}

TEST_F(Collector, a_batch_is_taken_once_and_a_repeat_is_acknowledged_again) {
    const Frame first = counting("a", 1, 1, 5);
    const Frame second = counting("a", 1, 2, 7);
    EXPECT_EQ(expect_one<wire::Acknowledge>(first).sequence, 1U);
    EXPECT_EQ(expect_one<wire::Acknowledge>(first).sequence, 1U);
    EXPECT_EQ(expect_one<wire::Acknowledge>(second).sequence, 2U);
    reopen();
    EXPECT_EQ(expect_one<wire::Acknowledge>(first).sequence, 2U);
    EXPECT_EQ(expect_one<wire::Acknowledge>(second).sequence, 2U);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates"), 12);

    const auto welcome = expect_one<wire::Welcome>(wire::encode_frame(wire::Hello{"a", 1, 1}));
    EXPECT_EQ(welcome.last_sequence, 2U);
    EXPECT_EQ(welcome.digest, wire::digest_of(second));
    EXPECT_EQ(integer("SELECT last_seen_ns FROM agents"), now_ns);
}

TEST_F(Collector, a_batch_after_a_missing_one_is_refused) {
    expect_one<wire::Acknowledge>(counting("a", 1, 1, 5));
    EXPECT_EQ(expect_one<wire::Refuse>(counting("a", 1, 3, 7)).expected, 2U);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates"), 5);
    EXPECT_EQ(integer("SELECT last_seq FROM agents"), 1);
}

TEST_F(Collector, frames_that_came_together_are_answered_in_order) {
    const auto answers =
        apply({wire::encode_frame(wire::Hello{"a", 1, 1}), counting("a", 1, 1, 5), counting("a", 1, 2, 5),
               counting("b", 1, 1, 5), counting("a", 1, 4, 5), counting("a", 1, 2, 5), counting("a", 1, 3, 5)});
    EXPECT_EQ(std::get<wire::Welcome>(*answers[0]).last_sequence, 0U);
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[1]).sequence, 1U);
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[2]).sequence, 2U);
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[3]).sequence, 1U);
    EXPECT_EQ(std::get<wire::Refuse>(*answers[4]).expected, 3U);
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[5]).sequence, 2U);
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[6]).sequence, 3U);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates WHERE agent = 'a'"), 15);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates WHERE agent = 'b'"), 5);
}

TEST_F(Collector, agents_and_incarnations_do_not_mix) {
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
        for (const std::string_view agent : {"a", "b"}) {
            for (const std::uint64_t incarnation : {std::uint64_t{1}, (std::uint64_t{1} << 63) - 1}) {
                EXPECT_EQ(expect_one<wire::Acknowledge>(counting(agent, incarnation, sequence, 2)).sequence, sequence);
            }
        }
    }
    EXPECT_EQ(integer("SELECT count(*) FROM agents WHERE last_seq = 3"), 4);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates WHERE agent = 'a' AND incarnation = 1"), 6);
    EXPECT_EQ(integer("SELECT count(*) FROM aggregates"), 12);
}

TEST_F(Collector, a_skip_leaves_a_gap_and_goes_on_after_it) {
    expect_one<wire::Acknowledge>(counting("a", 1, 1, 5));
    EXPECT_EQ(expect_one<wire::Refuse>(wire::encode_frame(wire::Skip{"a", 1, 3, 4})).expected, 2U);
    const Frame skip = wire::encode_frame(wire::Skip{"a", 1, 2, 4});
    EXPECT_EQ(expect_one<wire::Acknowledge>(skip).sequence, 4U);
    EXPECT_EQ(expect_one<wire::Acknowledge>(skip).sequence, 4U);
    EXPECT_EQ(integer("SELECT count(*) FROM gaps WHERE agent = 'a' AND incarnation = 1 AND first_seq = 2 AND "
                      "last_seq = 4 AND count = 3 AND reason = 'collector_behind'"),
              1);
    EXPECT_EQ(integer("SELECT count(*) FROM gaps"), 1);
    EXPECT_EQ(expect_one<wire::Welcome>(wire::encode_frame(wire::Hello{"a", 1, 1})).digest, wire::Digest{});
    EXPECT_EQ(expect_one<wire::Acknowledge>(counting("a", 1, 5, 5)).sequence, 5U);
}

TEST_F(Collector, a_second_part_with_the_same_key_is_merged_and_counts_once) {
    AggregateParts first = AggregateParts::empty(2150, 2);
    AggregateParts second = AggregateParts::empty(2190, 2);
    AggregateParts whole = AggregateParts::empty(2150, 2);
    for (std::int64_t i = 0; i < 10; ++i) {
        (i % 3 == 0 ? first : second).add(2150 + 7 * i, 1'000 + i);
        whole.add(2150 + 7 * i, 1'000 + i);
    }
    AggregateRow row = plain_aggregate(1, "t:v", 1'000, 0);
    row.parts = first;
    AggregateRow late = row;
    late.parts = second;
    late.quality = quality::late;
    AggregateRow other_clock = late;
    other_clock.clock = ClockKind::device;
    // The second part once in the same batch and once in a later one, under another key.
    EXPECT_EQ(expect_one<wire::Acknowledge>(batch_of("a", 1, 1, {wire_of(row), wire_of(late)})).sequence, 1U);
    EXPECT_EQ(expect_one<wire::Acknowledge>(batch_of("a", 1, 2, {wire_of(other_clock)})).sequence, 2U);
    EXPECT_EQ(integer("SELECT count(*) FROM aggregates"), 2);
    const std::string gateway = " FROM aggregates WHERE clock = 'gateway'";
    EXPECT_EQ(integer("SELECT count" + gateway), 10);
    EXPECT_EQ(integer("SELECT quality" + gateway), quality::late);

    auto database = Database::open(file());
    auto select =
        (*database)->prepare("SELECT min, max, mean, variance, first, last, first_ns, last_ns, sketch" + gateway);
    ASSERT_TRUE(select.has_value()) << select.error();
    ASSERT_TRUE(select->step().value_or(false));
    EXPECT_EQ(select->real(0), 21.5);
    EXPECT_EQ(select->real(1), 22.13);
    EXPECT_EQ(select->real(2), whole.mean());
    EXPECT_EQ(select->real(3), whole.variance());
    EXPECT_EQ(select->real(4), 21.5);
    EXPECT_EQ(select->real(5), 22.13);
    EXPECT_EQ(select->integer(6), 1'000);
    EXPECT_EQ(select->integer(7), 1'009);
    QuantileSketch sketch;
    ASSERT_TRUE(sketch.read(select->blob(8)));
    EXPECT_EQ(sketch, whole.sketch);
    EXPECT_NEAR(sketch.quantile(0.5), 21.8, 21.8 * sketch.relative_error());
}

TEST_F(Collector, what_is_stored_merges_to_the_bit_as_the_parts_do) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        AggregateRow left = random_aggregate(random);
        AggregateRow right = random_aggregate(random);
        left.parts.count >>= 1;
        left.parts.count |= 1;
        right.parts.count >>= 2;
        right.parts.count |= 1;
        right.parts.exponent = left.parts.exponent;
        right.parts.pivot = left.parts.pivot;
        right.boot = left.boot;
        right.channel = left.channel;
        right.clock = left.clock;
        right.start_ns = left.start_ns;
        right.length_ns = left.length_ns;
        expect_one<wire::Acknowledge>(batch_of("a", seed, 1, {wire_of(left), wire_of(right)}));
        AggregateParts merged = left.parts;
        merged.merge(right.parts);
        auto database = Database::open(file());
        auto select = (*database)->prepare(
            "SELECT count, sum_high, sum_low, squares_high, squares_low, min_raw, max_raw, first_raw, first_ns, "
            "last_raw, last_ns, squares_clamped, rounded, mean, variance FROM aggregates WHERE incarnation = ?1");
        ASSERT_TRUE(select.has_value()) << select.error();
        ASSERT_TRUE(select->bind(1, seed).step().value_or(false)) << "seed " << seed;
        EXPECT_EQ(select->unsigned_integer(0), merged.count) << "seed " << seed;
        EXPECT_EQ(select->integer(1), merged.sum.high) << "seed " << seed;
        EXPECT_EQ(select->unsigned_integer(2), merged.sum.low) << "seed " << seed;
        EXPECT_EQ(select->unsigned_integer(3), merged.squares.high) << "seed " << seed;
        EXPECT_EQ(select->unsigned_integer(4), merged.squares.low) << "seed " << seed;
        EXPECT_EQ(select->integer(5), merged.min) << "seed " << seed;
        EXPECT_EQ(select->integer(6), merged.max) << "seed " << seed;
        EXPECT_EQ(select->integer(7), merged.first) << "seed " << seed;
        EXPECT_EQ(select->integer(8), merged.first_ns) << "seed " << seed;
        EXPECT_EQ(select->integer(9), merged.last) << "seed " << seed;
        EXPECT_EQ(select->integer(10), merged.last_ns) << "seed " << seed;
        EXPECT_EQ(select->integer(11) != 0, merged.squares_clamped) << "seed " << seed;
        EXPECT_EQ(select->integer(12) != 0, merged.rounded) << "seed " << seed;
        EXPECT_EQ(select->real(13), merged.mean()) << "seed " << seed;
        EXPECT_EQ(select->real(14), merged.variance()) << "seed " << seed;
    }
}

TEST_F(Collector, a_frame_that_breaks_an_invariant_changes_nothing_and_is_not_answered) {
    AggregateRow huge = plain_aggregate(1, "t:v", 0, std::numeric_limits<std::int64_t>::max());
    const auto empty = wire_of(plain_aggregate(1, "t:v", 0, 0));
    const auto answers = apply({
        counting("a", 1, 1, 5),
        batch_of("a", 1, 2, {wire_of(plain_aggregate(1, "before:v", 0, 1)), empty}),
        batch_of("a", 1, 2, {wire_of(plain_aggregate(1, "before:v", 0, 1)), wire_of(huge), wire_of(huge)}),
        Frame{std::byte{1}, std::byte{2}},
        Frame{},
        wire::encode_frame(wire::Acknowledge{1, 1}),
        counting("a", 1, 2, 6),
    });
    EXPECT_TRUE(answers[0].has_value());
    for (std::size_t i = 1; i <= 5; ++i) EXPECT_FALSE(answers[i].has_value()) << i;
    EXPECT_NE(answers[1].error().find("a, incarnation 1, batch 2"), std::string::npos) << answers[1].error();
    ASSERT_TRUE(answers[6].has_value());
    EXPECT_EQ(std::get<wire::Acknowledge>(*answers[6]).sequence, 2U);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates"), 11);
    EXPECT_EQ(integer("SELECT count(*) FROM aggregates WHERE channel = 'before:v'"), 0);
}

TEST_F(Collector, alerts_gaps_and_boots_are_rows_in_words) {
    AlertRow alert;
    alert.id = {2, 41, 1};
    alert.rule.assign("bearing-hot");
    alert.channel.assign("plant/p:temp");
    alert.state = AlertState::firing;
    alert.severity = Severity::critical;
    alert.since_ns = 77;
    alert.value = 85.25;
    const std::vector<std::vector<std::byte>> rows{wire_of(alert),
                                                   wire_of(wire::GapRow{2, 5, 9, 5, wire::GapReason::alert_overflow}),
                                                   wire_of(wire::BootRow{2, 1'000, 50})};
    expect_one<wire::Acknowledge>(batch_of("a", 1, 1, rows));
    expect_one<wire::Acknowledge>(batch_of("a", 1, 2, rows));  // the same rows once more are harmless
    EXPECT_EQ(integer("SELECT count(*) FROM alerts"), 1);
    EXPECT_EQ(integer("SELECT count(*) FROM alerts WHERE agent = 'a' AND id = '2-41-1' AND rule = 'bearing-hot' AND "
                      "channel = 'plant/p:temp' AND state = 'firing' AND since_ns = 77 AND value = 85.25 AND "
                      "severity = 'critical'"),
              1);
    EXPECT_EQ(integer("SELECT count(*) FROM gaps WHERE boot = 2 AND first_seq = 5 AND last_seq = 9 AND count = 5 AND "
                      "reason = 'alert_overflow'"),
              1);
    EXPECT_EQ(integer("SELECT count(*) FROM boots WHERE agent = 'a' AND boot = 2 AND from_ns = 1000 AND shift_ns = 50"),
              1);
}

TEST_F(Collector, the_view_corrects_times_of_the_gateways_clock_and_leaves_the_table_alone) {
    const auto at = [](std::int64_t start_ns, ClockKind clock) {
        AggregateRow row = plain_aggregate(1, "t:v", start_ns, 1);
        row.boot = 2;
        row.clock = clock;
        return wire_of(row);
    };
    expect_one<wire::Acknowledge>(batch_of(
        "a", 1, 1,
        {at(10, ClockKind::gateway), at(1'500, ClockKind::gateway), at(2'500, ClockKind::gateway),
         at(2'500, ClockKind::device), wire_of(wire::BootRow{2, 1'000, 7}), wire_of(wire::BootRow{2, 2'000, 9})}));
    EXPECT_EQ(integer("SELECT start_ns FROM aggregates_corrected WHERE sent_start_ns = 10"), 10);
    EXPECT_EQ(integer("SELECT start_ns FROM aggregates_corrected WHERE sent_start_ns = 1500"), 1'507);
    EXPECT_EQ(integer("SELECT start_ns FROM aggregates_corrected WHERE sent_start_ns = 2500 AND clock = 'gateway'"),
              2'509);
    EXPECT_EQ(integer("SELECT start_ns FROM aggregates_corrected WHERE sent_start_ns = 2500 AND clock = 'device'"),
              2'500);
    EXPECT_EQ(integer("SELECT count(*) FROM aggregates WHERE start_ns IN (10, 1500, 2500)"), 4);
}

TEST_F(Collector, the_file_is_for_its_owner_alone) {
    struct stat status {};
    ASSERT_EQ(stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Collector, a_newer_or_a_foreign_database_is_refused) {
    ingest_.reset();
    {
        auto database = Database::open(file());
        ASSERT_TRUE((*database)->execute("PRAGMA user_version = 2").has_value());
    }
    auto opened = Ingest::open(file());
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().find("format 2"), std::string::npos) << opened.error();
    {
        auto database = Database::open(directory_ / "other.db");
        ASSERT_TRUE((*database)->execute("CREATE TABLE somebody(else_)").has_value());
    }
    opened = Ingest::open(directory_ / "other.db");
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().find("not a collector's"), std::string::npos) << opened.error();
    std::ofstream(directory_ / "text.db")
        << "no database at all, and longer than one header of one hundred bytes, so that "
           "nobody takes it for an empty file";
    EXPECT_FALSE(Ingest::open(directory_ / "text.db").has_value());
}

}  // namespace
}  // namespace redshank::test
