#include <gtest/gtest.h>

#include "drivers/payload_decoder.hpp"
#include "tests/drivers/decoding.hpp"

namespace redshank::test {

namespace {

class NumberDecoder : public testing::Test {
protected:
    std::string decode(std::string_view payload, const std::vector<std::string_view>& fields = {}) {
        return decoded_text(*decoder_, payload, fields);
    }

    std::unique_ptr<PayloadDecoder> decoder_ = PayloadDecoder::make_number({.payload_bytes_max = 40});
};

}  // namespace

TEST_F(NumberDecoder, the_whole_payload_is_one_number) {
    EXPECT_EQ(decode("21.50"), "value=2150e-2");
    EXPECT_EQ(decode(" \t-3\r\n"), "value=-3");
    EXPECT_EQ(decode("+3"), "value=3");
    EXPECT_EQ(decode(".5"), "value=5e-1");
    EXPECT_EQ(decode("007"), "value=7");
    EXPECT_EQ(decode("1e3"), "value=1000");
    EXPECT_EQ(decode("5", {"value"}), "value=5");
    EXPECT_EQ(decode("5", {"other"}), "");
}

TEST_F(NumberDecoder, state_words_are_0_or_1) {
    EXPECT_EQ(decode("ON"), "value=1");
    EXPECT_EQ(decode("closed\n"), "value=0");
    EXPECT_EQ(decode("offline"), "value=0");
    EXPECT_EQ(decode("On"), "!not_a_number");
}

TEST_F(NumberDecoder, anything_else_is_refused_by_its_reason) {
    for (const std::string_view payload : {"", " ", "NaN", "nan", "inf", "-Infinity", "21,5", "1 2", "0x10", "21.5C",
                                           "\"21.5\"", "{}", "-", ".", "e5", "1e"}) {
        EXPECT_EQ(decode(payload), "!not_a_number") << payload;
    }
    EXPECT_EQ(decode(std::string_view("21.5\0", 5)), "!not_a_number");
    EXPECT_EQ(decode("\xff"), "!not_utf8");
    EXPECT_EQ(decode("21.5\xc2"), "!not_utf8");
    EXPECT_EQ(decode("\xc2\xb5"), "!not_a_number");
    EXPECT_EQ(decode(std::string(40, '0')), "value=0");
    EXPECT_EQ(decode(std::string(41, '0')), "!too_large");
    EXPECT_EQ(decode("1e300"), "value=out_of_range");
}

}  // namespace redshank::test
