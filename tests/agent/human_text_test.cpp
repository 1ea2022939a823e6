#include "agent/human_text.hpp"

#include <gtest/gtest.h>

namespace redshank {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(HumanText, durations_have_at_most_two_units) {
    EXPECT_EQ(duration_text(0), "0 s");
    EXPECT_EQ(duration_text(1), "1 ms");
    EXPECT_EQ(duration_text(999 * second / 1000), "999 ms");
    EXPECT_EQ(duration_text(59 * second), "59 s");
    EXPECT_EQ(duration_text(-59 * second), "59 s");
    EXPECT_EQ(duration_text(60 * second), "1 min");
    EXPECT_EQ(duration_text(3599 * second), "59 min");
    EXPECT_EQ(duration_text(3600 * second), "1 h");
    EXPECT_EQ(duration_text((2 * 3600 + 300) * second), "2 h 5 min");
    EXPECT_EQ(duration_text((4 * 86400 + 3 * 3600 + 59) * second), "4 d 3 h");
    EXPECT_EQ(duration_text(INT64_MIN), "106751 d 23 h");
}

TEST(HumanText, sizes_are_binary) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1024), "1 KiB");
    EXPECT_EQ(bytes_text(1536), "1.5 KiB");
    EXPECT_EQ(bytes_text(64ULL << 20U), "64 MiB");
    EXPECT_EQ(bytes_text((150ULL << 20U) + 1), "150 MiB");
    EXPECT_EQ(bytes_text(UINT64_MAX), "15.9 EiB");
}

TEST(HumanText, numbers) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1234567), "1,234,567");
    EXPECT_EQ(counted_text(1, "row", "rows"), "1 row");
    EXPECT_EQ(counted_text(0, "row", "rows"), "0 rows");
    EXPECT_EQ(short_number_text(0.9381990432739258), "0.938199");
}

TEST(HumanText, no_control_character_reaches_a_terminal) {
    EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\x9b31m");  // CSI as one character
    EXPECT_EQ(printable("\xc3\x9c"
                        "ber \xc2\xb0"),
              "\xc3\x9c"
              "ber \xc2\xb0");
    EXPECT_EQ(printable({"\0", 1}), "\\x00");
}

TEST(HumanText, columns_are_as_wide_as_their_widest_cell_in_characters) {
    EXPECT_EQ(columns_text({{"a", "1", "x"}, {"b\xc3\xbc\xc3\xbc", "", "y"}, {"c", "100"}}, 2, {1}),
              "  a      1  x\n  b\xc3\xbc\xc3\xbc       y\n  c    100\n");
    EXPECT_EQ(columns_text({{"a", "", "c"}, {"b", "", "d"}}, 0), "a  c\nb  d\n");
    EXPECT_EQ(columns_text({}, 2), "");
}

}  // namespace
}  // namespace redshank
