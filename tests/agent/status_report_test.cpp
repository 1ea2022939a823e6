#include "agent/status_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace redshank {
namespace {

// As an agent with everything in it says it.
const std::string whole = R"({"ready":true,"id":"hall","boot":3,"incarnation":7,"position":99,"version":"0.1.0",
"started_ns":1000000000000,"now_ns":8500000000000,"clock":{"wall_trusted":true,"offset_ns":-182000000000},
"ledger":{"messages":12345,"decoded":12300,"duplicate":5,"waiting":0,"readings":20000,"counted":19990,
"rejected_messages":{"invalid_json":10,"retained":30},"rejected_readings":{"range":10},"made":51,"delivered":40,
"buffered":11,"merged":0,"lost":{},"open_readings":120,"balanced":true},
"sources":[{"topic":"plant/{machine}","messages":12000,"rejected_messages":{"retained":30},
"last_rejected":{"topic":"plant/1","reason":"retained"}},
{"broker":"north","topic":"x","messages":1,"rejected_messages":{},"last_rejected":null}],
"mqtt":{"connected":true,"url":"mqtt://127.0.0.1:1883","last_error":""},
"brokers":[{"name":"mqtt","connected":true,"error":"","messages":12344},
{"name":"north","connected":false,"error":"cannot find north","messages":1}],
"uplink":{"url":"tcp://collector:5555","connected":false,"backlog_rows":11,"last_report":"","encrypted":true,
"handshake_failure":"server_key is not the collector's public key"},
"storage":{"durable":true,"bytes":1258291,"bytes_max":67108864,"room":true,"inbox_bytes":2048,"checkpoint_failures":0,
"last_error":""},
"memory":{"budget_bytes":50331648},"heap":{"allocations_after_start":0,"library_allocations_after_start":1234},
"models":{"accepted":1,"refused":{"other_group":2}},
"groups":{"watching":10,"warming":2,"holding":1,"following":0,"accepting":0},
"outputs":[{"kind":"command","name":"/usr/bin/page","delivered":3,"failed":1,"timed_out":0,"dropped":0,"waiting":0,
"last_error":"exit code 1"}],
"alerts":[{"id":"3-1-0","rule":"too-warm","channel":"hall:t","state":"firing","since_ns":8300000000000,"value":81.25,
"severity":"critical"},
{"id":"3-2-0","rule":"too-cold","channel":"hall:t","state":"clear","since_ns":1,"value":1,"severity":"info"}],
"alerts_more":0,"alerts_waiting":1,"alerts_dropped":0})";

TEST(StatusReport, says_everything_in_aligned_lines) {
    EXPECT_EQ(status_report(whole), R"(redshank hall, version 0.1.0, runs for 2 h 5 min, boot 3
ready       yes
ledger      balanced
  messages  12,345 = 12,300 decoded + 40 rejected + 5 duplicate + 0 waiting
            rejected: 10 invalid_json, 30 retained
  readings  20,000 = 19,990 counted + 10 rejected; 120 in open windows
            rejected: 10 range
  results   51 = 40 delivered + 11 buffered + 0 merged + 0 lost
sources
  plant/{machine}  12,000 messages  30 rejected  last retained: plant/1
  north: x               1 message
brokers
  mqtt   mqtt://127.0.0.1:1883  connected      12,344 messages
  north                         NOT CONNECTED        1 message  last error: cannot find north
uplink      tcp://collector:5555, NOT CONNECTED, encrypted, 11 rows wait
            last failure: server_key is not the collector's public key
storage     durable, 1.1 MiB of 64 MiB, room for results, inbox 2 KiB
models      13 groups: 10 watch, 2 warm up, 1 is held back while its alert fires
            refused: 2 other_group
alerts      1 firing, 1 on their way
  critical  too-warm  hall:t  for 3 min  value 81.25
outputs
  /usr/bin/page  3 delivered  1 failed  last error: exit code 1
clock       trusted at start, moved by 3 min since
memory      budget 48 MiB, 0 allocations after start, libraries 1,234
)");
}

TEST(StatusReport, an_agent_that_is_not_ready_says_what_it_waits_for) {
    const std::string page = status_report(R"({"ready":false,"id":"a","mqtt":{"connected":false,)"
                                           R"("url":"mqtt://b","last_error":"cannot connect to b:1883"}})");
    EXPECT_EQ(page,
              "redshank a\nready       no, it waits for the broker: cannot connect to b:1883\n"
              "brokers\n  mqtt  mqtt://b  NOT CONNECTED  last error: cannot connect to b:1883\n");
}

TEST(StatusReport, an_acknowledged_alert_says_so) {
    const std::string page = status_report(R"({"alerts":[{"rule":"r","channel":"c","state":"firing",)"
                                           R"("severity":"info","acknowledged_ns":5}]})");
    EXPECT_NE(page.find("info  r  c  acknowledged\n"), std::string::npos) << page;
}

TEST(StatusReport, a_ledger_that_does_not_balance_shouts) {
    EXPECT_NE(status_report(R"({"ledger":{"balanced":false}})").find("NOT BALANCED"), std::string::npos);
}

TEST(StatusReport, what_is_unknown_or_of_another_kind_does_not_break_the_page) {
    EXPECT_EQ(status_report("{}"), "redshank\n");
    EXPECT_EQ(status_report(R"({"id":"a","new":{"x":[1,{"y":null}]}})"), "redshank a\n");
    for (const std::string kind : {"null", "true", "-1", "1.5", "\"x\"", "[]", "[[1]]", "[null]", "{}", "{\"a\":{}}"}) {
        for (const char* const key : {"ready",   "id",      "version", "boot",   "now_ns",  "started_ns", "ledger",
                                      "sources", "mqtt",    "brokers", "uplink", "storage", "groups",     "models",
                                      "alerts",  "outputs", "clock",   "memory", "heap",    "silences",   "silenced"}) {
            const std::string page = status_report("{\"" + std::string(key) + "\":" + kind + "}");
            EXPECT_TRUE(page.starts_with("redshank")) << key << " " << kind << "\n" << page;
        }
    }
}

TEST(StatusReport, what_is_no_status_comes_out_as_it_is_without_control_characters) {
    EXPECT_EQ(status_report("hello \x1b[31m"), "hello \\x1b[31m\n");
    EXPECT_EQ(status_report("[1]"), "[1]\n");
    EXPECT_EQ(status_report(""), "\n");
}

TEST(StatusReport, a_name_of_a_device_cannot_write_to_the_terminal) {
    const std::string page = status_report(R"({"sources":[{"topic":"t","rejected_messages":{"bad_topic":1},)"
                                           R"("last_rejected":{"reason":"bad_topic","topic":"\u001b[2J\n"}}]})");
    EXPECT_NE(page.find("last bad_topic: \\x1b[2J\\x0a\n"), std::string::npos) << page;
}

TEST(StatusReport, thousands_of_sources_and_alerts_are_a_line_each) {
    std::string json = R"({"id":"a","now_ns":100,"sources":[)";
    for (int i = 0; i < 5000; ++i) json += (i > 0 ? "," : "") + ("{\"topic\":\"" + std::string(200, 'x') + "\"}");
    json += "],\"alerts\":[";
    for (int i = 0; i < 5000; ++i) json += (i > 0 ? "," : "") + std::string(R"({"rule":"r","state":"firing"})");
    const std::string page = status_report(json + "]}");
    EXPECT_EQ(std::count(page.begin(), page.end(), '\n'), 1 + 1 + 5000 + 1 + 5000);
    EXPECT_NE(page.find("5,000 firing"), std::string::npos);
}

}  // namespace
}  // namespace redshank
