#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/outcome.hpp"

namespace redshank {

// Texts with a unit, as the configuration and the command line take them. A failure is a sentence for people.

// "10s", "500ms", "1m30s", "2h", "7d": whole numbers, units d h m s ms, each at most once, in falling order; ns.
Outcome<std::int64_t> parse_duration(std::string_view text);
std::string format_duration(std::int64_t ns);  // the same grammar; ns a multiple of 1 ms

// "64MiB", "64KiB", "1GiB" are powers of 1024; "8MB", "8kB", "1GB" powers of 1000; "512B"; bytes.
Outcome<std::int64_t> parse_size(std::string_view text);
std::string format_size(std::int64_t bytes);  // in the largest unit of 1024 that divides it

// "ewma:0.2" with a factor in (0, 1]: the factor as a fraction of 2^16, nearest, at least 1; or "median:5", an odd
// number of readings from 3 to 15.
struct Smoothing {
    std::uint32_t alpha_q16 = 65536;
    std::uint8_t median_readings = 0;
};
Outcome<Smoothing> parse_smoothing(std::string_view text);

// mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; a host may be a name, an IPv4 address or an IPv6 address in brackets
// (which stay).
struct BrokerAddress {
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
};
Outcome<BrokerAddress> parse_broker_url(std::string_view url);

// How far two words are apart: insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace redshank
