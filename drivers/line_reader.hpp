#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.hpp"

namespace redshank {

// The lines of a text file, one after the other, in memory that does not grow with the file. Ends of line are LF or
// CRLF, the last one may be missing; a byte order mark is passed over.
class LineReader {
public:
    static constexpr std::size_t line_bytes_max = 16U << 20;

    static Outcome<LineReader> open(const std::filesystem::path& path);

    // False at the end. `line` holds until the next call.
    Outcome<bool> next(std::string_view& line);

    std::uint64_t line() const noexcept { return line_; }  // number of the line handed out last, from 1
    tl::unexpected<std::string> fails(std::string_view why) const { return fails_at(line_, why); }
    tl::unexpected<std::string> fails_at(std::uint64_t line, std::string_view why) const;  // "file:line: why"

private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
    };
    using File = std::unique_ptr<std::FILE, Close>;

    LineReader(std::string name, File file);
    Outcome<void> fill();

    std::string name_;
    File file_;
    std::vector<char> buffer_;  // [begin_, end_) is read and not handed out
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t line_ = 0;
    bool all_read_ = false;
};

}  // namespace redshank
