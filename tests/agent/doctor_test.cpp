#include "agent/doctor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "agent/doctor_checks.hpp"
#include "agent/doctor_tls.hpp"
#include "agent/key_files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

std::string text_of(const DoctorCheck& check) {
    return std::string(name_of(check.result)) + " " + check.name + ": " + check.what + " -> " + check.action;
}

DoctorCheck named(const DoctorChecks& checks, const std::string& name) {
    for (const DoctorCheck& check : checks) {
        if (check.name == name) return check;
    }
    return failed("none is named " + name, "", "");
}

JsonValue status(const std::string& json) {
    const auto read = JsonValue::parse(json);
    EXPECT_TRUE(read);
    return read.value_or(JsonValue());
}

TEST(DoctorPage, is_a_line_each_and_the_totals) {
    const DoctorChecks checks{passed("a", "is there"), warned("bb", "is \x1b[1mlow", "fill it"),
                              failed("c", "no", "do")};
    EXPECT_EQ(doctor_page(checks),
              "ok       a   is there\nwarning  bb  is \\x1b[1mlow -> fill it\nerror    c   no -> do\n"
              "3 checks, 1 warning, 1 error\n");
    EXPECT_EQ(doctor_json(checks), R"({"checks":[{"name":"a","result":"ok","what":"is there","do":""},)"
                                   R"({"name":"bb","result":"warning","what":"is \u001b[1mlow","do":"fill it"},)"
                                   R"({"name":"c","result":"error","what":"no","do":"do"}]})"
                                   "\n");
    EXPECT_TRUE(any_error(checks));
    EXPECT_FALSE(any_error({passed("a", ""), warned("b", "", "")}));
    EXPECT_EQ(doctor_json({}), "{\"checks\":[]}\n");
}

TEST(DoctorKeys, a_secret_that_others_may_read_is_an_error_and_never_shown) {
    const TemporaryDirectory directory;
    Settings settings;
    settings.agent.state_dir = directory.path();
    EXPECT_TRUE(check_keys(settings).empty());
    const std::filesystem::path file = directory / "uplink.key";
    settings.uplink.key_file = file;
    DoctorChecks checks = check_keys(settings);
    EXPECT_EQ(checks.at(0).result, CheckResult::error) << text_of(checks[0]);
    EXPECT_NE(checks[0].what.find("No such file"), std::string::npos) << text_of(checks[0]);

    const auto shown = make_uplink_key_files(file);
    ASSERT_TRUE(shown) << shown.error();
    checks = check_keys(settings);
    EXPECT_EQ(checks.at(0).result, CheckResult::ok) << text_of(checks[0]);

    std::filesystem::permissions(file, std::filesystem::perms{0644});
    checks = check_keys(settings);
    EXPECT_EQ(checks.at(0).result, CheckResult::error);
    EXPECT_NE(checks[0].what.find("has mode 0644"), std::string::npos) << text_of(checks[0]);
    EXPECT_NE(checks[0].action.find("chmod 600 "), std::string::npos) << text_of(checks[0]);

    std::filesystem::permissions(file, std::filesystem::perms{0600});
    settings.uplink.server_key = *shown;
    EXPECT_NE(check_keys(settings).at(0).what.find("own public key"), std::string::npos);

    std::ofstream(file) << "sesame\n";
    checks = check_keys(settings);
    EXPECT_EQ(checks.at(0).result, CheckResult::error);
    EXPECT_EQ(text_of(checks[0]).find("sesame"), std::string::npos);
}

TEST(DoctorDirectories, one_that_can_be_made_is_good_and_a_file_in_its_place_is_not) {
    const TemporaryDirectory directory;
    Settings settings;
    settings.agent.state_dir = directory.path();
    settings.storage.bytes_max = 4096;
    EXPECT_EQ(named(check_state_directory(settings), "state directory").result, CheckResult::ok);
    settings.agent.state_dir = directory / "a" / "b";
    const DoctorCheck missing = named(check_state_directory(settings), "state directory");
    EXPECT_EQ(missing.result, CheckResult::ok) << text_of(missing);
    EXPECT_NE(missing.what.find("is not there yet"), std::string::npos) << text_of(missing);
    std::ofstream(directory / "file") << "x";
    settings.agent.state_dir = directory / "file" / "b";
    EXPECT_EQ(named(check_state_directory(settings), "state directory").result, CheckResult::error);
    if (geteuid() == 0) return;  // who may write anywhere
    std::filesystem::create_directory(directory / "closed");
    std::filesystem::permissions(directory / "closed", std::filesystem::perms{0500});
    for (const char* const name : {"closed", "closed/b"}) {
        settings.agent.state_dir = directory / name;
        EXPECT_EQ(named(check_state_directory(settings), "state directory").result, CheckResult::error) << name;
    }
}

TEST(DoctorDirectories, too_little_room_is_told_before_it_is_needed) {
    const TemporaryDirectory directory;
    Settings settings;
    settings.agent.state_dir = settings.agent.runtime_dir = directory.path();
    settings.storage.bytes_max = std::uint64_t{1} << 60U;
    EXPECT_EQ(named(check_state_directory(settings), "state directory: space").result, CheckResult::warning);
    settings.capacities.inbox_bytes = std::size_t{1} << (sizeof(std::size_t) * 8 - 2);
    if (sizeof(std::size_t) == 8) {
        EXPECT_EQ(named(check_runtime_directory(settings), "runtime directory: space").result, CheckResult::error);
    }
}

TEST(DoctorDirectories, memory_is_right_for_the_inbox_and_wrong_for_the_database) {
    if (!std::filesystem::exists("/dev/shm")) GTEST_SKIP() << "no /dev/shm";
    Settings settings;
    settings.agent.state_dir = settings.agent.runtime_dir = "/dev/shm";
    EXPECT_EQ(named(check_state_directory(settings), "state directory: file system").result, CheckResult::warning);
    EXPECT_EQ(named(check_runtime_directory(settings), "runtime directory: file system").result, CheckResult::ok);
}

TEST(DoctorOutputs, a_command_that_is_not_there_or_cannot_be_run_is_an_error) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "plain") << "x";
    Settings settings;
    for (const std::string& command : {std::string("/bin/sh"), (directory / "none").string(),
                                       (directory / "plain").string(), directory.path().string()}) {
        settings.outputs.push_back({.kind = OutputKind::command, .command = {command}});
    }
    settings.outputs.push_back({.kind = OutputKind::gpio, .chip = "/dev/null"});
    settings.outputs.push_back({.kind = OutputKind::gpio, .chip = (directory / "none").string()});
    const DoctorChecks checks = check_output_ways(settings);
    ASSERT_EQ(checks.size(), 6U);
    EXPECT_EQ(checks[0].result, CheckResult::ok) << text_of(checks[0]);
    for (std::size_t i = 1; i < checks.size(); ++i) {
        EXPECT_EQ(checks[i].result, CheckResult::error) << text_of(checks[i]);
    }
    EXPECT_NE(checks[4].what.find("no GPIO chip"), std::string::npos) << text_of(checks[4]);
}

