#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include "storage/inbox_log.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace redshank {
namespace {

// The file that docs/inbox-log.md shows.
void make_example(const std::filesystem::path& file) {
    InboxIdentity identity{7, 0x1122334455667788, 1'700'000'000'000'000'000, true, {}};
    std::ranges::copy(std::string_view("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"), identity.kernel_boot_id.begin());
    auto log = InboxLog::create(file, identity, "[agent]\n", 4096, 1);
    ASSERT_TRUE(log) << log.error();
    const std::string payload = "21.5";
    Message message;
    message.topic = "plant/a";
    message.payload = std::as_bytes(std::span(payload));
    message.qos = 1;
    message.packet_id = 513;
    message.subscription_id = 2;
    (*log)->append(message, 1'700'000'000'123'456'789);
    (*log)->append(RecordKind::tick, 1'700'000'001'000'000'000, {});
    (*log)->free_through(1);
}

TEST(InboxLog, the_worked_example_of_the_page_is_a_real_file) {
    const TemporaryDirectory directory(memory_directory());
    make_example(directory / "inbox");
    std::ifstream file(directory / "inbox", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::ifstream page(std::string(REDSHANK_SOURCE_DIR) + "/docs/inbox-log.md");
    ASSERT_TRUE(page);
    const std::regex shown("([0-9a-f]{8})  ((?:[0-9a-f]{2} +){1,16})\\|.*");
    std::size_t lines = 0;
    for (std::string line; std::getline(page, line);) {
        std::smatch parts;
        if (!std::regex_match(line, parts, shown)) continue;
        ++lines;
        std::size_t at = std::stoul(parts[1], nullptr, 16);
        std::istringstream hex(parts[2]);
        for (std::string byte; hex >> byte; ++at) {
            ASSERT_LT(at, bytes.size());
            EXPECT_EQ(std::stoul(byte, nullptr, 16), static_cast<unsigned char>(bytes[at])) << line;
        }
    }
    EXPECT_GE(lines, 10U);
}

}  // namespace
}  // namespace redshank
