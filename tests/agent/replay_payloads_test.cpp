#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

// Recorded messages of every format go through the pipeline that run has.

namespace redshank {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Replayed {
    std::optional<int> code;
    std::string errors;
    std::string summary;
    std::string aggregates;
};

Replayed replayed(const std::string& configuration, const std::string& lines, const std::string& format = "mqtt") {
    const test::TemporaryDirectory directory;
    std::ofstream(directory / "c.toml") << configuration;
    std::ofstream(directory / "in.txt") << lines;
    test::ChildProcess program({REDSHANK_PROGRAM, "replay", "--format", format, "--input",
                                (directory / "in.txt").string(), "--out", (directory / "out").string(), "--config",
                                (directory / "c.toml").string()});
    Replayed result{
        .code = program.wait(std::chrono::seconds{60}), .errors = program.errors(), .summary = {}, .aggregates = {}};
    result.summary = text_of(directory / "out" / "summary.json");
    result.aggregates = text_of(directory / "out" / "aggregates.csv");
    return result;
}

void expect_part(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST(ReplayPayloads, csv_lines_are_rows_at_the_local_times_they_have) {
    const Replayed result = replayed(
        "[window]\nlength = \"1m\"\n[[source]]\ntopic = \"line/+\"\nformat = \"csv\"\n"
        "columns = [\"time\", \"t\", \"\", \"mode\"]\nseparator = \";\"\ndecimal_comma = true\n"
        "time = \"time\"\ntime_zone = \"CET-1CEST,M3.5.0,M10.5.0/3\"\nstates = [\"idle\", \"heat\"]\n",
        // 2024-07-01T10:00:30Z, noon and half a minute at the device
        R"({"t": 1719828030000000000, "topic": "line/1", "payload": "2024-07-01 12:00:00;21,5;x;heat\n2024-07-01 12:00:01;22,5;y;idle\r\n"})"
        "\n"
        R"({"t": 1719828031000000000, "topic": "line/1", "payload": "2024-07-01 12:00:02;warm;x;heat"})"
        "\n");
    ASSERT_EQ(result.code, 0) << result.errors;
    expect_part(result.summary, "\"messages\":2,\"readings\":4,\"decoded\":1");
    expect_part(result.summary, "\"counted\":4,\"rejected\":{\"not_a_number\":1}");
    expect_part(result.aggregates, "line/1:t,,device,1719828000000000000,60000000000,2,21.5,22.5,22,");
    expect_part(result.aggregates, "line/1:mode,,device,1719828000000000000,60000000000,2,0,1,0.5,");
}

TEST(ReplayPayloads, readings_with_their_own_times_are_counted_each_in_its_window) {
    const Replayed result = replayed(
        "[[source]]\ntopic = \"buffer/#\"\nreadings = \"/samples\"\ntime = \"t\"\ntime_format = \"s\"\n"
        "numeric_strings = true\n",
        R"({"t": 1719828030000000000, "topic": "buffer/a", "payload": "{\"n\": 3, \"samples\": [{\"t\": 1719824400, \"v\": 1}, {\"t\": 1719828029, \"v\": \"2\"}, {\"t\": 1719828030, \"v\": 3}]}"})"
        "\n");
    ASSERT_EQ(result.code, 0) << result.errors;
    expect_part(result.summary, "\"messages\":1,\"readings\":3,\"decoded\":1");
    expect_part(result.summary, "\"counted\":3,\"rejected\":{}");
    expect_part(result.aggregates, "buffer/a:v,,device,1719824400000000000,10000000000,1,1,1,1,");  // backfill
    expect_part(result.aggregates, "buffer/a:v,,device,1719828020000000000,10000000000,1,2,2,2,");
    expect_part(result.aggregates, "buffer/a:v,,device,1719828030000000000,10000000000,1,3,3,3,");
}

TEST(ReplayPayloads, a_wide_file_of_a_source_is_rows_whatever_its_messages_are) {
    for (const char* payloads :
         {"format = \"csv\"\ncolumns = [\"time\", \"t\", \"\"]\n", "readings = \"/samples\"\nfields = [\"t\"]\n"}) {
        const Replayed result =
            replayed(std::string("[[source]]\ntopic = \"in\"\ntime = \"time\"\ntime_zone = \"+02:00\"\n") + payloads,
                     "time,t,u\n2024-07-01 12:00:00,21.5,1\n2024-07-01 12:00:01,22.5,2\n", "wide");
        ASSERT_EQ(result.code, 0) << result.errors;
        expect_part(result.summary, "\"messages\":2,\"readings\":2,\"decoded\":2");
        expect_part(result.aggregates, "in:t,,gateway,1719828000000000000,10000000000,2,21.5,22.5,22,");
    }
}

}  // namespace
}  // namespace redshank
