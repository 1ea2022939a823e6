#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace redshank {

// How far local time is from UTC, by one rule for all years. Integers only: neither the C library's times nor the time
// zone of the process has a say.
//   "Z"; "+02:00", "+0200" or "+02", east of Greenwich positive as in ISO 8601; or a rule as in POSIX.1 TZ, where west
//   is positive: "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", dates Mm.w.d, Jn and n, times of transition from -167 to 167
//   hours (RFC 8536, 3.3.1). Daylight saving time needs both of its dates. Units: seconds since 1970-01-01T00:00:00,
//   east positive.
class ZoneRule {
public:
    // Nothing for what is no rule, names like "Europe/Berlin" included: drivers/zone_file.hpp.
    static std::optional<ZoneRule> parse(std::string_view text) noexcept;

    // A local time that comes twice is the first one; one that is left out is taken by the offset before the gap
    // (RFC 5545, 3.3.5).
    std::int64_t utc_of_local(std::int64_t local_s) const noexcept;

    std::int64_t offset_at(std::int64_t utc_s) const noexcept;

private:
    struct Date {
        enum class Kind : std::uint8_t { month_week_day, day_without_leap_day, day_with_leap_day };
        Kind kind = Kind::month_week_day;
        std::int16_t month = 1, week = 1;
        std::int16_t day = 0;        // of the week from Sunday, or of the year: from 1 without leap day, from 0 with it
        std::int32_t time_s = 7200;  // local time, of the offset before
    };
    static std::int64_t local_of(const Date& date, std::int64_t year) noexcept;
    friend class ZoneText;

    std::int32_t standard_s_ = 0;
    std::int32_t daylight_s_ = 0;
    bool has_daylight_ = false;
    Date daylight_from_;
    Date daylight_to_;
};

}  // namespace redshank
