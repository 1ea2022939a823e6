#include <gtest/gtest.h>

#include <string>

#include "agent/settings_parse.hpp"
#include "agent/tasks.hpp"

// What a [[group]] may say about its task.

namespace redshank {
namespace {

SettingsExtras in_a_test() {
    SettingsExtras extras;
    extras.environment = {.host_name = "hall-3", .root = true};
    return extras;
}

std::string errors_of(const std::string& group) {
    const ParsedSettings parsed = parse_settings("[[group]]\nname = \"g\"\n" + group, "f.toml", in_a_test());
    if (parsed) return "";
    std::string all;
    for (const SettingsError& error : parsed.error()) all += error.text() + "\n";
    return all;
}

constexpr const char* three = "channels = [\"a\", \"b\", \"c\"]\n";

TEST(Tasks, every_name_of_a_model_has_one_behind_it) {
    for (const Task task : {Task::forecast, Task::classify}) {
        ASSERT_FALSE(models_of(task).empty());
        EXPECT_EQ(models_of(task).front(), "auto");
        for (const std::string_view model : models_of(task)) {
            EXPECT_EQ(errors_of("channels = [\"a\", \"b\"]\ntarget = \"a\"\ntask = \"" + std::string(name_of(task)) +
                                "\"\nmodel = \"" + std::string(model) + "\"\n"),
                      "");
        }
    }
}

TEST(Tasks, a_model_of_another_task_is_refused_where_it_stands) {
    const std::string model(models_of(Task::forecast).back());
    EXPECT_TRUE(errors_of(std::string(three) + "model = \"" + model + "\"\n")
                    .starts_with("f.toml:4:9: model must be one of auto, pca"));
    const std::string wrong = errors_of(std::string(three) + "task = \"forecast\"\nmodel = \"pca\"\n");
    EXPECT_TRUE(
        wrong.starts_with("f.toml:5:9: model must be one of auto, " + std::string(models_of(Task::forecast)[1])))
        << wrong;
    EXPECT_NE(wrong.find("for task = \"forecast\", not \"pca\""), std::string::npos) << wrong;
}

TEST(Tasks, a_model_that_there_is_not_is_answered_with_the_nearest) {
    EXPECT_NE(errors_of(std::string(three) + "model = \"pcaa\"\n").find("did you mean \"pca\"?"), std::string::npos);
}

TEST(Tasks, a_target_beside_the_channels_is_one_of_them) {
    const ParsedSettings parsed = parse_settings(
        "[[group]]\nname = \"g\"\nchannels = [\"a\"]\ntask = \"classify\"\ntarget = \"kind\"\n", "f", in_a_test());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->groups[0].channels, (std::vector<std::string>{"a", "kind"}));
    const ParsedSettings again = parse_settings(parsed->text, "f", in_a_test());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->groups[0].channels, parsed->groups[0].channels);
}

TEST(Tasks, keys_go_with_their_tasks) {
    EXPECT_EQ(errors_of(std::string(three) + "target = \"a\"\nstages = [\"pca:1\"]\nclasses = 3\n"),
              "f.toml:4:10: target goes with task = \"forecast\" or \"classify\" only\n"
              "f.toml:5:10: stages goes with task = \"forecast\", \"classify\" or \"cluster\" only\n"
              "f.toml:6:11: classes goes with task = \"classify\" only\n");
    EXPECT_EQ(errors_of(std::string(three) + "task = \"classify\"\n"),
              "f.toml:1:1: [[group]] with task = \"classify\" needs the key \"target\"\n");
    EXPECT_EQ(errors_of("channels = [\"a\"]\ntask = \"classify\"\ntarget = \"a\"\n"),
              "f.toml:3:12: channels must have one beside the target\n");
    EXPECT_NE(
        errors_of(std::string(three) + "task = \"clasify\"\n").find("f.toml:4:8: task must be one of \"anomaly\", "),
        std::string::npos);
    EXPECT_NE(errors_of(std::string(three) + "task = \"clasify\"\n").find("did you mean \"classify\"?"),
              std::string::npos);
}

