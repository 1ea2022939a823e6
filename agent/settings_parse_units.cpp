#include "agent/settings_parse_units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "model/decimal.hpp"
#include "model/recent.hpp"

namespace redshank {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::int64_t ms = 1'000'000;
constexpr std::array<Unit, 5> time_units{
    {{"d", 86'400'000 * ms}, {"h", 3'600'000 * ms}, {"m", 60'000 * ms}, {"s", 1000 * ms}, {"ms", ms}}};
constexpr std::array<Unit, 9> size_units{{{"TiB", std::int64_t{1} << 40},
                                          {"GiB", 1 << 30},
                                          {"MiB", 1 << 20},
                                          {"KiB", 1 << 10},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1000},
                                          {"KB", 1000},
                                          {"B", 1}}};

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

struct Term {
    std::int64_t amount = 0;
    std::size_t unit = 0;  // index into the units
};

// One number and its unit from the front of `text`.
Outcome<Term> take_term(std::string_view& text, std::span<const Unit> units, std::string_view example) {
    Term term;
    const auto number = std::from_chars(text.data(), text.data() + text.size(), term.amount);
    if (number.ec == std::errc::result_out_of_range) return failure("is too large");
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (number.ec != std::errc() || !is_digit(text.front())) {
        return failure("must be a whole number and a unit, like " + std::string(example));
    }
    text.remove_prefix(static_cast<std::size_t>(number.ptr - text.data()));
    const auto end = std::find_if(text.begin(), text.end(), is_digit);
    const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
    if (unit == units.end()) {
        if (name.empty()) return failure("needs a unit, like " + std::string(example));
        return failure("has no such unit: \"" + std::string(name) + "\" (write it like " + std::string(example) + ")");
    }
    text.remove_prefix(name.size());
    term.unit = static_cast<std::size_t>(unit - units.begin());
    if (term.amount > largest / unit->factor) return failure("is too large");
    term.amount *= unit->factor;
    return term;
}

}  // namespace

Outcome<std::int64_t> parse_duration(std::string_view text) {
    std::int64_t sum = 0;
    std::size_t first_unit = 0;  // units still allowed begin here
    do {
        const Outcome<Term> term = take_term(text, time_units, "\"10s\", \"500ms\" or \"1m30s\"");
        if (!term) return tl::unexpected(term.error());
        if (term->unit < first_unit) return failure("must have its units in the order d h m s ms, each once");
        if (term->amount > largest - sum) return failure("is too large");
        first_unit = term->unit + 1;
        sum += term->amount;
    } while (!text.empty());
    return sum;
}

std::string format_duration(std::int64_t ns) {
    std::string text;
    for (const Unit& unit : time_units) {
        if (ns >= unit.factor) text += std::to_string(ns / unit.factor) + std::string(unit.name);
        ns %= unit.factor;
    }
    return text.empty() ? "0s" : text;
}

Outcome<std::int64_t> parse_size(std::string_view text) {
    const Outcome<Term> term = take_term(text, size_units, "\"64MiB\", \"64KiB\" or \"8MB\"");
    if (!term) return tl::unexpected(term.error());
    if (!text.empty()) return failure("must be one number and one unit, like \"64MiB\"");
    return term->amount;
}

std::string format_size(std::int64_t bytes) {
    for (const Unit& unit : std::span(size_units).first(4)) {
        if (bytes >= unit.factor && bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(bytes) + "B";
}

Outcome<Smoothing> parse_smoothing(std::string_view text) {
    constexpr std::string_view ewma = "ewma:";
    constexpr std::string_view median = "median:";
    if (text.starts_with(median)) {
        const std::string_view digits = text.substr(median.size());
        Smoothing smoothing;
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), smoothing.median_readings);
        const bool whole = end.ec == std::errc() && end.ptr == digits.data() + digits.size();
        const std::uint8_t readings = smoothing.median_readings;
        if (whole && readings >= 3 && readings <= Recent::most && readings % 2 == 1) return smoothing;
        return failure("must have an odd number of readings from 3 to 15, like \"median:5\"");
    }
    if (!text.starts_with(ewma)) return failure("must be \"ewma:FACTOR\", like \"ewma:0.2\", or \"median:READINGS\"");
    const Result<Decimal> factor = parse_decimal(text.substr(ewma.size()), DecimalGrammar::plain);
    if (!factor) return failure("must be \"ewma:FACTOR\" with a number, like \"ewma:0.2\"");
    double alpha = static_cast<double>(factor->mantissa);
    for (unsigned i = 0; i < factor->scale; ++i) alpha /= 10;
    if (alpha <= 0 || alpha > 1) return failure("must have a factor above 0 and at most 1");
    const auto alpha_q16 = static_cast<std::uint32_t>(std::floor(alpha * 65536 + 0.5));
    return Smoothing{.alpha_q16 = std::max(std::uint32_t{1}, alpha_q16)};
}

Outcome<BrokerAddress> parse_broker_url(std::string_view url) {
    constexpr std::string_view plain = "mqtt://";
    constexpr std::string_view encrypted = "mqtts://";
    constexpr const char* forms = "must be mqtt://HOST, mqtts://HOST or one of these with :PORT";
    BrokerAddress address;
    address.tls = url.starts_with(encrypted);
    if (address.tls) address.port = 8883;
    if (!address.tls && !url.starts_with(plain)) return failure(forms);
    url.remove_prefix(address.tls ? encrypted.size() : plain.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    if (url.find('@') != std::string_view::npos) {
        return failure("must not hold a user: that is said by username and password_file");
    }
    const std::size_t host_end = url.starts_with('[') ? url.find(']') + 1 : std::min(url.find(':'), url.size());
    const std::string_view host = url.substr(0, host_end);
    const bool six = host.starts_with('[');
    if (host.empty() || host.size() > 255 || (six && host.size() < 4)) return failure("names no host");
    const std::string_view letters = six ? "[]:.%" : "-._";
    for (const char c : host) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && letters.find(c) == std::string_view::npos) {
            return failure(forms);
        }
    }
    address.host = host;
    url.remove_prefix(host_end);
    if (url.empty()) return address;
    const auto port = std::from_chars(url.data() + 1, url.data() + url.size(), address.port);
    if (url.front() != ':' || port.ec != std::errc() || port.ptr != url.data() + url.size() || address.port == 0) {
        return failure("must have a port from 1 to 65535 after the host");
    }
    return address;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace redshank
