#include "drivers/time_text.hpp"

#include <algorithm>
#include <cstdio>

#include "drivers/civil_days.hpp"

namespace redshank {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// The nanosecond `nanosecond` (0 and up) of a second, when it fits.
std::optional<std::int64_t> joined(std::int64_t second, std::int64_t nanosecond) noexcept {
    if (second < 0 && nanosecond > 0) {
        ++second;
        nanosecond -= second_ns;
    }
    std::int64_t out = 0;
    if (__builtin_mul_overflow(second, second_ns, &out) || __builtin_add_overflow(out, nanosecond, &out)) {
        return std::nullopt;
    }
    return out;
}

bool is_digit(char byte) noexcept {
    return byte >= '0' && byte <= '9';
}

class Cursor {
public:
    explicit Cursor(std::string_view text) noexcept : rest_(text) {}

    bool at_end() const noexcept { return rest_.empty(); }
    bool at_digit() const noexcept { return !rest_.empty() && is_digit(rest_.front()); }

    // One of `any`; '\0' when it is something else.
    char eat(std::string_view any) noexcept {
        if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return '\0';
        const char eaten = rest_.front();
        rest_.remove_prefix(1);
        return eaten;
    }

    // Exactly `count` digits, at most `most`.
    bool number(std::size_t count, int most, int& out) noexcept {
        if (rest_.size() < count) return false;
        out = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(rest_[i])) return false;
            out = out * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return out <= most;
    }

    // One digit or more, of a second.
    bool fraction(std::int64_t& nanosecond) noexcept {
        if (!at_digit()) return false;
        nanosecond = 0;
        std::int64_t place = second_ns / 10;
        for (; at_digit(); rest_.remove_prefix(1), place /= 10) nanosecond += place * (rest_.front() - '0');
        return true;
    }

private:
    std::string_view rest_;
};

// Z, +hh, +hhmm or +hh:mm.
bool read_zone(Cursor& in, std::int64_t& offset_s) noexcept {
    offset_s = 0;
    if (in.eat("Zz") != '\0') return true;
    const char sign = in.eat("+-");
    int hours = 0;
    int minutes = 0;
    if (sign == '\0' || !in.number(2, 23, hours)) return false;
    if (!in.at_end()) {
        in.eat(":");
        if (!in.number(2, 59, minutes)) return false;
    }
    offset_s = std::int64_t{hours * 60 + minutes} * (sign == '-' ? -60 : 60);
    return true;
}

std::optional<std::int64_t> parse_iso(std::string_view text, const ZoneRule& zone) noexcept {
    Cursor in(text);
    int year = 0;
    int month = 0;
    int day = 0;
    if (!in.number(4, 9999, year) || in.eat("-") == '\0' || !in.number(2, 12, month) || in.eat("-") == '\0' ||
        !in.number(2, 31, day) || month == 0 || day == 0 || day > days_of_month(year, month)) {
        return std::nullopt;
    }
    std::int64_t second_of_day = 0;
    std::int64_t nanosecond = 0;
    std::int64_t offset_s = 0;
    bool leap_second = false;
    bool local = in.at_end();
    if (!in.at_end()) {
        int hour = 0;
        int minute = 0;
        int second = 0;
        if (in.eat("Tt ") == '\0' || !in.number(2, 23, hour) || in.eat(":") == '\0' || !in.number(2, 59, minute)) {
            return std::nullopt;
        }
        if (in.eat(":") != '\0') {
            if (!in.number(2, 60, second)) return std::nullopt;
            if (in.eat(".,") != '\0' && !in.fraction(nanosecond)) return std::nullopt;
        }
        local = in.at_end();
        if (!local && (!read_zone(in, offset_s) || !in.at_end())) return std::nullopt;
        second_of_day = (hour * 60 + minute) * 60 + second;
        leap_second = second == 60;
    }
    const std::int64_t local_s = days_from_civil(year, month, day) * day_s + second_of_day;
    const std::int64_t utc_s = local ? zone.utc_of_local(local_s) : local_s - offset_s;
    if (leap_second && utc_s % day_s != 0) return std::nullopt;
    return joined(utc_s, nanosecond);
}

