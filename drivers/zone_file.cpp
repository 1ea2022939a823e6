#include "drivers/zone_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "drivers/zone_rule.hpp"

namespace redshank {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20;
constexpr std::size_t header_bytes = 44;
constexpr std::int64_t listed_last_s = 2'145'916'800;  // 2038-01-01: tables with a rule behind them end before

bool is_name(std::string_view name) noexcept {
    const auto fits = [](char byte) {
        return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
               byte == '_' || byte == '-' || byte == '+' || byte == '/';
    };
    return !name.empty() && name.front() != '/' && std::all_of(name.begin(), name.end(), fits);
}

// Whole numbers of a TZif file, highest byte first.
std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

// The counts of a header (RFC 8536, 3.1) that is at the beginning of `bytes`.
struct Header {
    std::uint64_t transitions = 0;
    std::uint64_t block_bytes = 0;  // of the data behind it
};

bool read_header(std::string_view bytes, std::size_t time_bytes, Header& out) noexcept {
    if (bytes.size() < header_bytes || !bytes.starts_with("TZif") || bytes[4] < '2') return false;
    const auto count = [bytes](std::size_t index) { return number_at(bytes, 20 + 4 * index, 4); };
    const std::uint64_t types_of_ut = count(0) + count(1);
    out.transitions = count(3);
    out.block_bytes =
        out.transitions * (time_bytes + 1) + count(4) * 6 + count(5) + count(2) * (time_bytes + 4) + types_of_ut;
    return out.block_bytes <= bytes.size() - header_bytes;
}

Outcome<std::string> footer_of(std::string_view bytes) {
    Header header;
    if (!read_header(bytes, 4, header)) return failure("is no TZif file of version 2 or later");
    bytes.remove_prefix(header_bytes + static_cast<std::size_t>(header.block_bytes));
    if (!read_header(bytes, 8, header)) return failure("is no TZif file of version 2 or later");
    if (header.transitions > 0) {
        const std::size_t last = header_bytes + (static_cast<std::size_t>(header.transitions) - 1) * 8;
        if (static_cast<std::int64_t>(number_at(bytes, last, 8)) >= listed_last_s) {
            return failure("has no rule that holds for all years to come");
        }
    }
    bytes.remove_prefix(header_bytes + static_cast<std::size_t>(header.block_bytes));
    const std::size_t end = bytes.find('\n', 1);
    if (bytes.empty() || bytes.front() != '\n' || end == std::string_view::npos) return failure("has no footer");
    const std::string_view rule = bytes.substr(1, end - 1);
    if (!ZoneRule::parse(rule)) return failure("has no rule that holds for all years to come");
    return std::string(rule);
}

}  // namespace

Outcome<std::string> zone_rule_of(const std::string& name, const std::filesystem::path& directory) {
    if (!is_name(name)) return failure("is no name of a time zone");
    const std::filesystem::path path = directory / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return failure("is not in " + directory.string());
    if (std::filesystem::file_size(path, error) > file_bytes_max || error) return failure("cannot be read");
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file) return failure("cannot be read");
    return footer_of(bytes);
}

}  // namespace redshank
