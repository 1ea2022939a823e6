#include "collector/allow_list.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

class AllowListText : public testing::Test {
protected:
    static std::string why_not(const std::string& text) {
        const auto list = AllowList::parse(text);
        return list ? "" : list.error();
    }

    wire::CurveSecretKey secret_ = wire::CurveSecretKey::generate();
    std::string hall_ = wire::text_of(secret_.public_key());
    std::string yard_ = wire::text_of(wire::CurveSecretKey::generate().public_key());
};

TEST_F(AllowListText, has_a_key_a_line_with_or_without_an_id_among_comments_and_empty_lines) {
    const auto list = AllowList::parse("# agents\n\n" + hall_ + "  hall-3\t# the big one\r\n   \n  " +
                                       yard_.substr(13) + " # spare\n");
    ASSERT_TRUE(list) << list.error();
    ASSERT_EQ(list->entries().size(), 2U);
    EXPECT_EQ(list->entries()[0].agent, "hall-3");
    EXPECT_EQ(list->entries()[0].key, secret_.public_key());
    EXPECT_EQ(list->entries()[1].name, yard_);
    EXPECT_EQ(list->entries()[1].agent, "");
    EXPECT_EQ(list->find(hall_), &list->entries()[0]);
    EXPECT_EQ(list->find("other"), nullptr);
    EXPECT_EQ(list->holder_of("hall-3"), &list->entries()[0]);
    EXPECT_EQ(list->holder_of(""), nullptr);
    EXPECT_EQ(list->keys().size(), 2U);
    EXPECT_TRUE(AllowList::parse("")->entries().empty());
}

TEST_F(AllowListText, wrong_lines_are_named_and_never_shown) {
    EXPECT_TRUE(why_not(hall_ + "\n\nnonsense\n").starts_with("line 3: does not begin with a public key"));
    EXPECT_TRUE(why_not(secret_.text() + "\n").starts_with("line 1: is a secret key: put its public key there"));
    EXPECT_EQ(why_not(secret_.text()).find(secret_.text().substr(13)), std::string::npos);
    EXPECT_EQ(why_not(hall_ + " a b\n"), "line 1: there is more than a key and an agent's id");
    EXPECT_EQ(why_not(hall_ + " a/b\n"), "line 1: what follows the key is no agent's id");
    EXPECT_EQ(why_not(hall_ + " " + std::string(65, 'a')), "line 1: what follows the key is no agent's id");
    EXPECT_EQ(why_not(hall_ + " a\n" + hall_ + " b\n"), "line 2: the key is there twice");
    EXPECT_EQ(why_not(hall_ + " a\n" + yard_ + " a\n"), "line 2: the agent's id is given to another key already");
}

TEST_F(AllowListText, a_file_says_its_name_with_what_is_wrong) {
    const TemporaryDirectory directory;
    const auto file = directory / "allow";
    EXPECT_EQ(AllowList::read(file).error(), file.string() + ": cannot be read: No such file or directory");
    std::ofstream(file) << "x\n";
    EXPECT_TRUE(AllowList::read(file).error().starts_with(file.string() + ": line 1: "));
    std::ofstream(file) << hall_;
    EXPECT_EQ(AllowList::read(file)->entries().size(), 1U);
    EXPECT_FALSE(AllowList::read(directory.path()));
}

TEST_F(AllowListText, who_loses_the_right_or_gets_another_id_is_noticed) {
    const AllowList both = *AllowList::parse(hall_ + " a\n" + yard_);
    EXPECT_TRUE(both.keeps_all_of(*AllowList::parse(hall_ + " a")));
    EXPECT_TRUE(both.keeps_all_of(*AllowList::parse("")));
    EXPECT_FALSE(AllowList::parse(hall_ + " a")->keeps_all_of(both));
    EXPECT_FALSE(AllowList::parse(hall_ + " b\n" + yard_)->keeps_all_of(both));
}

}  // namespace
}  // namespace redshank::test