// A decimal as written: digits * 10^exponent; of more than 19 significant digits the rest is cut.
struct Number {
    bool negative = false;
    std::uint64_t digits = 0;
    int count = 0;  // of digits, leading zeros left out
    int exponent = 0;
};

std::optional<Number> parse_number(std::string_view text) noexcept {
    constexpr int digits_max = 19;
    constexpr int exponent_max = 1'000'000;  // more is no time: see parse_epoch
    Number out;
    std::size_t at = 0;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.negative = text[at++] == '-';
    bool point = false;
    bool any = false;
    for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
        if (text[at] == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point) --out.exponent;
        if (out.count == digits_max) {
            ++out.exponent;
            continue;
        }
        out.digits = out.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
        if (out.digits != 0) ++out.count;
    }
    if (!any) return std::nullopt;
    if (at == text.size()) return out;
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (at == text.size()) return std::nullopt;
    int exponent = 0;
    for (; at < text.size(); ++at) {
        if (!is_digit(text[at])) return std::nullopt;
        exponent = std::min(exponent * 10 + (text[at] - '0'), exponent_max);
    }
    out.exponent += down ? -exponent : exponent;
    return out;
}

// Digits from the unit to a nanosecond; by magnitude for a value below 10^whole_digits.
int digits_to_ns(TimeFormat format, int whole_digits) noexcept {
    switch (format) {
        case TimeFormat::seconds:
            return 9;
        case TimeFormat::milliseconds:
            return 6;
        case TimeFormat::microseconds:
            return 3;
        case TimeFormat::nanoseconds:
            return 0;
        default:
            return whole_digits <= 11 ? 9 : whole_digits <= 14 ? 6 : whole_digits <= 17 ? 3 : 0;
    }
}

std::optional<std::int64_t> parse_epoch(std::string_view text, TimeFormat format) noexcept {
    const auto number = parse_number(text);
    if (!number) return std::nullopt;
    if (number->digits == 0) return 0;
    const int whole_digits = number->count + number->exponent;  // the value is below 10^whole_digits
    const int to_ns = digits_to_ns(format, whole_digits);
    if (whole_digits > 19) return std::nullopt;
    std::uint64_t ns = number->digits;
    int exponent = number->exponent + to_ns;
    for (; exponent < 0 && ns != 0; ++exponent) ns /= 10;
    for (; exponent > 0; --exponent) {
        if (__builtin_mul_overflow(ns, std::uint64_t{10}, &ns)) return std::nullopt;
    }
    if (number->negative) {
        if (ns > std::uint64_t{1} << 63) return std::nullopt;
        return static_cast<std::int64_t>(~ns + 1);
    }
    if (ns >= std::uint64_t{1} << 63) return std::nullopt;
    return static_cast<std::int64_t>(ns);
}

}  // namespace

std::optional<std::int64_t> parse_time_ns(std::string_view text, const TimeReading& reading) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(blanks) + 1 - first);
    const bool date = text.size() >= 10 && text[4] == '-' && text[7] == '-';
    if (reading.format == TimeFormat::iso8601 || (reading.format == TimeFormat::any && date)) {
        return parse_iso(text, reading.zone);
    }
    return parse_epoch(text, reading.format);
}

std::string format_utc(std::int64_t time_ns) {
    std::int64_t second = time_ns / second_ns;
    std::int64_t nanosecond = time_ns % second_ns;
    if (nanosecond < 0) {
        nanosecond += second_ns;
        --second;
    }
    const std::int64_t day = (second >= 0 ? second : second - (day_s - 1)) / day_s;
    const int second_of_day = static_cast<int>(second - day * day_s);
    const Civil date = civil_from_days(day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(date.year), date.month, date.day,
                  second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    std::string out = text;
    if (nanosecond != 0) {
        std::snprintf(text, sizeof text, ".%09d", static_cast<int>(nanosecond));
        out += text;
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out + 'Z';
}

}  // namespace redshank