TEST(DoctorTls, a_certificate_that_ends_within_14_days_is_a_warning) {
    constexpr std::int64_t day_s = 24 * 3600;
    EXPECT_EQ(judge_certificate("c", {.version = "TLSv1.3", .left_s = 14 * day_s}).result, CheckResult::ok);
    const DoctorCheck soon = judge_certificate("c", {.version = "TLSv1.3", .left_s = 14 * day_s - 1});
    EXPECT_EQ(soon.result, CheckResult::warning);
    EXPECT_NE(soon.what.find("13 d 23 h"), std::string::npos) << text_of(soon);
}

TEST(DoctorAgent, a_status_without_trouble_is_good_and_what_is_missing_is_no_trouble) {
    for (const char* const json :
         {R"({"ready":true})",
          R"({"ready":true,"mqtt":{"connected":true},"ledger":{"balanced":true,"messages":100,"readings":10,)"
          R"("rejected_messages":{"retained":4},"rejected_readings":{}},"uplink":{"connected":true,"backlog_rows":3},)"
          R"("storage":{"durable":true,"room":true,"last_error":""},"alerts_dropped":0})"}) {
        for (const DoctorCheck& check : judge_status(status(json))) {
            EXPECT_EQ(check.result, CheckResult::ok) << text_of(check);
        }
    }
}

TEST(DoctorAgent, every_trouble_of_a_status_is_named) {
    const DoctorChecks checks = judge_status(status(
        R"({"ready":true,"mqtt":{"connected":false,"last_error":"gone"},"ledger":{"balanced":false,"messages":100,)"
        R"("readings":10,"rejected_messages":{"retained":2,"invalid_json":3},"rejected_readings":{"range":10}},)"
        R"("uplink":{"url":"tcp://c:1","connected":false,"backlog_rows":7,"handshake_failure":"no key"},)"
        R"("storage":{"durable":false,"room":true,"last_error":"disk full"},"alerts_dropped":2,)"
        R"("brokers":[{"name":"mqtt","connected":false},{"name":"north",)"
        R"("connected":false,"error":"cannot find north"},)"
        R"({"name":"south","connected":true}]})"));
    const auto result = [&checks](const char* name) { return named(checks, name).result; };
    EXPECT_EQ(result("agent"), CheckResult::error);
    EXPECT_EQ(named(checks, "agent: broker north").what, "not connected: cannot find north");
    EXPECT_EQ(checks.size(), 8U);
    EXPECT_EQ(result("agent: ledger"), CheckResult::error);
    EXPECT_EQ(result("agent: rejected messages"), CheckResult::warning);
    EXPECT_EQ(named(checks, "agent: rejected messages").what, "5 of 100, most of them invalid_json");
    EXPECT_EQ(result("agent: rejected readings"), CheckResult::warning);
    EXPECT_EQ(result("agent: alerts"), CheckResult::warning);
    EXPECT_EQ(result("agent: backlog"), CheckResult::warning);
    EXPECT_EQ(result("agent: storage"), CheckResult::error);
    for (const DoctorCheck& check : checks) EXPECT_FALSE(check.action.empty()) << text_of(check);
    EXPECT_EQ(named(judge_status(status(R"({"ready":false})")), "agent").result, CheckResult::warning);
}

TEST(DoctorLimits, memory_and_files_are_looked_at) {
    Settings settings;
    EXPECT_EQ(named(check_limits(settings, true), "memory").result, CheckResult::ok);
    settings.capacities.inbox_bytes = std::size_t{1} << (sizeof(std::size_t) * 8 - 4);
    if (sizeof(std::size_t) == 8) {
        EXPECT_EQ(named(check_limits(settings, false), "memory").result, CheckResult::warning);
    }
    EXPECT_NE(named(check_limits(settings, false), "open files").what, "");
    EXPECT_EQ(check_clock().size(), 1U);
}

TEST(DoctorConfiguration, every_error_of_a_bad_one_is_a_check) {
    const auto bad = parse_settings("[storage]\nno = 1\n[window]\nnor = 2\n", "f.toml");
    ASSERT_FALSE(bad);
    const DoctorChecks checks = check_configuration(bad.error());
    ASSERT_EQ(checks.size(), 2U);
    EXPECT_TRUE(checks[0].what.starts_with("f.toml:2:1: ")) << text_of(checks[0]);
    EXPECT_EQ(checks[1].result, CheckResult::error);
}

}  // namespace
}  // namespace redshank::test
