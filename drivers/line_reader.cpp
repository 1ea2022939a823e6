#include "drivers/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace redshank {

Outcome<LineReader> LineReader::open(const std::filesystem::path& path) {
    File file(std::fopen(path.c_str(), "rbe"));
    if (!file) return failure(path.string() + ": " + std::generic_category().message(errno));
    LineReader out(path.string(), std::move(file));
    if (const auto filled = out.fill(); !filled) return failure(filled.error());
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (std::string_view(out.buffer_.data(), out.end_).starts_with(byte_order_mark))
        out.begin_ = byte_order_mark.size();
    return out;
}

LineReader::LineReader(std::string name, File file)
    : name_(std::move(name)), file_(std::move(file)), buffer_(std::size_t{256} << 10) {}

Outcome<void> LineReader::fill() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (end_ == buffer_.size()) {
        if (end_ >= line_bytes_max) return fails_at(line_ + 1, "the line is longer than 16 MiB");
        buffer_.resize(2 * end_);
    }
    end_ += std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_.get());
    if (std::ferror(file_.get()) != 0) return failure(name_ + ": " + std::generic_category().message(errno));
    all_read_ = std::feof(file_.get()) != 0;
    return {};
}

Outcome<bool> LineReader::next(std::string_view& line) {
    std::size_t searched = 0;
    const char* newline = nullptr;
    for (;;) {
        const char* const from = buffer_.data() + begin_ + searched;
        searched = end_ - begin_;
        const auto left = static_cast<std::size_t>(buffer_.data() + end_ - from);
        newline = static_cast<const char*>(std::memchr(from, '\n', left));
        if (newline != nullptr || all_read_) break;
        if (const auto filled = fill(); !filled) return failure(filled.error());
    }
    if (newline == nullptr && begin_ == end_) return false;
    const char* const start = buffer_.data() + begin_;
    const char* const stop = newline != nullptr ? newline : buffer_.data() + end_;
    line = std::string_view(start, static_cast<std::size_t>(stop - start));
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin_ = newline != nullptr ? static_cast<std::size_t>(newline + 1 - buffer_.data()) : end_;
    ++line_;
    return true;
}

tl::unexpected<std::string> LineReader::fails_at(std::uint64_t line, std::string_view why) const {
    return failure(name_ + ':' + std::to_string(line) + ": " + std::string(why));
}

}  // namespace redshank
