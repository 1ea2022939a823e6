#include "drivers/wide_reader.hpp"

#include <gtest/gtest.h>

#include "drivers/payload_decoder.hpp"
#include "drivers/time_text.hpp"
#include "tests/drivers/decoding.hpp"
#include "tests/drivers/files.hpp"

namespace redshank::test {

namespace {

// A line per row: "timestamp|time|payload|line"; what fails, without the folder, as the last line.
std::string read_all(std::string_view text, const WideOptions& options = {}) {
    const TextFile file(text);
    std::string out;
    const auto failed = [&](std::string why) {
        const std::string folder = file.path().parent_path().string() + '/';
        if (why.starts_with(folder)) why.erase(0, folder.size());
        return out + why;
    };
    auto reader = WideReader::open(file.path(), options);
    if (!reader) return failed(reader.error());
    WideRow row;
    for (;;) {
        const auto read = (*reader)->next(row);
        if (!read) {
            EXPECT_FALSE(*(*reader)->next(row)) << "after a failure it is at its end";
            return failed(read.error());
        }
        if (!*read) break;
        out +=
            row.timestamp + '|' + format_utc(row.time_ns) + '|' + row.payload + '|' + std::to_string(row.line) + '\n';
    }
    EXPECT_FALSE(*(*reader)->next(row)) << "the end stays the end";
    const std::uint64_t ragged = (*reader)->ragged_rows();
    const std::uint64_t bad = (*reader)->bad_stamps();
    if (ragged != 0 || bad != 0) out += "ragged " + std::to_string(ragged) + " bad " + std::to_string(bad) + '\n';
    return out;
}

}  // namespace

TEST(WideReader, a_row_is_a_json_object_of_its_numbers_as_written) {
    EXPECT_EQ(
        read_all("timestamp,value,other\n2014-04-01 00:00:00,69.88083500000001,1e-3\n2014-04-01 00:05:00,70,-0\n"),
        "2014-04-01 00:00:00|2014-04-01T00:00:00Z|{\"value\":69.88083500000001,\"other\":1e-3}|2\n"
        "2014-04-01 00:05:00|2014-04-01T00:05:00Z|{\"value\":70,\"other\":-0}|3\n");
}

TEST(WideReader, finds_the_separator_in_the_header) {
    EXPECT_EQ(read_all("t;a, b;c\n1;2;3\n"), "1|1970-01-01T00:00:01Z|{\"a, b\":2,\"c\":3}|2\n");
    EXPECT_EQ(read_all("t\ta;b\tc\n1\t2\t3\n"), "1|1970-01-01T00:00:01Z|{\"a;b\":2,\"c\":3}|2\n");
    EXPECT_EQ(read_all("t;\"a,b,c,d\"\n1;2\n"), "1|1970-01-01T00:00:01Z|{\"a,b,c,d\":2}|2\n");
    EXPECT_EQ(read_all("a\n5\n", {.time_column = "none", .fields = {}}), "0|1970-01-01T00:00:00Z|{\"a\":5}|2\n");
}

TEST(WideReader, the_time_is_no_field_and_another_column_may_be_preferred_for_it) {
    EXPECT_EQ(read_all("t,a\n1,2\n", {.time_column = "", .fields = {"t", "a"}}),
              "1|1970-01-01T00:00:01Z|{\"a\":2}|2\n");
    WideOptions preferred;
    preferred.time_column_if_there = "ts";
    EXPECT_EQ(read_all("a,ts\n1,5\n", preferred), "5|1970-01-01T00:00:05Z|{\"a\":1}|2\n");
    EXPECT_EQ(read_all("t,a\n5,1\n", preferred), "5|1970-01-01T00:00:05Z|{\"a\":1}|2\n") << "not there: the first";
}

TEST(WideReader, numbers_that_json_does_not_admit_are_rewritten) {
    EXPECT_EQ(
        read_all("t,a,b,c,d,e,f,g,h\n1,+3,.5,1.,007,-.5e+2,00.50,-007., 8 \n"),
        "1|1970-01-01T00:00:01Z|{\"a\":3,\"b\":0.5,\"c\":1,\"d\":7,\"e\":-0.5e+2,\"f\":0.50,\"g\":-7,\"h\":8}|2\n");
    EXPECT_EQ(read_all("t,a,b,c\n1,1e400,000,+1E5\n"), "1|1970-01-01T00:00:01Z|{\"a\":1e400,\"b\":0,\"c\":1E5}|2\n");
}

TEST(WideReader, cells_that_are_no_number_are_left_out) {
    EXPECT_EQ(read_all("t,a,b,c,d,e,f\n1,,NaN,text,\"2,5\",3,inf\n2,,,,,,\n"),
              "1|1970-01-01T00:00:01Z|{\"e\":3}|2\n2|1970-01-01T00:00:02Z|{}|3\n");
}

TEST(WideReader, what_it_writes_is_what_the_decoder_reads) {
    const TextFile file("t,a\"b,c/d,e\\f,tab\there\n1,+1.50,.25,-07,4\n");
    auto reader = WideReader::open(file.path(), {});
    ASSERT_TRUE(reader) << reader.error();
    WideRow row;
    ASSERT_TRUE((*reader)->next(row).value());
    const auto decoder = PayloadDecoder::make_json({});
    EXPECT_EQ(decoded_text(*decoder, row.payload), "a\"b=150e-2 /c~1d=25e-2 e\\f=-7 tab\there=4");
    EXPECT_EQ((*reader)->fields(), (std::vector<std::string>{"a\"b", "c/d", "e\\f", "tab\there"}));
}

TEST(WideReader, quotes_are_undone) {
    EXPECT_EQ(read_all("\"t\",\"a \"\"b\"\"\",\" c,d \"\r\n\"2014-04-01, 00:00\",\"1\",\"2\"\r\n",
                       {.time_column = "none", .fields = {}}),
              "0|1970-01-01T00:00:00Z|{\"a \\\"b\\\"\":1,\"c,d\":2}|2\n");
    EXPECT_EQ(read_all("t,a,b\n1,\"two\nlines, \"\"quoted\"\"\n\",3\n4,5\" pipe,6\n7,8,9\n"),
              "1|1970-01-01T00:00:01Z|{\"b\":3}|2\n4|1970-01-01T00:00:04Z|{\"b\":6}|5\n7|1970-01-01T00:00:07Z|{\"a\":8,"
              "\"b\":9}|6\n");
    EXPECT_EQ(read_all("t,a\n\"1\",2\n"), "1|1970-01-01T00:00:01Z|{\"a\":2}|2\n");
    EXPECT_EQ(read_all("t,a\n1,2\n2,\"3\n3,4\n"),
              "1|1970-01-01T00:00:01Z|{\"a\":2}|2\nhall.csv:3: a quote is not closed");
    EXPECT_EQ(read_all("t,\"a\n1,2\n"), "hall.csv:1: a quote in the header is not closed");
}

TEST(WideReader, takes_windows_files_and_untidy_ends) {
    EXPECT_EQ(read_all("\xef\xbb\xbft,a\r\n\r\n1,2\r\n\r\n  \r\n3,4"),
              "1|1970-01-01T00:00:01Z|{\"a\":2}|3\n3|1970-01-01T00:00:03Z|{\"a\":4}|6\n");
    EXPECT_EQ(read_all("\n\n  t , a \n1,2\n"), "1|1970-01-01T00:00:01Z|{\"a\":2}|4\n");
    EXPECT_EQ(read_all("t,a\n"), "");
    EXPECT_EQ(read_all("t,a"), "");
}

TEST(WideReader, short_and_long_rows_are_counted_and_used) {
    EXPECT_EQ(
        read_all("t,a,b\n1,2\n3,4,5,6\n7\n8,9,10\n"),
        "1|1970-01-01T00:00:01Z|{\"a\":2}|2\n3|1970-01-01T00:00:03Z|{\"a\":4,\"b\":5}|3\n7|1970-01-01T00:00:07Z|{}|4\n"
        "8|1970-01-01T00:00:08Z|{\"a\":9,\"b\":10}|5\nragged 3 bad 0\n");
    EXPECT_EQ(read_all("a,t\n1,5\n2\n", {.time_column = "t", .fields = {}}),
              "5|1970-01-01T00:00:05Z|{\"a\":1}|2\n|1970-01-01T00:00:05Z|{\"a\":2}|3\nragged 1 bad 1\n");
}

TEST(WideReader, the_clock_is_the_running_maximum_of_the_stamps) {
    EXPECT_EQ(read_all("t,a\n-5,1\n10,2\n10,3\n3,4\nlater,5\n11,6\n"),
              "-5|1969-12-31T23:59:55Z|{\"a\":1}|2\n10|1970-01-01T00:00:10Z|{\"a\":2}|3\n10|1970-01-01T00:00:10Z|{"
              "\"a\":3}|4\n"
              "3|1970-01-01T00:00:10Z|{\"a\":4}|5\nlater|1970-01-01T00:00:10Z|{\"a\":5}|6\n11|1970-01-01T00:00:11Z|{"
              "\"a\":6}|7\nragged 0 bad 1\n");
    EXPECT_EQ(read_all("t,a\nsoon,1\n"), "hall.csv:2: 'soon' is no time");
    EXPECT_EQ(read_all("t,a\n\n,1\n"), "hall.csv:3: '' is no time");
}

TEST(WideReader, without_a_time_column_a_row_is_a_second) {
    EXPECT_EQ(read_all("a,b\n1,2\n3,4\n", {.time_column = "none", .fields = {}}),
              "0|1970-01-01T00:00:00Z|{\"a\":1,\"b\":2}|2\n1|1970-01-01T00:00:01Z|{\"a\":3,\"b\":4}|3\n");
}

TEST(WideReader, columns_are_picked_by_name) {
    EXPECT_EQ(read_all("a,t,b,c\n1,2,3,4\n", {.time_column = "t", .fields = {}}),
              "2|1970-01-01T00:00:02Z|{\"a\":1,\"b\":3,\"c\":4}|2\n");
    EXPECT_EQ(read_all("t,a,b,c\n1,2,3,4\n", {.time_column = "", .fields = {"c", "a"}}),
              "1|1970-01-01T00:00:01Z|{\"a\":2,\"c\":4}|2\n");
    EXPECT_EQ(read_all("t,a\n1,2\n", {.time_column = "", .fields = {"b"}}),
              "hall.csv:1: no column 'b', there are: t, a");
    EXPECT_EQ(read_all("t,a\n1,2\n", {.time_column = "date", .fields = {}}),
              "hall.csv:1: no column 'date', there are: t, a");
    EXPECT_EQ(read_all(",a,\n1,2,3\n"), "1|1970-01-01T00:00:01Z|{\"a\":2}|2\n");
}

TEST(WideReader, headers_that_cannot_be_meant_are_refused) {
    EXPECT_EQ(read_all(""), "hall.csv:1: the file is empty, column names are expected in its first line");
    EXPECT_EQ(read_all("\n\n"), "hall.csv:1: the file is empty, column names are expected in its first line");
    EXPECT_EQ(read_all("1,2.5,+3\n4,5,6\n"),
              "hall.csv:1: the first line holds values, column names are expected there");
    EXPECT_EQ(read_all("2014-04-01 00:00:00,2.5\n"),
              "hall.csv:1: the first line holds values, column names are expected there");
    EXPECT_EQ(read_all("t,a,b,a\n"), "hall.csv:1: two columns are called 'a'");
    EXPECT_EQ(read_all("t,a\xb0\n"), "hall.csv:1: a column name is not UTF-8");
    EXPECT_EQ(
        read_all("t\n1\n"),
        "hall.csv:1: no column is left to read values from, there are: t (columns are separated by comma, semicolon or "
        "tab)");
}

TEST(WideReader, a_file_that_cannot_be_read_is_named) {
    const TemporaryDirectory directory;
    const auto missing = WideReader::open(directory / "none.csv", {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), (directory / "none.csv").string() + ": No such file or directory");
    const auto folder = WideReader::open(directory.path(), {});
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error(), directory.path().string() + ": Is a directory");
}

