#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "drivers/csv_cells.hpp"
#include "drivers/field_table.hpp"
#include "drivers/payload_decoder.hpp"
#include "drivers/separated_cells.hpp"
#include "drivers/state_word.hpp"
#include "model/fnv1a.hpp"

namespace redshank {

namespace {

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

tl::unexpected<Error> malformed() noexcept {
    return tl::unexpected(Error::not_a_number);
}

class CsvDecoder final : public PayloadDecoder {
public:
    explicit CsvDecoder(const Limits& limits)
        : limits_(limits),
          document_(limits.payload_bytes_max),
          table_(limits.fields_max),
          rows_(limits.fields_max),
          first_line_(limits.fields_max + beside_fields) {
        static_cast<void>(decode({}, {}));  // simdjson chooses its instructions on first use
    }

    Result<Decoded> decode(std::span<const std::byte> payload, const DecodeRequest& request) noexcept override {
        if (payload.size() > limits_.payload_bytes_max) return tl::unexpected(Error::too_large);
        if (!payload.empty()) std::memcpy(document_.data(), payload.data(), payload.size());
        if (!simdjson::validate_utf8(document_.data(), payload.size())) return tl::unexpected(Error::not_utf8);

        request_ = request;
        names_ = request.columns;
        header_alone_names_ = false;
        table_.clear();
        row_ = {};
        row_count_ = 0;
        const Result<void> read = read_text(std::span(document_).first(payload.size()));
        if (!read) return tl::unexpected(read.error());
        return Decoded{.rows = std::span(rows_).first(row_count_)};
    }

    std::size_t bytes() const noexcept override {
        return sizeof *this + document_.capacity() + table_.bytes() + rows_.capacity() * sizeof(DecodedRow) +
               first_line_.capacity() * sizeof(std::string_view);
    }

private:
    static constexpr std::size_t beside_fields = 2;  // columns of a header: time and id

    Result<void> read_text(std::span<char> text) noexcept {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (std::string_view(text.data(), text.size()).starts_with(byte_order_mark)) text = text.subspan(3);
        CsvCells cells(text, separator_of({text.data(), text.size()}));
        bool values = false;
        if (names_.empty()) {
            const Result<bool> first = read_first_line(cells);
            if (!first) return tl::unexpected(first.error());
            values = *first;
        }
        for (; cells.next_line(); values = true) {
            std::size_t column = 0;
            for (std::string_view cell; cells.next_cell(cell);) {
                if (const auto taken = take(column++, cell); !taken) return taken;
            }
            end_row();
        }
        return values && !cells.malformed() ? Result<void>{} : malformed();
    }

    char separator_of(std::string_view text) const noexcept {
        if (request_.separator != '\0') return request_.separator;
        const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
        const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
        return SeparatedCells::find_separator(line, request_.decimal_comma ? ";\t" : ",;\t");
    }

    // Names or values? Of values it is a row, and true.
    Result<bool> read_first_line(CsvCells& cells) noexcept {
        if (!cells.next_line()) return malformed();
        std::size_t count = 0;
        bool values = false;
        bool states_alone = true;
        for (std::string_view cell; cells.next_cell(cell); ++count) {
            if (count == first_line_.size()) return tl::unexpected(Error::too_many_fields);
            first_line_[count] = cell;
            values = values || is_number(cell) || parse_time_ns(cell);
            states_alone = states_alone && (cell.empty() || state_word(cell, request_.states));
        }
        if (cells.malformed()) return malformed();
        if (!values && !states_alone) {
            names_ = std::span(first_line_).first(count);
            header_alone_names_ = request_.fields.empty();
            return false;
        }
        for (std::size_t column = 0; column < count; ++column) {
            if (const auto taken = take(column, first_line_[column]); !taken) return tl::unexpected(taken.error());
        }
        end_row();
        return true;
    }

    Result<void> take(std::size_t column, std::string_view cell) noexcept {
        char digits[20];
        std::string_view name;
        if (names_.empty()) {
            const auto end = std::to_chars(digits, digits + sizeof digits, column + 1).ptr;
            name = {digits, static_cast<std::size_t>(end - digits)};
        } else if (column < names_.size()) {
            name = names_[column];
        } else {
            return cell.empty() ? Result<void>{} : malformed();
        }
        if (name.empty() || cell.empty()) return {};
        if (name == request_.time_field) {
            row_.time_ns = parse_time_ns(cell, request_.times);
            row_.time_unusable = !row_.time_ns;
            return {};
        }
        if (name == request_.id_field) {
            row_.id = fnv1a(cell);
            return {};
        }
        const bool wanted = request_.fields.empty() ? !header_alone_names_ || !contains(left_out_names, name)
                                                    : contains(request_.fields, name);
        return wanted ? keep(name, cell) : Result<void>{};
    }

    Result<void> keep(std::string_view name, std::string_view cell) noexcept {
        const std::optional<Decimal> word = state_word(cell, request_.states);
        const Result<Decimal> value = word ? Result<Decimal>(*word) : number_of(cell);
        if (!value && value.error() == Error::not_a_number) {
            return header_alone_names_ ? Result<void>{} : malformed();
        }
        const bool kept = name.size() <= channel_name_bytes_max ? table_.put(name, value) : table_.put_cut(name);
        return kept ? Result<void>{} : tl::unexpected(Error::too_many_fields);
    }

    bool is_number(std::string_view cell) noexcept {
        const Result<Decimal> value = number_of(cell);
        return value || value.error() == Error::out_of_range;
    }

    Result<Decimal> number_of(std::string_view cell) noexcept {
        if (!request_.decimal_comma) return parse_decimal(cell, DecimalGrammar::plain);
        if (cell.find('.') != std::string_view::npos) return malformed();
        const std::size_t comma = cell.find(',');
        if (comma == std::string_view::npos) return parse_decimal(cell, DecimalGrammar::plain);
        char& mark = document_[static_cast<std::size_t>(cell.data() - document_.data()) + comma];
        mark = '.';
        const Result<Decimal> value = parse_decimal(cell, DecimalGrammar::plain);
        mark = ',';
        return value;
    }

    // There are no more rows with a field than fields.
    void end_row() noexcept {
        row_.fields = table_.row();
        if (!row_.fields.empty()) {
            rows_[row_count_++] = row_;
            table_.begin_row();
        }
        row_ = {};
    }

    Limits limits_;
    std::vector<char> document_;  // the payload: quotes are taken off in place
    FieldTable table_;
    std::vector<DecodedRow> rows_;
    std::size_t row_count_ = 0;
    DecodedRow row_;  // under way
    std::vector<std::string_view> first_line_;
    std::span<const std::string_view> names_;  // of the columns; none: by position
    bool header_alone_names_ = false;          // nobody asked for a column
    DecodeRequest request_;
};

}  // namespace

std::unique_ptr<PayloadDecoder> PayloadDecoder::make_csv(const Limits& limits) {
    return std::make_unique<CsvDecoder>(limits);
}

}  // namespace redshank
