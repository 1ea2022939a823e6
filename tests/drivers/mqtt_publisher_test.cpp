#include "drivers/mqtt_publisher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "drivers/mqtt_backoff.hpp"
#include "tests/drivers/mqtt_recorder.hpp"
#include "tests/support/eventually.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

class Random {  // splitmix64
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t below(std::uint64_t bound) {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return (z ^ (z >> 31)) % bound;
    }

private:
    std::uint64_t state_;
};

TEST(MqttOutgoing, gives_back_in_order_what_it_took_and_refuses_only_when_full) {
    constexpr std::size_t bytes = 512;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        MqttOutgoing ring(bytes);
        std::deque<MqttEvent> expected;
        std::size_t held = 0;  // bytes of topics and payloads inside
        bool refused = false;
        for (int i = 0; i < 2000; ++i) {
            if (random.below(5) < 3) {
                const std::string topic(static_cast<std::size_t>(1 + random.below(20)),
                                        static_cast<char>('a' + random.below(26)));
                const std::string payload(static_cast<std::size_t>(random.below(100)),
                                          static_cast<char>(random.below(256)));
                const auto slot = static_cast<std::uint16_t>(random.below(256));
                const bool retain = random.below(2) == 1;
                if (ring.push({topic, bytes_of(payload), slot, retain})) {
                    MqttEvent event;
                    event.topic = topic;
                    event.payload = payload;
                    event.packet_id = slot;
                    event.retain = retain;
                    expected.push_back(event);
                    held += topic.size() + payload.size();
                } else {
                    refused = true;
                    EXPECT_FALSE(expected.empty()) << "an empty ring takes it";
                    // The rest is headers, rounding and the end that was skipped.
                    EXPECT_GT(held + expected.size() * 32 + 2 * (topic.size() + payload.size() + 32), bytes);
                }
            } else if (!expected.empty()) {
                const auto front = ring.front();
                ASSERT_TRUE(front.has_value());
                EXPECT_EQ(front->topic, expected.front().topic);
                EXPECT_EQ(std::string(reinterpret_cast<const char*>(front->payload.data()), front->payload.size()),
                          expected.front().payload);
                EXPECT_EQ(front->slot, expected.front().packet_id);
                EXPECT_EQ(front->retain, expected.front().retain);
                held -= expected.front().topic.size() + expected.front().payload.size();
                ring.pop();
                expected.pop_front();
            }
            ASSERT_EQ(ring.empty(), expected.empty());
        }
        EXPECT_TRUE(refused);
    }
}

TEST(MqttOutgoing, takes_a_long_one_whatever_was_in_it_before) {
    constexpr std::size_t ring_bytes = 4096;
    MqttOutgoing outgoing(ring_bytes);
    const std::vector<std::byte> some(ring_bytes / 2);
    const std::vector<std::byte> most(ring_bytes - 64);
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(outgoing.push({.topic = "t", .payload = some}));
        outgoing.pop();
        ASSERT_TRUE(outgoing.push({.topic = "t", .payload = most})) << i;
        outgoing.pop();
    }
}

TEST(MqttOutgoing, refuses_what_could_never_fit) {
    MqttOutgoing ring(512);
    EXPECT_FALSE(ring.push({"t", bytes_of(std::string(600, 'x')), 0, false}));
    EXPECT_FALSE(ring.push({std::string(70000, 't'), bytes_of("x"), 0, false}));
    EXPECT_TRUE(ring.push({"t", bytes_of(std::string(400, 'x')), 0, false}));
}

TEST(MqttPublisher, keeps_the_order_and_the_window_whoever_sends) {
    std::mutex mutex;
    std::vector<std::uint16_t> under_way;
    std::vector<std::string> sent;
    std::size_t most = 0;
    MqttPublisher publisher([&](const MqttOutgoing::Entry& entry) {
        const std::lock_guard lock(mutex);
        under_way.push_back(entry.slot);
        most = std::max(most, under_way.size());
        sent.emplace_back(entry.topic);
        return true;
    });
    publisher.open(5);
    constexpr std::uint64_t count = 2000;
    std::vector<std::uint64_t> answered;
    std::thread paho([&] {  // answers in order, and pumps as from inside an event
        while (answered.size() < count) {
            std::uint16_t slot = 0;
            {
                const std::lock_guard lock(mutex);
                if (under_way.empty()) continue;
                slot = under_way.front();
                under_way.erase(under_way.begin());
            }
            answered.push_back(publisher.answered(slot));
            publisher.pump();
        }
    });
    for (std::uint64_t i = 0; i < count; ++i) {
        while (!publisher.push(std::to_string(i), {}, false, i)) std::this_thread::yield();
        publisher.wake();
    }
    paho.join();
    EXPECT_LE(most, 5U);
    for (std::uint64_t i = 0; i < count; ++i) {
        EXPECT_EQ(sent[static_cast<std::size_t>(i)], std::to_string(i));
        EXPECT_EQ(answered[static_cast<std::size_t>(i)], i);
    }
}

TEST(MqttPublisher, takes_nothing_while_closed_and_forgets_what_a_lost_connection_left) {
    std::atomic<int> sent{0};
    MqttPublisher publisher([&](const MqttOutgoing::Entry&) {
        ++sent;
        return true;
    });
    EXPECT_FALSE(publisher.push("t", {}, false, 1));
    for (int connection = 0; connection < 3; ++connection) {
        publisher.open(1);
        std::size_t taken = 0;
        while (publisher.push("t", {}, false, taken)) ++taken;
        EXPECT_EQ(taken, MqttInFlight::slots_max) << "nothing of the earlier connection takes up room";
        publisher.wake();
        EXPECT_TRUE(eventually(10s, [&] { return sent == connection + 1; }));
        publisher.close_and_wait();
        EXPECT_FALSE(publisher.push("t", {}, false, 1));
        publisher.clear();
    }
    EXPECT_EQ(sent, 3) << "the window was 1";
}

TEST(MqttPublisher, closes_when_paho_refuses_and_gives_the_slot_back) {
    std::atomic<int> sent{0};
    MqttPublisher publisher([&](const MqttOutgoing::Entry&) { return ++sent > 1; });
    publisher.open(10);
    EXPECT_TRUE(publisher.push("t", {}, false, 1));
    publisher.pump();  // or the own thread, when it begins only now
    publisher.wait_until_sent(std::chrono::steady_clock::now() + 10s);
    EXPECT_FALSE(publisher.push("t", {}, false, 2));
    publisher.open(10);
    std::size_t taken = 0;
    while (publisher.push("t", {}, false, taken)) ++taken;
    EXPECT_EQ(taken, MqttInFlight::slots_max);
}

TEST(MqttBackoff, doubles_up_to_the_last_within_the_upper_half_and_starts_again_when_reset) {
    bool spread = false;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SCOPED_TRACE(seed);
        Backoff backoff(1000, 6000, seed);
        for (const std::int64_t whole : {1000, 2000, 4000, 6000, 6000}) {
            const std::int64_t drawn = backoff.next_ns();
            EXPECT_GE(drawn, whole / 2);
            EXPECT_LE(drawn, whole);
            spread = spread || drawn != whole;
        }
        backoff.reset();
        EXPECT_LE(backoff.next_ns(), 1000);
    }
    EXPECT_TRUE(spread);
}

}  // namespace
}  // namespace redshank::test
