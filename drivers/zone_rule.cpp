#include "drivers/zone_rule.hpp"

#include <algorithm>
#include <array>

#include "drivers/civil_days.hpp"

namespace redshank {

namespace {

bool is_digit(char byte) noexcept {
    return byte >= '0' && byte <= '9';
}

bool is_letter(char byte) noexcept {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

constexpr std::int64_t floor_divided(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

class ZoneText {
public:
    explicit ZoneText(std::string_view text) noexcept : rest_(text) {}

    std::optional<ZoneRule> fixed() noexcept {
        ZoneRule rule;
        if (rest_ == "Z" || rest_ == "z") return rule;
        const int sign = eat('+') ? 1 : eat('-') ? -1 : 0;
        int hours = 0;
        int minutes = 0;
        if (sign == 0 || !number(2, 2, 23, hours)) return std::nullopt;
        if (!rest_.empty()) {
            eat(':');
            if (!number(2, 2, 59, minutes)) return std::nullopt;
        }
        rule.standard_s_ = sign * (hours * 60 + minutes) * 60;
        return rest_.empty() ? std::optional(rule) : std::nullopt;
    }

    std::optional<ZoneRule> posix() noexcept {
        ZoneRule rule;
        std::int32_t west_s = 0;
        if (!name() || !clock(24, west_s)) return std::nullopt;
        rule.standard_s_ = -west_s;
        if (rest_.empty()) return rule;
        if (!name()) return std::nullopt;
        rule.has_daylight_ = true;
        rule.daylight_s_ = rule.standard_s_ + 3600;
        if (!rest_.empty() && rest_.front() != ',') {
            if (!clock(24, west_s)) return std::nullopt;
            rule.daylight_s_ = -west_s;
        }
        if (!eat(',') || !date(rule.daylight_from_) || !eat(',') || !date(rule.daylight_to_)) return std::nullopt;
        return rest_.empty() ? std::optional(rule) : std::nullopt;
    }

private:
    bool eat(char byte) noexcept {
        if (rest_.empty() || rest_.front() != byte) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool number(std::size_t least, std::size_t most, int high, int& out) noexcept {
        std::size_t count = 0;
        out = 0;
        for (; count < rest_.size() && count < most && is_digit(rest_[count]); ++count) {
            out = out * 10 + (rest_[count] - '0');
        }
        rest_.remove_prefix(count);
        return count >= least && out <= high;
    }

    // Three letters or more, or three signs or more in < and >.
    bool name() noexcept {
        const bool quoted = eat('<');
        std::size_t count = 0;
        const auto fits = [quoted](char byte) {
            return is_letter(byte) || (quoted && (is_digit(byte) || byte == '+' || byte == '-'));
        };
        while (count < rest_.size() && fits(rest_[count])) ++count;
        rest_.remove_prefix(count);
        return count >= 3 && (!quoted || eat('>'));
    }

    // [+-]hh[:mm[:ss]]
    bool clock(int hours_high, std::int32_t& out) noexcept {
        const int sign = eat('-') ? -1 : 1;
        if (sign > 0) eat('+');
        int hours = 0;
        int minutes = 0;
        int seconds = 0;
        if (!number(1, 3, hours_high, hours)) return false;
        if (eat(':')) {
            if (!number(2, 2, 59, minutes)) return false;
            if (eat(':') && !number(2, 2, 59, seconds)) return false;
        }
        out = sign * ((hours * 60 + minutes) * 60 + seconds);
        return true;
    }

    bool date(ZoneRule::Date& date) noexcept {
        using Kind = ZoneRule::Date::Kind;
        int month = 1;
        int week = 1;
        int day = 0;
        if (eat('M')) {
            date.kind = Kind::month_week_day;
            if (!number(1, 2, 12, month) || month == 0 || !eat('.') || !number(1, 1, 5, week) || week == 0 ||
                !eat('.') || !number(1, 1, 6, day)) {
                return false;
            }
        } else if (eat('J')) {
            date.kind = Kind::day_without_leap_day;
            if (!number(1, 3, 365, day) || day == 0) return false;
        } else {
            date.kind = Kind::day_with_leap_day;
            if (!number(1, 3, 365, day)) return false;
        }
        date.month = static_cast<std::int16_t>(month);
        date.week = static_cast<std::int16_t>(week);
        date.day = static_cast<std::int16_t>(day);
        return !eat('/') || clock(167, date.time_s);
    }

    std::string_view rest_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) noexcept {
    if (const auto fixed = ZoneText(text).fixed()) return fixed;
    return ZoneText(text).posix();
}

std::int64_t ZoneRule::local_of(const Date& date, std::int64_t year) noexcept {
    const std::int64_t first = days_from_civil(year, 1, 1);
    std::int64_t days = first + date.day;
    if (date.kind == Date::Kind::day_without_leap_day) {
        constexpr int last_of_february = 59;
        days = first + date.day - 1 + (is_leap_year(year) && date.day > last_of_february ? 1 : 0);
    } else if (date.kind == Date::Kind::month_week_day) {
        const std::int64_t of_month = days_from_civil(year, date.month, 1);
        const std::int64_t weekday = of_month + 4 - 7 * floor_divided(of_month + 4, 7);  // 1970-01-01 was a Thursday
        std::int64_t day = (date.day - weekday + 7) % 7 + std::int64_t{date.week - 1} * 7;
        while (day >= days_of_month(year, date.month)) day -= 7;  // the fifth is the last
        days = of_month + day;
    }
    return days * day_s + date.time_s;
}

std::int64_t ZoneRule::offset_at(std::int64_t utc_s) const noexcept {
    if (!has_daylight_) return standard_s_;
    const std::int64_t year = civil_from_days(floor_divided(utc_s + standard_s_, day_s)).year;
    // The transition before decides; of two at once, the beginning of daylight saving time, which then never ends.
    std::int64_t before = INT64_MIN;
    bool daylight = false;
    for (std::int64_t each = year - 1; each <= year + 1; ++each) {
        const std::int64_t to = local_of(daylight_to_, each) - daylight_s_;
        const std::int64_t from = local_of(daylight_from_, each) - standard_s_;
        if (to <= utc_s && to > before) {
            before = to;
            daylight = false;
        }
        if (from <= utc_s && from >= before) {
            before = from;
            daylight = true;
        }
    }
    return daylight ? daylight_s_ : standard_s_;
}

std::int64_t ZoneRule::utc_of_local(std::int64_t local_s) const noexcept {
    if (!has_daylight_) return local_s - standard_s_;
    const std::int64_t more = std::max(standard_s_, daylight_s_);
    const std::int64_t less = std::min(standard_s_, daylight_s_);
    return offset_at(local_s - more) == more ? local_s - more : local_s - less;
}

}  // namespace redshank
