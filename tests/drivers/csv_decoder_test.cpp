#include <gtest/gtest.h>

#include "drivers/payload_decoder.hpp"
#include "tests/drivers/allocation_count.hpp"
#include "tests/drivers/decoding.hpp"

namespace redshank::test {

namespace {

using Names = std::vector<std::string_view>;

class CsvDecoder : public testing::Test {
protected:
    std::string of(std::string_view payload, const DecodeRequest& request = {}) {
        return rows_text(*decoder_, payload, request);
    }
    std::string with_columns(std::string_view payload, const Names& columns, std::string_view time = {}) {
        return of(payload, {.fields = {}, .time_field = time, .columns = columns});
    }

    std::unique_ptr<PayloadDecoder> decoder_ = PayloadDecoder::make_csv({.payload_bytes_max = 4096, .fields_max = 6});
};

}  // namespace

TEST_F(CsvDecoder, a_line_is_a_row_of_the_columns_that_have_a_name) {
    EXPECT_EQ(with_columns("1396310400,21.5,x\n1396310401,21.75,y\r\n", {"time", "temperature", ""}, "time"),
              "temperature=215e-1 @1396310400000000000; temperature=2175e-2 @1396310401000000000");
    EXPECT_EQ(with_columns("21.5", {"t"}), "t=215e-1");
    EXPECT_EQ(with_columns("+3;.5;007;1e3", {"a", "b", "c", "d"}), "a=3 b=5e-1 c=7 d=1000");
}

TEST_F(CsvDecoder, a_first_line_without_a_number_names_the_columns) {
    EXPECT_EQ(of("temperature,humidity\n21.5,40\n22,41\n"),
              "temperature=215e-1 humidity=40; temperature=22 humidity=41");
    EXPECT_EQ(of("\xef\xbb\xbf"
                 "a\tb\n1\t2"),
              "a=1 b=2");
    EXPECT_EQ(of("a,,b\n1,2,3"), "a=1 b=3");
    EXPECT_EQ(of("place,Time,t\nhall,5,1\n"), "t=1");  // nobody asked for a text, nor for housekeeping
}

TEST_F(CsvDecoder, a_first_line_of_values_has_columns_by_position) {
    EXPECT_EQ(of("21.5;40\n22;;\n"), "1=215e-1 2=40; 1=22");
    EXPECT_EQ(of("ON,OFF"), "1=1 2=0");
    EXPECT_EQ(of("2014-04-01T00:00:00Z,ON", {.fields = {}, .time_field = "1"}), "2=1 @1396310400000000000");
    EXPECT_EQ(of("1e400,1"), "1=out_of_range 2=1");
}

TEST_F(CsvDecoder, fields_choose_among_columns) {
    const Names fields{"b"};
    EXPECT_EQ(of("a,b\n1,2\nx,3", {.fields = fields}), "b=2; b=3");
    EXPECT_EQ(of("a,b\n1,cold", {.fields = fields}), "!not_a_number");
    const Names columns{"a", "b", "c"};
    EXPECT_EQ(of("text,2,3", {.fields = fields, .columns = columns}), "b=2");
}

TEST_F(CsvDecoder, an_empty_cell_is_missing_and_a_text_where_a_number_is_asked_for_refuses_the_message) {
    EXPECT_EQ(with_columns("1,\n,2\n\n,\n\"\",3", {"a", "b"}), "a=1; b=2; b=3");
    EXPECT_EQ(with_columns("1,2\n1,warm\n", {"a", "b"}), "!not_a_number");
    EXPECT_EQ(with_columns("1,NaN\n", {"a", "b"}), "!not_a_number");
    EXPECT_EQ(of("1,warm"), "!not_a_number");
}

TEST_F(CsvDecoder, quotes_are_those_of_rfc_4180) {
    EXPECT_EQ(with_columns("\"1\", \"2\" ,\"x,\"\"\n\"\n3,4,\r\n", {"a", "b", ""}), "a=1 b=2; a=3 b=4");
    EXPECT_EQ(of("\"a \"\"b\"\"\",\"c,d\"\n1,2"), "a \"b\"=1 c,d=2");
    for (const char* payload : {"1,\"2", "1,\"2\"x\n", "1,2\"\n", "1,\"\"\"", "a,\"b\n1,2"}) {
        EXPECT_EQ(of(payload), "!not_a_number") << payload;
    }
}

TEST_F(CsvDecoder, a_line_may_be_short_and_not_long) {
    EXPECT_EQ(with_columns("1\n1,2,,\n", {"a", "b"}), "a=1; a=1 b=2");
    EXPECT_EQ(with_columns("1,2\n1,2,3\n", {"a", "b"}), "!not_a_number");
    EXPECT_EQ(of("a,b\n1,2,3\n"), "!not_a_number");
}

TEST_F(CsvDecoder, the_separator_is_that_of_the_first_line_or_of_the_request) {
    EXPECT_EQ(of("1\t2;"), "!not_a_number");
    EXPECT_EQ(of("1;2;3"), "1=1 2=2 3=3");
    EXPECT_EQ(of("1|2", {.fields = {}, .separator = '|'}), "1=1 2=2");
    EXPECT_EQ(of("\t5\n6\t\n", {.fields = {}, .separator = '\t'}), "2=5; 1=6");
}

TEST_F(CsvDecoder, decimals_have_a_comma_where_that_is_said_and_then_no_point) {
    const DecodeRequest comma{.fields = {}, .decimal_comma = true};
    EXPECT_EQ(of("21,5;-0,25;3", comma), "1=215e-1 2=-25e-2 3=3");
    EXPECT_EQ(of("21,5", comma), "1=215e-1");
    EXPECT_EQ(of("t;u\n21,5;1,5e2", comma), "t=215e-1 u=150");
    EXPECT_EQ(of("1.234,5;1", comma), "!not_a_number");
    EXPECT_EQ(of("21.5;1", comma), "!not_a_number");
    EXPECT_EQ(of("1,2,3;1", comma), "!not_a_number");
    EXPECT_EQ(of("21,5;1"), "!not_a_number");
}

TEST_F(CsvDecoder, states_are_words_of_the_source_and_then_those_of_every_source) {
    const Names states{"idle", "heat", "OFF"};
    EXPECT_EQ(of("m,v\nidle,1\nheat,2\nOFF,3\n", {.fields = {}, .states = states}), "m=0 v=1; m=1 v=2; m=2 v=3");
    EXPECT_EQ(of("ON,heat", {.fields = {}, .states = states}), "1=1 2=1");
    EXPECT_EQ(of("Heat", {.fields = {}, .states = states}), "!not_a_number");
}

TEST_F(CsvDecoder, times_are_of_each_row) {
    const Names columns{"t", "v"};
    const DecodeRequest request{.fields = {}, .time_field = "t", .columns = columns};
    EXPECT_EQ(of("1396310400,1\n,2\nsoon,3\n", request), "v=1 @1396310400000000000; v=2; v=3 @?");
    const auto decoded = decoder_->decode(bytes_of("a,3"), {.fields = {}, .id_field = "t", .columns = columns});
    ASSERT_TRUE(decoded && decoded->rows.size() == 1);
    EXPECT_TRUE(decoded->rows[0].id);
}

TEST_F(CsvDecoder, a_payload_without_a_line_of_values_is_not_a_number) {
    for (const char* payload : {"", "\n\n", " ", "\xef\xbb\xbf", "temperature,humidity\n", "error: no sensor"}) {
        EXPECT_EQ(of(payload), "!not_a_number") << payload;
    }
    EXPECT_EQ(with_columns("\n", {"a"}), "!not_a_number");
}

TEST_F(CsvDecoder, fields_of_all_rows_together_are_bounded) {
    EXPECT_EQ(of("1,2\n3,4\n5,6\n"), "1=1 2=2; 1=3 2=4; 1=5 2=6");
    EXPECT_EQ(of("1,2\n3,4\n5,6\n7\n"), "!too_many_fields");
    EXPECT_EQ(of("a,b,c,d,e,f,g,h,i\n1"), "!too_many_fields");
    EXPECT_EQ(of(std::string(4097, '1')), "!too_large");
    EXPECT_EQ(of("1,\xff"), "!not_utf8");
    EXPECT_EQ(of(std::string(200, 'n') + "\n1"), std::string(192, 'n') + "=channel_limit");
}

TEST_F(CsvDecoder, decoding_allocates_nothing) {
    if (!AllocationCount::works()) GTEST_SKIP() << "a sanitizer owns the allocator";
    const Names columns{"time", "t", ""};
    const AllocationCount allocations;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(decoder_->decode(bytes_of("1396310400,\"21.5\",\"a\"\"b\"\n1,2,3\n"),
                                     {.fields = {}, .time_field = "time", .columns = columns}));
        ASSERT_TRUE(decoder_->decode(bytes_of("a,b\n1,2\n"), {}));
        ASSERT_FALSE(decoder_->decode(bytes_of("a,\"b\n1,2\n"), {}));
    }
    EXPECT_EQ(allocations.calls(), 0U);
}

TEST_F(CsvDecoder, says_how_much_memory_it_holds) {
    if (!AllocationCount::works()) GTEST_SKIP() << "a sanitizer owns the allocator";
    for (const std::size_t payload_bytes : {std::size_t{1024}, std::size_t{65536}}) {
        const AllocationCount allocations;
        const auto decoder = PayloadDecoder::make_csv({.payload_bytes_max = payload_bytes});
        EXPECT_EQ(decoder->bytes(), allocations.bytes());
    }
}

}  // namespace redshank::test