TEST(Tasks, a_target_that_no_source_reads_is_refused) {
    EXPECT_EQ(errors_of("channels = [\"temp\"]\ntask = \"classify\"\ntarget = \"lable\"\n[[source]]\ntopic = \"t\"\n"
                        "fields = [\"temp\", \"label\"]\n"),
              "f.toml:5:10: target \"lable\" is no field of a [[source]]: did you mean \"label\"?\n");
}

TEST(Tasks, stages_that_cannot_be_are_refused_where_they_stand) {
    const auto with = [](const std::string& stages) {
        return errors_of(std::string(three) + "task = \"classify\"\ntarget = \"c\"\nstages = " + stages + "\n");
    };
    EXPECT_EQ(with("[\"standardise\", \"pca:1\"]"), "");
    EXPECT_EQ(with("[\"standardize\"]"),
              "f.toml:6:11: an element of stages must be \"standardise\", \"pca:N\", \"kmeans:N\", \"fourier:N\" or "
              "\"select:N\", not "
              "\"standardize\": did you mean "
              "\"standardise\"?\n");
    EXPECT_EQ(with("[\"standardise\", \"pca:2\"]"),
              "f.toml:6:26: an element of stages \"pca:2\" of 2 values has at most 1 components\n");
    EXPECT_EQ(with("[\"pca:1\", \"standardise\"]"),
              "f.toml:6:20: an element of stages \"standardise\" comes first: everything behind it is standardised "
              "already\n");
    EXPECT_NE(with("[\"pca:x\"]").find("needs a number, like \"pca:2\""), std::string::npos);
}

TEST(Tasks, stages_have_their_bounds) {
    const auto with = [](const std::string& rest) { return errors_of(std::string(three) + rest); };
    EXPECT_EQ(with("task = \"cluster\"\nstages = [\"pca:1\", \"kmeans:3\"]\n"), "");
    EXPECT_EQ(with("task = \"cluster\"\nstages = [\"kmeans:9\"]\n"),
              "f.toml:5:11: an element of stages \"kmeans:9\" has at most 8 clusters\n");
    EXPECT_EQ(with("task = \"cluster\"\nstages = [\"kmeans:1\"]\n"),
              "f.toml:5:11: an element of stages \"kmeans:1\" has at least 2 clusters\n");
    EXPECT_EQ(with("task = \"cluster\"\nstages = [\"pca:1\"]\n"),
              "f.toml:5:10: stages of a group with task = \"cluster\" must end with how many clusters there are, like "
              "\"kmeans:3\"\n");
    EXPECT_EQ(with("task = \"cluster\"\n"),
              "f.toml:1:1: stages of a group with task = \"cluster\" must end with how many clusters there are, like "
              "\"kmeans:3\"\n");
    EXPECT_NE(with("task = \"cluster\"\ntarget = \"a\"\nstages = [\"kmeans:3\"]\n").find("f.toml:5:10: target goes"),
              std::string::npos);
    EXPECT_EQ(with("task = \"forecast\"\nstages = [\"fourier:65\"]\n"),
              "f.toml:5:11: an element of stages \"fourier:65\" has at most 64 features\n");
    EXPECT_EQ(with("task = \"classify\"\ntarget = \"c\"\nclasses = 2\nstages = [\"select:3\"]\n"),
              "f.toml:7:11: an element of stages \"select:3\" of 2 values has at most 2 to select\n");
    EXPECT_NE(with("task = \"classify\"\ntarget = \"c\"\nstages = [\"select:2\"]\n").find("classes = 2"),
              std::string::npos);
}

