#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/gateway.hpp"

namespace redshank::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

std::uint64_t resident_kib(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/status");
    for (std::string word; file >> word;) {
        std::uint64_t kib = 0;
        if (word == "VmRSS:" && file >> kib) return kib;
    }
    return 0;
}

void load(MqttPeer& devices, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t value = first; value <= last; ++value)
        ASSERT_TRUE(devices.send("load/" + std::to_string(value % 20), value_json(value % 100)));
    ASSERT_TRUE(devices.settled(60s));
}

TEST(Memory, nothing_of_ours_is_allocated_after_start_through_alerts_flushes_and_reconnects) {
    if (sanitized) GTEST_SKIP() << "a sanitizer's own allocator is not counted";
    Configuration configuration;
    configuration.more = "[[rule]]\nname = \"high\"\nchannel = \"load/#\"\nabove = 90\nclear_below = 50\n";
    Gateway gateway(configuration);
    gateway.start_all();
    auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(load(*devices, 1, 1500));
    EXPECT_EQ(gateway.flush(), 0);
    gateway.stop_collector();
    gateway.broker().stop();
    ASSERT_TRUE(gateway.until([](const Json& now) { return !now.is("mqtt.connected"); }));
    gateway.broker().start();
    gateway.start_collector();
    ASSERT_TRUE(gateway.until([](const Json& now) { return now.is("mqtt.connected"); }));
    ASSERT_TRUE(devices->connected());
    ASSERT_NO_FATAL_FAILURE(load(*devices, 1501, 3000));
    ASSERT_TRUE(devices->publish("load/1", "broken"));
    ASSERT_TRUE(gateway.until_messages(3001));
    EXPECT_EQ(gateway.flush(), 0) << gateway.said();
    const auto status = gateway.status();
    EXPECT_EQ(status->count("heap.allocations_after_start"), 0U) << gateway.said();
    EXPECT_GT(status->count("heap.library_allocations_after_start"), 0U) << "nothing is counted at all";
    EXPECT_GT(gateway.upstream_integer("select count(*) from alerts"), 10);
}

TEST(Memory, the_process_does_not_grow_with_the_messages) {
    if (sanitized) GTEST_SKIP() << "a sanitizer keeps what was freed";
    Configuration configuration;
    // The inbox is a mapped ring: a small one has been used all over by the time of the first look.
    configuration.more = "[limits]\ninbox = \"512KiB\"\n";
    Gateway gateway(configuration);
    gateway.start_all();
    const auto devices = gateway.devices();
    ASSERT_NO_FATAL_FAILURE(load(*devices, 1, 8000));
    EXPECT_EQ(gateway.flush(), 0);
    const std::uint64_t before = resident_kib(gateway.agent().pid());
    const std::uint64_t messages = long_tests() ? 200'000 : 20'000;
    ASSERT_NO_FATAL_FAILURE(load(*devices, 8001, 8000 + messages));
    ASSERT_TRUE(gateway.until_messages(8000 + messages));
    EXPECT_EQ(gateway.flush(), 0);
    const std::uint64_t after = resident_kib(gateway.agent().pid());
    ASSERT_GT(before, 0U);
    EXPECT_LT(after, before + 1024) << "KiB after " << messages << " messages";
    RecordProperty("grown_kib", static_cast<int>(after) - static_cast<int>(before));
    std::cout << "resident: " << before << " KiB, then " << after << " KiB\n";
}

}  // namespace
}  // namespace redshank::test
