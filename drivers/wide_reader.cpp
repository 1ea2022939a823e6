#include "drivers/wide_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "drivers/line_reader.hpp"
#include "drivers/separated_cells.hpp"
#include "model/decimal.hpp"

namespace redshank {

namespace {

constexpr std::string_view no_time_column = "none";

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_number(std::string_view text, DecimalGrammar grammar) noexcept {
    const auto number = parse_decimal(text, grammar);
    return number || number.error() == Error::out_of_range;
}

// A number of DecimalGrammar::plain as JSON has it.
void append_as_json(std::string_view number, std::string& out) {
    if (number.starts_with('-')) out.push_back('-');
    if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    const auto digits = [&number] {
        const std::string_view run = number.substr(0, number.find_first_not_of("0123456789"));
        number.remove_prefix(run.size());
        return run;
    };
    const std::string_view whole = digits();
    out.append(whole.empty() ? "0" : whole);
    if (number.starts_with('.')) {
        number.remove_prefix(1);
        if (const std::string_view fraction = digits(); !fraction.empty()) out.append(".").append(fraction);
    }
    out.append(number);
}

std::string as_json_string(std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code < 0x20) {
            out.append("\\u00").append({hex_digits[code >> 4U], hex_digits[code & 15U]});
            continue;
        }
        if (byte == '"' || byte == '\\') out.push_back('\\');
        out.push_back(byte);
    }
    return out + '"';
}

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        if (!name.empty()) out.append(out.empty() ? "" : ", ").append(name);
    }
    return out;
}

struct Column {
    std::size_t index;
    std::string key;  // "name": of the JSON object
};

class FileWideReader final : public WideReader {
public:
    FileWideReader(LineReader lines, char separator) : lines_(std::move(lines)), cells_(separator) {}

    Outcome<void> read_header(std::string_view header, const WideOptions& options) {
        if (cells_.quote_open(header, false)) return lines_.fails("a quote in the header is not closed");
        std::vector<std::string> names;
        bool numeric = true;
        for (const std::string_view cell : cells_.split(header)) {
            const std::string_view name = trimmed(cell);
            if (!simdjson::validate_utf8(name.data(), name.size())) return lines_.fails("a column name is not UTF-8");
            if (!name.empty() && std::find(names.begin(), names.end(), name) != names.end()) {
                return lines_.fails("two columns are called '" + std::string(name) + "'");
            }
            numeric = numeric && (name.empty() || is_number(name, DecimalGrammar::plain) || parse_time_ns(name));
            names.emplace_back(name);
        }
        if (numeric) return lines_.fails("the first line holds values, column names are expected there");

        const auto find = [&](const std::string& name) {
            return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
        };
        columns_in_header_ = names.size();
        if (options.time_column != no_time_column) {
            const std::string& wish = options.time_column.empty() ? options.time_column_if_there : options.time_column;
            time_column_ = wish.empty() ? 0 : find(wish);
            if (options.time_column.empty() && time_column_ == names.size()) time_column_ = 0;
            if (time_column_ == names.size()) {
                return lines_.fails("no column '" + options.time_column + "', there are: " + listed(names));
            }
        }
        if (time_column_ < names.size() && names[time_column_] == options.time_column_if_there) times_ = options.times;
        for (const std::string& field : options.fields) {
            if (field.empty() || find(field) == names.size()) {
                return lines_.fails("no column '" + field + "', there are: " + listed(names));
            }
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool asked =
                std::find(options.fields.begin(), options.fields.end(), names[i]) != options.fields.end();
            if (names[i].empty() || i == time_column_ || (!options.fields.empty() && !asked)) continue;
            columns_.push_back({i, as_json_string(names[i]) + ':'});
            fields_.push_back(names[i]);
        }
        if (columns_.empty())
            return lines_.fails("no column is left to read values from, there are: " + listed(names) +
                                " (columns are separated by comma, semicolon or tab)");
        return {};
    }

    Outcome<bool> next(WideRow& row) override {
        if (ended_) return false;
        auto read = read_row(row);
        ended_ = !read || !*read;
        return read;
    }