TEST(Tasks, candidates_are_models_of_the_task_each_once_and_instead_of_one) {
    const auto with = [](const std::string& rest) {
        return errors_of(std::string(three) + "task = \"classify\"\ntarget = \"c\"\n" + rest);
    };
    EXPECT_EQ(with("candidates = [\"knn\", \"svm\"]\n"), "");
    EXPECT_NE(with("candidates = [\"knn\"]\n").find("f.toml:6:14: candidates must"), std::string::npos)
        << with("candidates = [\"knn\"]\n");
    EXPECT_EQ(with("candidates = [\"knn\", \"knn\"]\n"),
              "f.toml:6:22: an element of candidates is there twice: \"knn\"\n");
    EXPECT_NE(with("candidates = [\"knn\", \"smv\"]\n").find("not \"smv\": did you mean \"svm\"?"), std::string::npos);
    EXPECT_EQ(with("model = \"svm\"\ncandidates = [\"knn\", \"svm\"]\n"),
              "f.toml:6:9: model and candidates are one or the other: the best candidate answers\n");
    EXPECT_NE(errors_of(std::string(three) + "candidates = [\"pca\", \"auto\"]\n").find("candidates goes with"),
              std::string::npos);
}

TEST(Tasks, late_labels_say_how_long_and_by_what) {
    const auto with = [](const std::string& rest) {
        return errors_of(std::string(three) + "task = \"classify\"\ntarget = \"c\"\n" + rest);
    };
    EXPECT_EQ(with("label_within = \"1h\"\n"), "");
    EXPECT_EQ(with("label_by = \"time\"\n"), "f.toml:6:12: label_by goes with label_within: how long a row waits\n");
    EXPECT_EQ(with("label_within = \"1h\"\nlabel_by = \"id\"\n[[source]]\ntopic = \"t\"\n"),
              "f.toml:7:12: label_by = \"id\" needs a [[source]] with the key \"id\"\n");
    EXPECT_EQ(with("label_within = \"1h\"\nlabel_by = \"id\"\n[[source]]\ntopic = \"t\"\nid = \"part\"\n"), "");
    EXPECT_NE(errors_of(std::string(three) + "label_within = \"1h\"\n").find("label_within goes with"),
              std::string::npos);
}

TEST(Tasks, classes_may_have_more_members_than_an_anomaly_model_takes) {
    std::string channels = "channels = [";
    for (int i = 0; i < 20; ++i) channels += "\"c" + std::to_string(i) + "\", ";
    EXPECT_EQ(errors_of(channels + "]\ntask = \"classify\"\ntarget = \"c0\"\n"), "");
}

TEST(Tasks, a_forecast_has_at_most_sixteen_members) {
    std::string channels = "channels = [";
    for (int i = 0; i < 17; ++i) channels += "\"c" + std::to_string(i) + "\", ";
    EXPECT_EQ(errors_of(channels + "]\ntask = \"forecast\"\n"),
              "f.toml:3:12: channels must be at most 16 for task = \"forecast\", the target included, not 17\n");
}

TEST(Tasks, a_group_without_labels_takes_one_slot_and_the_others_share_the_rest) {
    Settings settings;
    settings.capacities.groups_max = 10;
    EXPECT_EQ(group_shares(settings), (std::vector<std::uint32_t>{0, 256}));
    settings.groups.push_back({.name = "one", .channels = {"a"}});
    EXPECT_EQ(group_shares(settings), (std::vector<std::uint32_t>{0, 1}));
    settings.groups.push_back({.name = "of-{m}", .channels = {"a"}});
    settings.groups.push_back({.name = "two", .channels = {"a"}});
    settings.groups.push_back({.name = "at-{m}", .channels = {"a"}});
    EXPECT_EQ(group_shares(settings), (std::vector<std::uint32_t>{0, 1, 5, 6, 10}));
    settings.capacities.groups_max = 1;
    EXPECT_EQ(group_shares(settings).back(), 1U);
}

}  // namespace
}  // namespace redshank
