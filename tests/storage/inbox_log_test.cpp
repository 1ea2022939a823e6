#include "storage/inbox_log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <functional>

#include "storage/crc32.hpp"
#include "tests/storage/splitmix.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

InboxIdentity identity_for_test() {
    InboxIdentity identity{7, 0x1122334455667788, 1'700'000'000'000'000'000, true, {}};
    std::ranges::copy(std::string_view("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"), identity.kernel_boot_id.begin());
    return identity;
}

std::unique_ptr<InboxLog> created(const std::filesystem::path& file, std::size_t ring_bytes,
                                  std::uint64_t first_position = 1, std::string_view configuration = "[agent]\n") {
    auto log = InboxLog::create(file, identity_for_test(), configuration, ring_bytes, first_position);
    if (!log) throw std::runtime_error(log.error());
    return std::move(*log);
}

std::unique_ptr<InboxLog> opened(const std::filesystem::path& file) {
    auto log = InboxLog::open(file);
    if (!log) throw std::runtime_error(log.error());
    return std::move(*log);
}

std::span<const std::byte> bytes_of_text(std::string_view text) {
    return std::as_bytes(std::span(text));
}

TEST(InboxLog, checksum_is_the_common_crc32) {
    EXPECT_EQ(crc32(bytes_of_text("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32(bytes_of_text("6789"), crc32(bytes_of_text("12345"))), 0xCBF43926U);
}

TEST(InboxLog, no_file_is_no_failure) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = InboxLog::open(directory / "inbox");
    ASSERT_TRUE(log) << log.error();
    EXPECT_EQ(*log, nullptr);
}

TEST(InboxLog, what_was_given_at_creation_is_kept) {
    const TemporaryDirectory directory(memory_directory());
    const std::string configuration(10'000, 'c');
    const mode_t before = ::umask(0);
    created(directory / "inbox", 100'000, 41, configuration);
    ::umask(before);
    struct stat info {};
    ASSERT_EQ(::stat((directory / "inbox").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_GE(info.st_blocks * 512, info.st_size) << "every block is reserved";
    const auto log = opened(directory / "inbox");
    EXPECT_EQ(log->configuration(), configuration);
    EXPECT_EQ(log->identity().boot, 7U);
    EXPECT_EQ(log->identity().incarnation, 0x1122334455667788U);
    EXPECT_EQ(log->identity().wall_offset_ns, 1'700'000'000'000'000'000);
    EXPECT_TRUE(log->identity().wall_trusted);
    EXPECT_EQ(log->identity().kernel_boot_id, identity_for_test().kernel_boot_id);
    EXPECT_EQ(log->first(), 41U);
    EXPECT_EQ(log->next(), 41U);
    EXPECT_EQ(log->used_bytes(), 0U);
    EXPECT_EQ(log->last_stamp_ns(), 0);
    EXPECT_GE(log->ring_bytes(), 100'000U);
    EXPECT_EQ(log->find(41), std::nullopt);
}

TEST(InboxLog, a_message_comes_back_as_it_was) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 65536);
    Message message;
    message.topic = "plant/press-4/sensors";
    message.payload = bytes_of_text(R"({"temperature": 21.5})");
    message.qos = 1;
    message.duplicate = true;
    message.packet_id = 513;
    message.subscription_id = 2;
    EXPECT_EQ(log->append(message, 1000).position, 1U);
    const auto record = log->find(1);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->kind, RecordKind::message);
    EXPECT_EQ(record->stamp_ns, 1000);
    const auto back = decode_message(record->body);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->topic, message.topic);
    EXPECT_TRUE(std::ranges::equal(back->payload, message.payload));
    EXPECT_EQ(back->packet_id, 513);
    EXPECT_TRUE(back->duplicate);
}

TEST(InboxLog, when_full_the_oldest_is_given_up_and_counted) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    const std::vector<std::byte> body(100);  // 128 bytes a record: 32 in the ring
    for (int i = 0; i < 32; ++i) EXPECT_EQ(log->append(RecordKind::message, i, body).given_up, 0U);
    EXPECT_EQ(log->used_bytes(), 4096U);
    EXPECT_EQ(log->append(RecordKind::message, 40, body).given_up, 1U);
    EXPECT_EQ(log->first(), 2U);
    log->free_through(10);
    EXPECT_EQ(log->used_bytes(), 23U * 128U);
    EXPECT_EQ(log->append(RecordKind::message, 41, body).given_up, 0U) << "what is freed is not given up";
}

TEST(InboxLog, the_largest_record_always_fits) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    const std::vector<std::byte> largest(log->record_bytes_max());
    for (std::uint64_t i = 1; i <= 100; ++i) {
        EXPECT_EQ(log->append(RecordKind::message, 0, largest).position, i);
        log->append(RecordKind::tick, 0, {});
        ++i;
        ASSERT_TRUE(log->find(i));
        EXPECT_EQ(log->find(i - 1)->body.size(), largest.size());
    }
}

TEST(InboxLog, a_freed_log_still_knows_position_and_stamp_after_reopening) {
    const TemporaryDirectory directory(memory_directory());
    {
        const auto log = created(directory / "inbox", 4096);
        for (int i = 1; i <= 50; ++i) log->append(RecordKind::tick, 1000 + i, {});
        log->append(RecordKind::tick, 3, {});  // a stamp never falls
        log->free_through(1'000'000);
        EXPECT_EQ(log->first(), 52U);
    }
    const auto log = opened(directory / "inbox");
    EXPECT_EQ(log->first(), 52U);
    EXPECT_EQ(log->next(), 52U);
    EXPECT_EQ(log->used_bytes(), 0U);
    EXPECT_EQ(log->last_stamp_ns(), 1050);
    EXPECT_EQ(log->append(RecordKind::tick, 2000, {}).position, 52U);
    EXPECT_EQ(log->find(51), std::nullopt);
    EXPECT_TRUE(log->find(52));
}

struct Expected {
    std::uint64_t position;
    std::int64_t stamp;
    RecordKind kind;
    std::vector<std::byte> body;
};

void expect_equal(const InboxLog& log, const std::deque<Expected>& model, std::uint64_t next) {
    ASSERT_EQ(log.next(), next);
    ASSERT_EQ(log.first(), next - model.size());
    for (const Expected& expected : model) {
        const auto record = log.find(expected.position);
        ASSERT_TRUE(record) << expected.position;
        ASSERT_EQ(record->stamp_ns, expected.stamp);
        ASSERT_EQ(record->kind, expected.kind);
        ASSERT_TRUE(std::ranges::equal(record->body, expected.body)) << expected.position;
    }
    ASSERT_FALSE(log.find(next));
    ASSERT_FALSE(log.find(log.first() - 1));
}

TEST(InboxLog, behaves_like_a_queue_through_every_wrap) {
    constexpr std::uint64_t seed = 20240917;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    const TemporaryDirectory directory(memory_directory());
    auto log = created(directory / "inbox", 8192, 1000);
    std::deque<Expected> model;
    std::uint64_t next = 1000;
    std::int64_t stamp = -5;
    std::uint64_t given_up = 0;
    for (int step = 0; step < 100'000; ++step) {
        const auto what = random.below(1000);
        if (what < 900) {
            const std::size_t largest = random.below(20) == 0 ? log->record_bytes_max() + 1 : 150;
            Expected expected{next, stamp, static_cast<RecordKind>(1 + random.below(8)), bytes_of(next, largest)};
            const auto appended = log->append(expected.kind, stamp, expected.body);
            ASSERT_EQ(appended.position, next) << step;
            ASSERT_LE(appended.given_up, model.size());
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(appended.given_up));
            model.push_back(std::move(expected));
            given_up += appended.given_up;
            ++next;
            stamp += static_cast<std::int64_t>(random.below(3));
        } else if (what < 960) {
            const std::uint64_t through = next - random.below(60);
            log->free_through(through);
            while (!model.empty() && model.front().position <= through) model.pop_front();
        } else if (what < 980 && !model.empty()) {
            const Expected& expected = model[static_cast<std::size_t>(random.below(model.size()))];
            const auto record = log->find(expected.position);
            ASSERT_TRUE(record) << step;
            ASSERT_TRUE(std::ranges::equal(record->body, expected.body)) << step;
        } else if (what < 985) {
            log.reset();
            auto again = InboxLog::open(directory / "inbox");
            ASSERT_TRUE(again) << again.error() << " at step " << step;
            log = std::move(*again);
        } else if (what < 990) {
            ASSERT_NO_FATAL_FAILURE(expect_equal(*log, model, next)) << step;
        }
        ASSERT_EQ(log->first(), next - model.size()) << step;
        ASSERT_LE(log->used_bytes(), log->ring_bytes());
    }
    EXPECT_GT(given_up, 1000U) << "the test must meet a full ring";
    ASSERT_NO_FATAL_FAILURE(expect_equal(*log, model, next));
}