    const std::vector<std::string>& fields() const noexcept override { return fields_; }
    std::uint64_t numbers() const noexcept override { return numbers_; }
    std::uint64_t ragged_rows() const noexcept override { return ragged_rows_; }
    std::uint64_t bad_stamps() const noexcept override { return bad_stamps_; }

private:
    static constexpr std::size_t record_bytes_max = std::size_t{1} << 20;
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

    // The next record that is not blank; several lines when a quoted cell has some.
    Outcome<bool> read_record(std::string_view& record) {
        do {
            auto read = lines_.next(record);
            if (!read || !*read) return read;
        } while (record.find_first_not_of(' ') == std::string_view::npos);
        if (record.find('"') == std::string_view::npos || !cells_.quote_open(record, false)) return true;

        joined_ = record;
        const std::uint64_t first = lines_.line();
        for (bool open = true; open;) {
            std::string_view line;
            auto read = lines_.next(line);
            if (!read) return read;
            if (!*read || joined_.size() + line.size() > record_bytes_max) {
                return lines_.fails_at(first, "a quote is not closed");
            }
            joined_.append("\n").append(line);
            open = cells_.quote_open(line, true);
        }
        record = joined_;
        return true;
    }

    Outcome<bool> read_row(WideRow& row) {
        std::string_view record;
        auto read = read_record(record);
        if (!read || !*read) return read;
        const std::uint64_t line =
            lines_.line() - static_cast<std::uint64_t>(std::count(record.begin(), record.end(), '\n'));
        const auto& cells = cells_.split(record);
        if (cells.size() != columns_in_header_) ++ragged_rows_;

        if (time_column_ == none) {
            latest_ns_ = rows_ * 1'000'000'000;
            row.timestamp = std::to_string(rows_);
        } else {
            row.timestamp = time_column_ < cells.size() ? cells[time_column_] : std::string_view();
            const auto time_ns = parse_time_ns(row.timestamp, times_);
            if (!time_ns && rows_ == 0) return lines_.fails_at(line, "'" + row.timestamp + "' is no time");
            if (!time_ns) ++bad_stamps_;
            if (time_ns) latest_ns_ = rows_ == 0 ? *time_ns : std::max(latest_ns_, *time_ns);
        }
        ++rows_;
        row.time_ns = latest_ns_;
        row.line = line;
        write_payload(cells, row.payload);
        return true;
    }

    void write_payload(const std::vector<std::string_view>& cells, std::string& out) {
        out.assign(1, '{');
        for (const Column& column : columns_) {
            if (column.index >= cells.size()) continue;
            const std::string_view cell = trimmed(cells[column.index]);
            if (cell.empty()) continue;
            const bool json = is_number(cell, DecimalGrammar::json);
            if (!json && !is_number(cell, DecimalGrammar::plain)) continue;
            ++numbers_;
            if (out.size() > 1) out.push_back(',');
            out.append(column.key);
            if (json) {
                out.append(cell);
            } else {
                append_as_json(cell, out);
            }
        }
        out.push_back('}');
    }

    LineReader lines_;
    SeparatedCells cells_;
    std::vector<Column> columns_;
    std::vector<std::string> fields_;
    std::size_t columns_in_header_ = 0;
    std::size_t time_column_ = none;
    TimeReading times_;
    std::string joined_;
    std::int64_t rows_ = 0;
    std::int64_t latest_ns_ = 0;
    std::uint64_t numbers_ = 0;
    std::uint64_t ragged_rows_ = 0;
    std::uint64_t bad_stamps_ = 0;
    bool ended_ = false;
};

}  // namespace

Outcome<std::unique_ptr<WideReader>> WideReader::open(const std::filesystem::path& path, const WideOptions& options) {
    auto lines = LineReader::open(path);
    if (!lines) return failure(lines.error());
    std::string_view header;
    do {
        auto read = lines->next(header);
        if (!read) return failure(read.error());
        if (!*read) return lines->fails_at(1, "the file is empty, column names are expected in its first line");
    } while (trimmed(header).empty());
    const std::string kept(header);
    auto reader = std::make_unique<FileWideReader>(std::move(*lines), SeparatedCells::find_separator(kept));
    if (auto read = reader->read_header(kept, options); !read) return failure(read.error());
    return reader;
}

std::string stem(const std::filesystem::path& path) {
    return path.stem().string();
}

}  // namespace redshank
