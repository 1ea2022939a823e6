#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "storage/inbox_log.hpp"
#include "tests/storage/killed_child.hpp"
#include "tests/storage/splitmix.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

constexpr std::size_t body_bound = 300;

bool is_whole(const InboxLog& log, std::uint64_t position) {
    const auto record = log.find(position);
    return record && record->position == position && record->stamp_ns == static_cast<std::int64_t>(position) &&
           std::ranges::equal(record->body, bytes_of(position, body_bound));
}

// Appends for ever, freeing what is older than `kept` records; kept == 0 frees nothing, so that the ring gives up.
int append_for_ever(const std::filesystem::path& file, std::uint64_t kept,
                    const std::function<void(std::uint64_t)>& report) {
    auto log = InboxLog::open(file);
    if (!log || *log == nullptr) return 1;
    while (true) {
        const std::uint64_t position = (*log)->next();
        const auto body = bytes_of(position, body_bound);
        const auto appended = (*log)->append(RecordKind::message, static_cast<std::int64_t>(position), body);
        if (appended.position != position) return 2;
        if (kept != 0 && appended.given_up != 0) return 3;
        report(position);
        if (kept != 0 && position > kept) (*log)->free_through(position - kept);
    }
}

void kill_often(std::uint64_t kept, std::size_t ring_bytes) {
    constexpr std::uint64_t seed = 77;
    constexpr int kills = 60;
    SCOPED_TRACE(seed);
    Splitmix random(seed);
    const TemporaryDirectory directory(memory_directory());
    ASSERT_TRUE(InboxLog::create(directory / "inbox", {}, "", ring_bytes, 1));
    std::uint64_t reported = 0;
    for (int kill = 0; kill < kills; ++kill) {
        KilledChild child([&](const auto& report) { return append_for_ever(directory / "inbox", kept, report); });
        for (std::uint64_t reports = random.below(400); reports > 0; --reports) {
            const auto position = child.next();
            ASSERT_TRUE(position) << "the child ended by itself";
            ASSERT_EQ(*position, reported + 1);
            reported = *position;
        }
        ASSERT_TRUE(child.kill());
        while (const auto position = child.next()) {
            ASSERT_EQ(*position, reported + 1);
            reported = *position;
        }
        const auto log = InboxLog::open(directory / "inbox");
        ASSERT_TRUE(log) << log.error();
        // At most the one that was appended and not yet reported more.
        ASSERT_GE((*log)->next(), reported + 1);
        ASSERT_LE((*log)->next(), reported + 2);
        if (kept != 0) {
            ASSERT_LE((*log)->first(), std::max(reported, kept) - kept + 2);
            ASSERT_GE((*log)->first() + kept + 2, reported);
        } else {
            ASSERT_GE((*log)->used_bytes(), std::min<std::uint64_t>(reported * 32, ring_bytes / 2));
        }
        for (auto position = (*log)->first(); position < (*log)->next(); ++position) {
            ASSERT_TRUE(is_whole(**log, position)) << position << " after kill " << kill;
        }
        reported = (*log)->next() - 1;
    }
    EXPECT_GT(reported, 1000U);
}

TEST(InboxLog, what_was_published_survives_sigkill) {
    kill_often(50, 65'536);
}

TEST(InboxLog, a_kill_while_old_records_are_given_up_leaves_the_others_whole) {
    kill_often(0, 8'192);
}

TEST(InboxLog, a_reader_beside_the_appender_sees_only_whole_records) {
    const TemporaryDirectory directory(memory_directory());
    ASSERT_TRUE(InboxLog::create(directory / "inbox", {}, "", 16 << 20, 1));
    auto opened = InboxLog::open(directory / "inbox");
    ASSERT_TRUE(opened);
    InboxLog& log = **opened;
    constexpr std::uint64_t records = 20'000;
    std::uint64_t broken = 0;
    std::jthread reader([&] {
        for (std::uint64_t position = 1; position <= records;) {
            if (position >= log.next()) continue;
            broken += is_whole(log, position) ? 0 : 1;
            ++position;
        }
    });
    for (std::uint64_t position = 1; position <= records; ++position) {
        const auto body = bytes_of(position, body_bound);
        log.append(RecordKind::message, static_cast<std::int64_t>(position), body);
    }
    reader.join();
    EXPECT_EQ(broken, 0U);
}

// A full tmpfs would be a SIGBUS at some append; creation finds out instead.
TEST(InboxLog, a_directory_without_room_is_found_out_at_creation) {
    const TemporaryDirectory directory(memory_directory());
    KilledChild child([&](const auto&) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{100'000, 100'000};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
        const auto log = InboxLog::create(directory / "inbox", {}, "", 1 << 20, 1);
        if (log) return 2;
        if (log.error().find("no room") == std::string::npos) return 3;
        return std::filesystem::is_empty(directory.path()) ? 0 : 4;
    });
    const int status = child.wait();
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(InboxLog, a_full_tmpfs_is_found_out_at_creation) {
    const TemporaryDirectory directory(memory_directory());
    if (::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
        GTEST_SKIP() << "a tmpfs cannot be mounted here";
    }
    const auto log = InboxLog::create(directory / "inbox", {}, "", 1 << 20, 1);
    const auto small = InboxLog::create(directory / "inbox", {}, "", 64 << 10, 1);
    const bool left_behind = std::filesystem::exists(directory / "inbox.new");
    ::umount2(directory.path().c_str(), MNT_DETACH);
    ASSERT_FALSE(log);
    EXPECT_NE(log.error().find("No space left"), std::string::npos) << log.error();
    EXPECT_TRUE(small);
    EXPECT_FALSE(left_behind);
}

TEST(DirectoryLock, one_process_at_a_time_and_a_kill_gives_it_back) {
    const TemporaryDirectory directory(memory_directory());
    KilledChild child([&](const auto& report) {
        const auto lock = DirectoryLock::take(directory / "lock");
        report(lock ? static_cast<std::uint64_t>(::getpid()) : 0);
        while (lock) ::pause();
        return 0;
    });
    const auto holder = child.next();
    ASSERT_TRUE(holder);
    ASSERT_NE(*holder, 0U);
    const auto refused = DirectoryLock::take(directory / "lock");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find(std::to_string(*holder)), std::string::npos) << refused.error();
    ASSERT_TRUE(child.kill());
    const auto taken = DirectoryLock::take(directory / "lock");
    ASSERT_TRUE(taken) << taken.error();
    EXPECT_FALSE(DirectoryLock::take(directory / "lock")) << "nor twice in one process";
}

}  // namespace
}  // namespace redshank
