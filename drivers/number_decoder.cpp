#include <simdjson.h>

#include "drivers/payload_decoder.hpp"
#include "drivers/state_word.hpp"

namespace redshank {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

class NumberDecoder final : public PayloadDecoder {
public:
    explicit NumberDecoder(const Limits& limits) : limits_(limits) {}

    Result<Decoded> decode(std::span<const std::byte> payload, const DecodeRequest& request) noexcept override {
        if (payload.size() > limits_.payload_bytes_max) return tl::unexpected(Error::too_large);
        const std::string_view bytes(reinterpret_cast<const char*>(payload.data()), payload.size());
        if (!simdjson::validate_utf8(bytes.data(), bytes.size())) return tl::unexpected(Error::not_utf8);

        const std::string_view text = trimmed(bytes);
        const std::optional<Decimal> word = state_word(text, request.states);
        field_.value = word ? Result<Decimal>(*word) : parse_decimal(text, DecimalGrammar::plain);
        if (!field_.value && field_.value.error() == Error::not_a_number) return tl::unexpected(Error::not_a_number);

        bool wanted = request.fields.empty();
        for (const std::string_view field : request.fields) wanted = wanted || field == field_.name;
        row_ = {.fields = std::span(&field_, wanted ? 1U : 0U), .time_ns = std::nullopt};
        return Decoded{.rows = std::span(&row_, 1U)};
    }

    std::size_t bytes() const noexcept override { return sizeof *this; }

private:
    Limits limits_;
    DecodedField field_{"value", Decimal{}};
    DecodedRow row_;
};

}  // namespace

std::unique_ptr<PayloadDecoder> PayloadDecoder::make_number(const Limits& limits) {
    return std::make_unique<NumberDecoder>(limits);
}

}  // namespace redshank