class DamagedInbox : public testing::Test {
protected:
    // A ring that has wrapped: with a pad, records freed and records to come.
    void SetUp() override {
        const auto log = created(directory_ / "inbox", 4096, 10, "[agent]\nid = \"x\"\n");
        for (std::uint64_t i = 0; i < 60; ++i) {
            log->append(RecordKind::message, static_cast<std::int64_t>(i), bytes_of(i, 150));
        }
        log->free_through(log->first() + 3);
        std::ifstream file(directory_ / "inbox", std::ios::binary);
        whole_.assign(std::istreambuf_iterator<char>(file), {});
        kept_ = log->used_bytes();
    }

    // What opening says of the file with `change` made to it; empty: it was taken.
    std::string said_of(const std::function<void(std::string&)>& change) {
        std::string bytes = whole_;
        change(bytes);
        std::ofstream(directory_ / "other", std::ios::binary) << bytes;
        const auto log = InboxLog::open(directory_ / "other");
        return log ? "" : log.error();
    }

    std::uint64_t word_at(std::size_t offset) const {
        std::uint64_t word = 0;
        std::memcpy(&word, whole_.data() + offset, sizeof word);
        return word;
    }

    TemporaryDirectory directory_{memory_directory()};
    std::string whole_;
    std::size_t kept_ = 0;
};

