#include "storage/inbox_tap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/storage/killed_child.hpp"
#include "tests/storage/splitmix.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

std::unique_ptr<InboxLog> created(const std::filesystem::path& file, std::size_t ring_bytes,
                                  std::uint64_t first_position = 1, std::uint64_t boot = 7) {
    InboxIdentity identity;
    identity.boot = boot;
    auto log = InboxLog::create(file, identity, "[agent]\n", ring_bytes, first_position);
    if (!log) throw std::runtime_error(log.error());
    return std::move(*log);
}

std::unique_ptr<InboxTap> tapped(const std::filesystem::path& file, InboxTap::Begin begin) {
    auto tap = InboxTap::open(file, begin);
    if (!tap) throw std::runtime_error(tap.error());
    return std::move(*tap);
}

// A body that tells its position in every byte.
std::vector<std::byte> body_of(std::uint64_t position, std::size_t most) {
    std::vector<std::byte> body(static_cast<std::size_t>(position * 2654435761U % most));
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(position * 31 + i);
    return body;
}

void append_next(InboxLog& log, std::size_t most) {
    const std::uint64_t position = log.next();
    log.append(RecordKind::model, static_cast<std::int64_t>(position), body_of(position, most));
}

bool is_whole(const Record& record, std::size_t most) {
    const std::vector<std::byte> body = body_of(record.position, most);
    return record.kind == RecordKind::model && record.stamp_ns == static_cast<std::int64_t>(record.position) &&
           std::ranges::equal(record.body, body);
}

InboxTap::Read read_next(InboxTap& tap) {
    auto read = tap.next();
    if (!read) throw std::runtime_error(read.error());
    return *read;
}

TEST(InboxTap, reads_every_record_as_it_comes_round_after_round) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    const auto tap = tapped(directory / "inbox", InboxTap::Begin::now);
    EXPECT_EQ(read_next(*tap).record, std::nullopt);
    EXPECT_EQ(tap->identity().boot, 7U);
    Splitmix random(1);
    std::uint64_t position = 1;
    for (int round = 0; round < 1000; ++round) {
        // At most 2 x 240 bytes and a pad: never a whole round.
        for (std::uint64_t i = random.below(3); i > 0; --i) append_next(*log, 200);
        if (random.below(4) == 0) log->free_through(log->next() - 1);  // its bytes are there still
        for (auto read = read_next(*tap); read.record; read = read_next(*tap)) {
            EXPECT_EQ(read.record->position, position++);
            EXPECT_EQ(read.missed, 0U);
            ASSERT_TRUE(is_whole(*read.record, 200)) << position - 1;
        }
        EXPECT_EQ(tap->position(), position);
    }
    EXPECT_EQ(position, log->next());
    EXPECT_GT(position, 500U);
}

TEST(InboxTap, begins_at_what_is_kept_or_at_what_comes) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 65536, 41);
    for (int i = 0; i < 10; ++i) append_next(*log, 200);
    const auto oldest = tapped(directory / "inbox", InboxTap::Begin::oldest);
    const auto now = tapped(directory / "inbox", InboxTap::Begin::now);
    EXPECT_EQ(read_next(*oldest).record->position, 41U);
    EXPECT_EQ(read_next(*now).record, std::nullopt);
    append_next(*log, 200);
    EXPECT_EQ(read_next(*now).record->position, 51U);
    EXPECT_EQ(read_next(*oldest).record->position, 42U);
}

TEST(InboxTap, what_was_overwritten_before_it_was_read_is_counted) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    const auto tap = tapped(directory / "inbox", InboxTap::Begin::now);
    Splitmix random(2);
    std::uint64_t read_count = 0;
    std::uint64_t missed = 0;
    std::uint64_t last = 0;
    for (int round = 0; round < 300; ++round) {
        for (std::uint64_t i = random.below(200); i > 0; --i) append_next(*log, 200);
        if (random.below(4) == 0) log->free_through(log->next() - 1);
        for (std::uint64_t i = random.below(40); i > 0; --i) {
            const auto read = read_next(*tap);
            if (!read.record) break;
            ++read_count;
            missed += read.missed;
            EXPECT_EQ(read.record->position, last + read.missed + 1);
            last = read.record->position;
            ASSERT_TRUE(is_whole(*read.record, 200)) << last;
        }
    }
    for (auto read = read_next(*tap); read.record; read = read_next(*tap)) {
        ++read_count;
        missed += read.missed;
    }
    EXPECT_EQ(read_count + missed, log->next() - 1);
    EXPECT_GT(missed, 1000U);
    EXPECT_GT(read_count, 1000U);
}

TEST(InboxTap, a_writer_at_full_speed_in_another_process_is_never_read_wrongly) {
    constexpr std::uint64_t records = 400'000;
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 16384);
    const auto tap = tapped(directory / "inbox", InboxTap::Begin::now);
    KilledChild writer([&](const auto& report) {
        while (log->next() <= records) append_next(*log, 300);
        report(log->next());
        return 0;
    });
    std::uint64_t read_count = 0;
    std::uint64_t missed = 0;
    while (read_count + missed < records) {
        const auto read = tap->next();
        ASSERT_TRUE(read) << read.error();
        if (!read->record) {
            std::this_thread::yield();
            continue;
        }
        ++read_count;
        missed += read->missed;
        ASSERT_EQ(read->record->position, read_count + missed);
        ASSERT_TRUE(is_whole(*read->record, 300)) << read->record->position;
    }
    EXPECT_EQ(writer.next(), records + 1);
    EXPECT_EQ(read_next(*tap).record, std::nullopt);
    EXPECT_GT(read_count, 0U);
    RecordProperty("missed", std::to_string(missed));
}

TEST(InboxTap, sees_that_a_new_inbox_is_in_its_place) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    const auto tap = tapped(directory / "inbox", InboxTap::Begin::now);
    append_next(*log, 200);
    EXPECT_FALSE(tap->replaced());
    const auto next = created(directory / "inbox", 4096, 1, 8);
    EXPECT_TRUE(tap->replaced());
    EXPECT_EQ(read_next(*tap).record->position, 1U) << "of the old one, to its end";
    EXPECT_EQ(read_next(*tap).record, std::nullopt);
    EXPECT_EQ(tapped(directory / "inbox", InboxTap::Begin::oldest)->identity().boot, 8U);
    std::filesystem::remove(directory / "inbox");
    EXPECT_FALSE(tap->replaced()) << "there is no other to go on with";
}

TEST(InboxTap, says_what_is_wrong_with_a_file_that_is_no_inbox) {
    const TemporaryDirectory directory(memory_directory());
    const auto none = InboxTap::open(directory / "inbox", InboxTap::Begin::now);
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, nullptr);
    std::ofstream(directory / "inbox") << std::string(8192, 'x');
    const auto other = InboxTap::open(directory / "inbox", InboxTap::Begin::now);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error(), (directory / "inbox").string() + ": is not an inbox");
}

TEST(InboxTap, says_where_records_do_not_add_up) {
    const TemporaryDirectory directory(memory_directory());
    const auto log = created(directory / "inbox", 4096);
    for (int i = 0; i < 3; ++i) log->append(RecordKind::tick, 1, {});
    const auto tap = tapped(directory / "inbox", InboxTap::Begin::oldest);
    EXPECT_EQ(read_next(*tap).record->position, 1U);
    std::fstream file(directory / "inbox", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192 + 32 + 8);  // the stamp of the second one
    file.put('x');
    file.close();
    const auto read = tap->next();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), (directory / "inbox").string() + ": what stands where record 2 should be does not add up");
}

}  // namespace
}  // namespace redshank
