#include "agent/name_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace redshank {
namespace {

struct Table {
    explicit Table(std::size_t capacity) : index(capacity) {}
    void add(std::string name) {
        names.push_back(std::move(name));
        index.insert(names.back(), static_cast<std::uint32_t>(names.size() - 1));
    }
    std::uint32_t find(std::string_view name) const {
        return index.find(name, [this](std::uint32_t slot) { return std::string_view(names[slot]); });
    }
    NameIndex index;
    std::vector<std::string> names;
};

TEST(NameIndex, every_name_is_found_when_it_is_full) {
    Table table(300);
    for (int i = 0; i < 300; ++i) table.add("plant/m" + std::to_string(i) + ":temperature");
    for (std::uint32_t i = 0; i < 300; ++i) {
        EXPECT_EQ(table.find("plant/m" + std::to_string(i) + ":temperature"), i);
    }
}

TEST(NameIndex, a_name_that_is_not_there_is_none_even_when_it_is_full) {
    Table table(300);
    for (int i = 0; i < 300; ++i) table.add(std::to_string(i));
    for (int i = 300; i < 2000; ++i) EXPECT_EQ(table.find(std::to_string(i)), NameIndex::none);
}

TEST(NameIndex, a_name_is_told_from_its_prefix_and_from_the_empty_one) {
    Table table(4);
    table.add("a:b");
    table.add("");
    EXPECT_EQ(table.find("a:b"), 0U);
    EXPECT_EQ(table.find(""), 1U);
    EXPECT_EQ(table.find("a:"), NameIndex::none);
    EXPECT_EQ(table.find(std::string_view("a:b\0", 4)), NameIndex::none);
}

TEST(NameIndex, an_empty_table_holds_nothing) {
    const Table table(0);
    EXPECT_EQ(table.find("a"), NameIndex::none);
}

}  // namespace
}  // namespace redshank