TEST_F(DamagedInbox, an_undamaged_copy_is_taken) {
    EXPECT_EQ(said_of([](std::string&) {}), "");
}

TEST_F(DamagedInbox, every_bit_of_the_fixed_header_and_configuration_counts) {
    for (std::size_t i = 0; i < 112 + 17; ++i) {
        const std::size_t at = i < 112 ? i : 4096 + i - 112;
        for (unsigned bit = 0; bit < 8; ++bit) {
            const auto said =
                said_of([&](std::string& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit)); });
            ASSERT_NE(said, "") << "byte " << at << " bit " << bit;
            ASSERT_NE(said.find((directory_ / "other").string()), std::string::npos) << said;
        }
    }
}

// A begin or end that happens to be another record's border cannot be told from the true one.
TEST_F(DamagedInbox, begin_and_end_must_lead_from_record_to_record) {
    int taken = 0;
    for (const std::size_t at : {256U, 320U}) {
        for (unsigned bit = 0; bit < 64; ++bit) {
            const auto said = said_of([&](std::string& bytes) {
                bytes[at + bit / 8] = static_cast<char>(bytes[at + bit / 8] ^ (1 << bit % 8));
            });
            if (!said.empty()) continue;
            ++taken;
            const auto log = opened(directory_ / "other");
            for (auto position = log->first(); position < log->next(); ++position) {
                EXPECT_TRUE(std::ranges::equal(log->find(position)->body, bytes_of(position - 10, 150)));
            }
        }
    }
    EXPECT_LT(taken, 5);
    EXPECT_NE(said_of([](std::string& bytes) { bytes.replace(264, 8, 8, '\xff'); }), "") << "freed beyond all";
    EXPECT_NE(said_of([](std::string& bytes) { bytes.replace(264, 8, 8, '\0'); }), "") << "freed before the first";
}

TEST_F(DamagedInbox, every_bit_of_every_published_record_counts) {
    const std::uint64_t begin = word_at(256);
    const std::uint64_t end = word_at(320);
    ASSERT_GT(end, 4096U) << "the ring must have wrapped";
    std::size_t refused = 0;
    std::size_t taken = 0;
    for (std::uint64_t offset = begin; offset < end; ++offset) {
        const std::size_t at = 8192 + static_cast<std::size_t>(offset % 4096);
        const auto said =
            said_of([&](std::string& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ (1 << offset % 8)); });
        ++(said.empty() ? taken : refused);
    }
    // The bytes that do not count are those behind the last record before the ring's end.
    EXPECT_LT(taken, 160U);
    EXPECT_GE(refused, kept_ - 160);
}

TEST_F(DamagedInbox, another_size_is_refused) {
    EXPECT_NE(said_of([](std::string& bytes) { bytes.clear(); }), "");
    EXPECT_NE(said_of([](std::string& bytes) { bytes.resize(4096); }), "");
    EXPECT_NE(said_of([](std::string& bytes) { bytes.pop_back(); }), "");
    EXPECT_NE(said_of([](std::string& bytes) { bytes.append(4096, '\0'); }), "");
    EXPECT_NE(said_of([](std::string& bytes) { bytes.assign(bytes.size(), 'x'); }).find("not an inbox"),
              std::string::npos);
}

}  // namespace
}  // namespace redshank
