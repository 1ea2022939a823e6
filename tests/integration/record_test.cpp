#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

// `redshank record`, on its way; it has begun when this returns.
std::unique_ptr<ChildProcess> recording(const Gateway& gateway, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{REDSHANK_PROGRAM, "record", "--config", gateway.configuration()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto child = std::make_unique<ChildProcess>(argv);
    EXPECT_TRUE(eventually(20s, [&] { return child->errors().find("recording\n") != std::string::npos; }))
        << child->errors();
    return child;
}

std::vector<Json> lines_of(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
}

std::vector<std::string> payloads_of(const std::string& text) {
    std::vector<std::string> payloads;
    for (const Json& line : lines_of(text)) {
        if (!line.has("payload")) continue;
        std::string payload = line.text("payload");
        std::erase(payload, '\\');  // the only escapes here are those of quotes
        payloads.push_back(payload);
    }
    return payloads;
}

std::size_t events_of(const std::string& text, const std::string& event) {
    const std::vector<Json> lines = lines_of(text);
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [&](const Json& line) { return line.text("event") == event; }));
}

// Of aggregates.csv: "channel start_ns length_ns min max" and how many readings.
std::map<std::string, std::uint64_t> windows_of_csv(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    std::vector<std::string> names;
    std::istringstream head(line);
    for (std::string name; std::getline(head, name, ',');) names.push_back(name);
    std::map<std::string, std::uint64_t> windows;
    while (std::getline(in, line)) {
        std::map<std::string, std::string> cells;
        std::istringstream row(line);
        for (std::size_t i = 0; i < names.size(); ++i) std::getline(row, cells[names[i]], ',');
        windows[cells["channel"] + " " + cells["start_ns"] + " " + cells["length_ns"]] += std::stoull(cells["count"]);
    }
    return windows;
}

TEST(Record, a_replay_of_what_was_recorded_counts_what_the_agent_has_counted) {
    const TemporaryDirectory directory;
    Gateway gateway;
    gateway.start_all();
    const std::string file = directory / "r.jsonl";
    const auto recorder = recording(gateway, {"--out", file});
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 500; ++value) {
        ASSERT_TRUE(devices->send("load/" + std::to_string(value % 3), value_json(value)));
        if (value % 50 == 0) {
            ASSERT_TRUE(devices->settled());
            std::this_thread::sleep_for(150ms);  // over several windows
        }
    }
    ASSERT_TRUE(devices->send("load/1", "no JSON"));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(501));
    ASSERT_EQ(gateway.flush(), 0) << gateway.said();
    EXPECT_EQ(recorder->terminate(), 0);
    EXPECT_NE(recorder->errors().find("redshank: recorded 501 messages and "), std::string::npos) << recorder->errors();
    EXPECT_NE(recorder->errors().find("; 0 gaps with 0 records\n"), std::string::npos) << recorder->errors();
    EXPECT_EQ(recorder->output(), "");
    struct stat info {};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_EQ(events_of(read_text(file), "flush"), 1U);

    const std::string out = directory / "results";
    ASSERT_EQ(gateway.command({"replay", "--format", "mqtt", "--input", file, "--out", out, "--json"}), 0)
        << gateway.said();
    const Json summary = Json::parse(read_text(out + "/summary.json"));
    const auto live = gateway.status();
    for (const char* figure : {"messages", "decoded", "duplicate", "readings", "counted"})
        EXPECT_EQ(summary.count(figure), live->count(std::string("ledger.") + figure)) << figure;
    EXPECT_EQ(summary.count("rejected.invalid_json"), 1U);

    std::map<std::string, std::uint64_t> upstream;
    std::istringstream rows(gateway.upstream_text(
        "select group_concat(channel || ' ' || start_ns || ' ' || length_ns || '=' || count, x'0a') from aggregates"));
    for (std::string row; std::getline(rows, row);) {
        const std::size_t equals = row.find('=');
        upstream[row.substr(0, equals)] += std::stoull(row.substr(equals + 1));
    }
    EXPECT_GT(upstream.size(), 5U);
    EXPECT_EQ(windows_of_csv(out + "/aggregates.csv"), upstream);
}

TEST(Record, writes_to_standard_output_what_was_asked_for_and_ends_by_itself) {
    Gateway gateway;
    gateway.start_ready();
    const auto recorder = recording(gateway, {"--topic", "load/2", "--topic", "load/+/x", "--count", "2"});
    const auto devices = gateway.devices();
    for (int i = 1; i <= 3; ++i) {
        for (const char* topic : {"load/1", "load/2"})
            ASSERT_TRUE(devices->publish(topic, value_json(static_cast<std::uint64_t>(i))));
    }
    EXPECT_EQ(recorder->wait(20s), 0) << recorder->errors();
    EXPECT_EQ(payloads_of(recorder->output()), (std::vector<std::string>{value_json(1), value_json(2)}));
    for (const Json& line : lines_of(recorder->output())) {
        if (!line.has("topic")) continue;
        EXPECT_EQ(line.text("topic"), "load/2");
        EXPECT_EQ(line.count("qos"), 1U);
        EXPECT_GT(line.count("t"), 1'000'000'000'000'000'000U);
    }
}

