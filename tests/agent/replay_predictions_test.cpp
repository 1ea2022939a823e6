#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "drivers/hash.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::chrono::seconds patience{60};

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

class Replayed : public testing::Test {
protected:
    void replay(const std::string& group, const std::string& rows) {
        std::ofstream(directory_ / "c.toml") << "[[source]]\ntopic = \"{file}\"\n[[group]]\nname = \"g\"\n" << group;
        std::ofstream(directory_ / "plant.csv") << rows;
        test::ChildProcess program({REDSHANK_PROGRAM, "replay", "--config", (directory_ / "c.toml").string(), "--input",
                                    (directory_ / "plant.csv").string(), "--out", (directory_ / "out").string()});
        ASSERT_EQ(program.wait(patience), 0) << program.errors();
    }
    std::string result(const char* name) const { return text_of(directory_ / "out" / name); }

    test::TemporaryDirectory directory_;
};

TEST_F(Replayed, a_forecast_has_a_line_for_each_row_and_target) {
    replay("channels = [\"a\", \"b\"]\ntask = \"forecast\"\n", "t,a,b\n0,1.5,10\n1,2,20\n2,,30\n3,4,40\n");
    EXPECT_EQ(result("predictions.csv"),
              "input,timestamp,group,target,predicted,actual\n"
              "plant,0,g,a,,1.5\nplant,0,g,b,,10\n"
              "plant,1,g,a,1.5,2\nplant,1,g,b,10,20\n"
              "plant,2,g,a,2,\nplant,2,g,b,20,30\n"
              "plant,3,g,a,2,4\nplant,3,g,b,30,40\n");
    // a: errors 0.5 and 2; b: 10, 10 and 10.
    EXPECT_NE(result("summary.json")
                  .find(R"("prequential":{"g":{"a":{"rows":2,"mean_squared_error":2.125,"mean_absolute_error":1.25},)"
                        R"("b":{"rows":3,"mean_squared_error":100,"mean_absolute_error":10}}})"),
              std::string::npos)
        << result("summary.json");
}

TEST_F(Replayed, a_class_is_predicted_before_its_label_counts) {
    replay("channels = [\"a\"]\ntask = \"classify\"\ntarget = \"kind\"\n",
           "t,a,kind\n0,1,1\n1,1,1\n2,5,\n3,,1\n4,1,0\n");
    EXPECT_EQ(result("predictions.csv"),
              "input,timestamp,group,target,predicted,actual\n"
              "plant,0,g,kind,0,1\nplant,1,g,kind,0,1\nplant,2,g,kind,0,\nplant,3,g,kind,0,1\nplant,4,g,kind,0,0\n");
    EXPECT_NE(result("summary.json")
                  .find(R"("prequential":{"g":{"kind":{"rows":4,"right":0.25,"balanced_accuracy":0.5,"kappa":0}}})"),
              std::string::npos)
        << result("summary.json");
}

TEST_F(Replayed, a_row_before_the_group_and_one_without_values_have_lines_too) {
    replay("channels = [\"a\"]\ntask = \"forecast\"\n", "t,a,b\n0,,1\n1,7,1\n2,,1\n3,8,1\n");
    EXPECT_EQ(result("predictions.csv"),
              "input,timestamp,group,target,predicted,actual\n"
              "plant,0,g,a,,\nplant,1,g,a,,7\nplant,2,g,a,7,\nplant,3,g,a,7,8\n");
}

TEST_F(Replayed, the_digest_covers_the_predictions_in_their_place) {
    replay("channels = [\"a\"]\ntask = \"forecast\"\n", "t,a\n0,1\n1,2\n");
    Sha256Stream digest;
    for (const char* name : {"scores.csv", "alerts.jsonl", "aggregates.csv", "predictions.csv", "models.bin"}) {
        const std::string text = result(name);
        digest.add(std::as_bytes(std::span(text.data(), text.size())));
    }
    EXPECT_FALSE(result("predictions.csv").empty());
    EXPECT_NE(result("summary.json").find("\"digest\":\"" + hex(digest.finish()) + "\""), std::string::npos);
}

TEST_F(Replayed, no_group_that_predicts_no_file) {
    replay("channels = [\"a\"]\ntask = \"forecast\"\n", "t,a\n0,1\n1,2\n");
    EXPECT_TRUE(std::filesystem::exists(directory_ / "out" / "predictions.csv"));
    replay("channels = [\"a\"]\n", "t,a\n0,1\n1,2\n");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "out" / "predictions.csv"));
    EXPECT_NE(result("summary.json").find("\"prequential\":{}"), std::string::npos);
}

}  // namespace
}  // namespace redshank