TEST(WideReader, many_columns_and_many_rows_stream) {
    std::string text = "time";
    for (int column = 1; column <= 60; ++column) text += ",XMEAS" + std::to_string(column);
    std::string cells;
    for (int column = 1; column <= 60; ++column) cells += "," + std::to_string(column) + ".4889000e-01";
    for (int row = 0; row < 3000; ++row) text += "\n" + std::to_string(row * 180) + cells;
    const TextFile file(text);  // 3 MB, many times the reader's buffer
    auto reader = WideReader::open(file.path(), {});
    ASSERT_TRUE(reader) << reader.error();
    EXPECT_EQ((*reader)->fields().size(), 60U);
    const auto decoder = PayloadDecoder::make_json({});
    WideRow row;
    for (int i = 0; i < 3000; ++i) {
        ASSERT_TRUE((*reader)->next(row).value());
        ASSERT_EQ(row.time_ns, i * 180'000'000'000);
        ASSERT_EQ(row.line, static_cast<std::uint64_t>(i + 2));
        ASSERT_EQ(decoder->decode(bytes_of(row.payload), {})->rows[0].fields.size(), 60U);
    }
    EXPECT_FALSE((*reader)->next(row).value());
    EXPECT_EQ((*reader)->ragged_rows(), 0U);
}

TEST(WideReader, a_file_acts_as_the_topic_of_its_stem) {
    EXPECT_EQ(stem("/data/nab/ambient_temperature.csv"), "ambient_temperature");
    EXPECT_EQ(stem("a.b.csv"), "a.b");
    EXPECT_EQ(stem("plain"), "plain");
}

TEST(WideReader, stamps_of_a_source_are_read_as_the_source_says) {
    WideOptions options;
    options.time_column_if_there = "t";
    options.times.zone = *ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    EXPECT_EQ(read_all("t,v\n2024-07-01T12:00,1\n", options), "2024-07-01T12:00|2024-07-01T10:00:00Z|{\"v\":1}|2\n");
    EXPECT_EQ(read_all("u,v\n2024-07-01T12:00,1\n", options), "2024-07-01T12:00|2024-07-01T12:00:00Z|{\"v\":1}|2\n");
}

}  // namespace redshank::test
