#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "drivers/time_text.hpp"
#include "model/outcome.hpp"

namespace redshank {

struct WideOptions {
    std::string time_column;             // empty: the first column; "none": one row is one second
    std::string time_column_if_there{};  // in place of the first column, where the header has it
    TimeReading times{};                 // of that column
    std::vector<std::string> fields;     // columns by name, the time is none; empty: every column but the time
};

struct WideRow {
    std::string timestamp;     // as written, without its quotes; the row's index with "none"
    std::int64_t time_ns = 0;  // running maximum of the stamps; index * 1 s with "none"
    std::string payload;       // JSON object of the row's numbers, in the order of the file
    std::uint64_t line = 0;    // where the row begins, from 1
};

// Reads a text file with a header and one row of values per line, as it goes: memory does not grow with the file.
//   Separator: comma, semicolon or tab, whichever the header has most of. Quotes as in RFC 4180; a byte order mark,
//   CRLF, a missing last newline and blank lines are taken in stride. Columns without a name are passed over.
//   Values: numbers as written where JSON admits them, else rewritten ("+3", ".5", "1.", "007"); any other cell, NaN
//   and empty ones included, is not in the payload.
//   Failures name file and line; after one the reader is at its end.
class WideReader {
public:
    static Outcome<std::unique_ptr<WideReader>> open(const std::filesystem::path& path, const WideOptions& options);
    virtual ~WideReader() = default;

    virtual Outcome<bool> next(WideRow& row) = 0;                         // false at the end
    virtual const std::vector<std::string>& fields() const noexcept = 0;  // names, in the order of the file
    virtual std::uint64_t numbers() const noexcept = 0;                   // cells that are one, so far
    virtual std::uint64_t ragged_rows() const noexcept = 0;               // more or fewer cells than the header
    virtual std::uint64_t bad_stamps() const noexcept = 0;                // not a time: the running maximum stood
};

// The file's name without folder and extension: the topic that a wide file acts as.
std::string stem(const std::filesystem::path& path);

}  // namespace redshank