TEST(Record, begins_with_what_the_inbox_still_holds_when_told_to) {
    Configuration configuration;
    configuration.storage = "loss_window = \"1h\"\n";
    Gateway gateway(configuration);
    gateway.start_ready();
    const auto devices = gateway.devices();
    for (std::uint64_t value = 1; value <= 20; ++value) ASSERT_TRUE(devices->publish("load/1", value_json(value)));
    ASSERT_TRUE(gateway.until_messages(20));
    ASSERT_EQ(gateway.command({"record", "--from-start", "--for", "100ms"}), 0) << gateway.said();
    const std::string text = gateway.said().substr(0, gateway.said().find("redshank: "));
    EXPECT_EQ(payloads_of(text).size(), 20U);
    EXPECT_EQ(events_of(text, "subscribed"), 1U);
    ASSERT_EQ(gateway.command({"record", "--for", "100ms"}), 0) << gateway.said();
    EXPECT_EQ(gateway.said().find("payload"), std::string::npos) << gateway.said();
}

TEST(Record, goes_on_through_a_kill_a_restart_and_a_changed_configuration) {
    const TemporaryDirectory directory;
    Configuration configuration;
    configuration.uplink = false;
    Gateway gateway(configuration);
    gateway.start_ready();
    const std::string file = directory / "r.jsonl";
    const auto recorder = recording(gateway, {"--out", file});
    const auto devices = gateway.devices();
    const auto publish = [&](std::uint64_t value) {
        ASSERT_TRUE(devices->publish("load/1", value_json(value)));
        ASSERT_TRUE(eventually(20s, [&] { return payloads_of(read_text(file)).size() >= value; }));
    };
    publish(1);
    gateway.agent().kill();
    gateway.start_ready();
    publish(2);
    EXPECT_EQ(gateway.agent().terminate(), 0);
    gateway.start_ready();
    publish(3);
    configuration.window = "length = \"2s\"\n";
    gateway.configure(configuration);
    gateway.agent().kill();
    gateway.start_ready();
    publish(4);
    EXPECT_EQ(recorder->terminate(), 0);
    const std::string text = read_text(file);
    EXPECT_EQ(payloads_of(text),
              (std::vector<std::string>{value_json(1), value_json(2), value_json(3), value_json(4)}));
    EXPECT_GE(events_of(text, "down"), 2U);
    EXPECT_EQ(events_of(text, "gap"), 0U);
    EXPECT_GE(events_of(text, "subscribed"), 3U);
}

TEST(Record, keeps_as_many_old_files_as_it_is_told_and_a_replay_reads_them_in_order) {
    const TemporaryDirectory directory;
    Gateway gateway;
    gateway.start_ready();
    const std::string file = directory / "r.jsonl";
    const auto recorder = recording(gateway, {"--out", file, "--max-bytes", "4KiB", "--keep", "2"});
    const auto devices = gateway.devices();
    constexpr std::uint64_t messages = 200;  // of about 110 bytes: 6 files
    for (std::uint64_t value = 1; value <= messages; ++value) ASSERT_TRUE(devices->send("load/1", value_json(value)));
    ASSERT_TRUE(devices->settled());
    ASSERT_TRUE(gateway.until_messages(messages));
    EXPECT_EQ(recorder->terminate(), 0);
    EXPECT_NE(recorder->errors().find("began a new file"), std::string::npos) << recorder->errors();
    EXPECT_FALSE(std::filesystem::exists(file + ".3"));
    std::vector<std::string> payloads;
    for (const std::string& each : {file + ".2", file + ".1", file}) {
        EXPECT_LE(std::filesystem::file_size(each), 4096U);
        for (const std::string& payload : payloads_of(read_text(each))) payloads.push_back(payload);
    }
    ASSERT_GT(payloads.size(), 60U);
    for (std::size_t i = 0; i < payloads.size(); ++i)
        EXPECT_EQ(payloads[i], value_json(messages - payloads.size() + i + 1));
    ASSERT_EQ(gateway.command({"replay", "--format", "mqtt", "--continue", "--input", file + ".2", "--input",
                               file + ".1", "--input", file, "--out", directory / "results", "--json"}),
              0)
        << gateway.said();
    EXPECT_EQ(Json::parse(read_text(directory / "results/summary.json")).count("counted"), payloads.size());
}

TEST(Record, says_what_keeps_it_from_beginning) {
    const TemporaryDirectory directory;
    Gateway gateway;
    EXPECT_EQ(gateway.command({"record"}), 1) << "no agent runs";
    EXPECT_NE(gateway.said(), "");
    gateway.start_ready();
    const std::string file = directory / "r.jsonl";
    std::ofstream(file) << "mine";
    EXPECT_EQ(gateway.command({"record", "--out", file}), 1);
    EXPECT_NE(gateway.said().find(file + ": is there already; --force replaces it"), std::string::npos);
    EXPECT_EQ(read_text(file), "mine");
    EXPECT_EQ(gateway.command({"record", "--out", file, "--force", "--for", "1ms"}), 0) << gateway.said();
    EXPECT_EQ(gateway.command({"record", "--max-bytes", "1MiB"}), 2) << "of what file?";
    EXPECT_EQ(gateway.command({"record", "--topic", "a/#/b"}), 2);
    gateway.agent().terminate();
    EXPECT_EQ(gateway.command({"record"}), 1) << "its inbox is there, and no agent runs";
}

}  // namespace
}  // namespace redshank::test
