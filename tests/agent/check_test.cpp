#include "agent/check.hpp"

#include <gtest/gtest.h>

#include "agent/budget.hpp"
#include "agent/status_page.hpp"

namespace redshank {
namespace {

TEST(Check, page_and_object_say_the_same_sums) {
    Settings settings;
    settings.agent.id = "a";
    const std::string page = check_page(settings, "f.toml");
    const std::string json = check_json(settings, "a \"file\".toml");
    EXPECT_NE(page.find("67,108,864"), std::string::npos) << page;
    EXPECT_NE(json.find("\"budget_bytes\":" + std::to_string(sum_of(memory_budget(settings)))), std::string::npos)
        << json;
    EXPECT_NE(json.find("\"budget_bytes\":67108864"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("file":"a \"file\".toml")"), std::string::npos) << json;
    EXPECT_EQ(json.back(), '\n');
}

TEST(StatusPage, nests_by_indentation) {
    EXPECT_EQ(
        status_page(R"({"a":1,"b":{"c":"x","d":[]},"e":[{"t":"p/q","n":2},{"t":"r","s":{"u":null}}],"f":[1,2]})"),
        "a: 1\nb:\n  c: x\n  d: none\ne:\n  - t: p/q\n    n: 2\n  - t: r\n    s:\n      u: null\nf:\n  - 1\n  - 2\n");
}

TEST(StatusPage, keeps_escapes_so_that_nothing_reaches_a_terminal) {
    EXPECT_EQ(status_page(R"({"t":"a\u001b[31m\"b\\"})"), "t: a\\u001b[31m\\\"b\\\\\n");
}

TEST(StatusPage, what_is_no_json_comes_out_as_it_is) {
    for (const std::string text : {"", "hello {", "{\"a\":", "{\"a\":1", "{\"a\" 1}", "[1,", "{\"a\":1}x", "\"open"}) {
        EXPECT_EQ(status_page(text), text + "\n");
    }
    EXPECT_EQ(status_page(std::string(100'000, '[')), std::string(100'000, '[') + "\n");
}

}  // namespace
}  // namespace redshank
