#include <gtest/gtest.h>

#include <fstream>

#include "tests/collector/random_rows.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

std::string hex_of(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const std::byte byte : bytes) {
        hex += digits[std::to_integer<std::size_t>(byte >> 4)];
        hex += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return hex;
}

std::vector<std::byte> batch_of_every_kind() {
    AggregateRow aggregate = plain_aggregate(3, "plant/pump-3:温度", 1'790'000'000'000'000'000, 4);
    aggregate.clock = ClockKind::device;
    aggregate.quality = quality::late | quality::rounded;
    aggregate.parts.sum = {static_cast<std::uint64_t>(-7), -1};
    aggregate.parts.squares = {5, 1};
    aggregate.parts.min = -2147;
    aggregate.parts.first_ns = aggregate.start_ns - 1;
    aggregate.parts.rounded = true;
    aggregate.parts.sketch.add(2150, 2);
    AlertRow alert;
    alert.number = 1;
    alert.id = {2, 41, 0};
    alert.rule.assign("bearing-hot");
    alert.channel.assign("p:temp");
    alert.state = AlertState::firing;
    alert.severity = Severity::critical;
    alert.since_ns = 1'790'000'000'000'000'000;
    alert.value = 85.5;
    const auto rows = {wire_of(alert), wire_of(aggregate),
                       wire_of(wire::GapRow{2, 10, 12, 3, wire::GapReason::inbox_given_up}),
                       wire_of(wire::BootRow{2, -5, 3'600'000'000'000})};
    wire::Batch batch{"hall-3", 7, 1, {}};
    for (const auto& row : rows) batch.rows.emplace_back(row);
    return wire::encode_frame(batch);
}

constexpr const char* expected =
    R"({"channel": "p:temp", "id": "2-41-0", "number": 1, "row": "alert", "rule": "bearing-hot", "severity": "critical", "since_ns": 1790000000000000000, "state": "firing", "value": 85.5}
{"boot": 1, "channel": "plant/pump-3:温度", "clock": "device", "count": 4, "first": "21.50", "first_ns": 1789999999999999999, "last": "21.51", "last_ns": 1790000009870000000, "length_ns": 10000000000, "max": "21.58", "min": "-21.47", "number": 3, "pivot": "2150e-2", "quality": 17, "quantiles": {"0.01": 21.6242774566474, "0.5": 21.6242774566474, "0.9": 21.6242774566474, "0.99": 21.6242774566474}, "rounded": true, "row": "aggregate", "squares_about": "18446744073709551621e-4", "squares_clamped": false, "start_ns": 1790000000000000000, "sum": "8593e-2", "unit": "degC"}
{"boot": 2, "count": 3, "first": 10, "last": 12, "reason": "inbox_given_up", "row": "gap"}
{"boot": 2, "from_ns": -5, "row": "boot", "shift_ns": 3600000000000}
)";

class UplinkReader : public testing::Test {
protected:
    void SetUp() override {
        if (find_program("python3").find('/') == std::string::npos) GTEST_SKIP() << "no python3";
    }

    std::string read(std::string_view content) {
        const std::string file = (directory_ / "frame").string();
        std::ofstream(file, std::ios::binary) << content;
        ChildProcess reader({"env", "PYTHONIOENCODING=utf-8", "python3", REDSHANK_UPLINK_READER, file});
        code_ = reader.wait(60s).value_or(-1);
        return code_ == 0 ? reader.output() : reader.errors();
    }

    TemporaryDirectory directory_;
    int code_ = -1;
};

TEST_F(UplinkReader, prints_what_the_encoder_wrote) {
    const auto frame = batch_of_every_kind();
    EXPECT_EQ(read({reinterpret_cast<const char*>(frame.data()), frame.size()}), expected);
    EXPECT_EQ(read(hex_of(frame) + "\n"), expected);
}

TEST_F(UplinkReader, refuses_what_is_no_batch) {
    const auto frame = batch_of_every_kind();
    read(hex_of(std::span(frame).first(frame.size() - 3)));
    EXPECT_EQ(code_, 1);
    read(hex_of(wire::encode_frame(wire::Acknowledge{1, 2})));
    EXPECT_EQ(code_, 1);
    read("0809");
    EXPECT_EQ(code_, 1);
}

// docs/uplink.md shows these bytes.
TEST_F(UplinkReader, the_documented_example_is_what_is_sent) {
    AlertRow alert;
    alert.number = 1;
    alert.id = {2, 41, 0};
    alert.rule.assign("bearing-hot");
    alert.channel.assign("p:temp");
    alert.state = AlertState::firing;
    alert.severity = Severity::critical;
    alert.since_ns = 1'790'000'000'000'000'000;
    alert.value = 85.5;
    const auto row = wire_of(alert);
    EXPECT_EQ(hex_of(wire::encode_frame(wire::Batch{"hall-3", 7, 1, {row}})),
              "0801"
              "2242"
              "0a0668616c6c2d33"
              "1007"
              "1801"
              "2234"
              "1232"
              "0801"
              "1002"
              "1829"
              "2a0b62656172696e672d686f74"
              "3206703a74656d70"
              "3801"
              "4002"
              "48808098bf84e1add731"
              "510000000000605540");
}

}  // namespace
}  // namespace redshank::test
