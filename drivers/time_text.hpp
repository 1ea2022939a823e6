#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/zone_rule.hpp"

namespace redshank {

enum class TimeFormat : std::uint8_t { any, iso8601, seconds, milliseconds, microseconds, nanoseconds };

// What is known of how times are written.
struct TimeReading {
    TimeFormat format = TimeFormat::any;
    ZoneRule zone{};  // of times written without one
};

// Times as devices and files write them; ns since 1970-01-01T00:00:00Z, 1677-09-21 to 2262-04-11. Neither the locale
// nor the time zone of the process has a say.
//   ISO 8601: "2014-04-01", "2014-04-01T00:00", "2014-04-01 00:00:00.5+02:00"; zone Z, +hh, +hhmm or +hh:mm, none is
//       that of the reading, UTC by default. Digits of a second beyond the ninth are cut. 23:59:60 UTC is the first
//       second of the next day.
//   Epoch: seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else nanoseconds, by magnitude
//       unless the reading names the unit; whole, with a fraction, or with an exponent ("1.5e9"). What is finer than a
//       nanosecond is cut.
// Anything else, dates that do not exist included, is no time. Blanks around are passed over.
std::optional<std::int64_t> parse_time_ns(std::string_view text, const TimeReading& reading = {}) noexcept;

// "2014-04-01T00:00:00Z", with as many digits of a second as there are: parse_time_ns gives `time_ns` back.
std::string format_utc(std::int64_t time_ns);

}  // namespace redshank
