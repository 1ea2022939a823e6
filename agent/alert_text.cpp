#include "agent/alert_text.hpp"

#include <array>
#include <charconv>

namespace redshank {

namespace {

template <class Into, class Number>
void append_digits(Into& text, Number number) noexcept {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    text.append({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

}  // namespace

AlertIdText alert_id_text(const AlertId& id) noexcept {
    AlertIdText text;
    append_digits(text, id.boot);
    text.append("-");
    append_digits(text, id.position);
    text.append("-");
    append_digits(text, id.ordinal);
    return text;
}

NumberText number_text(double number) noexcept {
    NumberText text;
    append_digits(text, number);
    return text;
}

NumberText number_text(std::int64_t number) noexcept {
    NumberText text;
    append_digits(text, number);
    return text;
}

std::string_view name_of(AlertState state) noexcept {
    return state == AlertState::firing ? "firing" : "clear";
}

std::string_view name_of(Severity severity) noexcept {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::critical:
            break;
    }
    return "critical";
}

}  // namespace redshank
