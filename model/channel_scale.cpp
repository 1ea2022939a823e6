#include "model/channel_scale.hpp"

#include <algorithm>
#include <compare>

#include "model/int128.hpp"
#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr std::uint64_t raw_limit = std::uint64_t{1} << 53;
constexpr std::uint64_t rescale_limit = std::uint64_t{1} << 62;
constexpr int headroom_places = 3;

// The finest exponent at which `largest` (not negative) times 1000 stays below 2^53; at least 0.
int finest_exponent(const Decimal& largest) noexcept {
    if (largest.mantissa == 0) return exponent_max;
    auto mantissa = static_cast<std::uint64_t>(largest.mantissa);
    int power = 0;  // the largest with mantissa * 10^power < 2^53
    if (mantissa < raw_limit) {
        for (mantissa *= 10; mantissa < raw_limit; mantissa *= 10) ++power;
    } else {
        std::uint64_t limit = raw_limit;
        for (; mantissa >= limit; limit *= 10) --power;
    }
    return std::clamp(power + largest.scale - headroom_places, 0, static_cast<int>(exponent_max));
}

struct Rescaled {
    std::uint64_t size = 0;
    bool exact = true;
};
// size * 10^change, half to even; `limit` where it would be more.
Rescaled rescale_size(std::uint64_t size, int change, std::uint64_t limit) noexcept {
    if (change <= 0) {
        const RoundedQuotient shorter = divide_by_power_of_ten(size, static_cast<unsigned>(-change));
        return {std::min(shorter.quotient, limit), shorter.exact};
    }
    if (size == 0) return {0, true};
    const auto power = static_cast<std::size_t>(change);
    if (power >= powers_of_ten.size() || size > limit / powers_of_ten[power]) return {limit, true};
    return {size * powers_of_ten[power], true};
}

std::int64_t signed_of(std::uint64_t size, bool negative) noexcept {
    const auto value = static_cast<std::int64_t>(size);
    return negative ? -value : value;
}

}  // namespace

Result<ChannelScale::Raw> ChannelScale::to_raw(const Decimal& value) noexcept {
    const std::uint64_t size = magnitude(value.mantissa);
    const Decimal absolute{static_cast<std::int64_t>(size), value.scale, false};
    const bool grows =
        std::is_gt(compare_decimal(absolute.mantissa, absolute.scale, largest_.mantissa, largest_.scale));
    const Decimal& largest = grows ? absolute : largest_;

    int exponent = exponent_;
    if (fixed_ >= 0) {
        exponent = fixed_;
    } else if (readings_seen_ < settling_readings) {
        exponent = std::min(std::max<int>(exponent_, value.scale), finest_exponent(largest));
    } else if (value.scale > exponent_) {
        exponent = std::max<int>(exponent_, std::min<int>(value.scale, finest_exponent(largest)));
    }

    const Rescaled raw = rescale_size(size, exponent - value.scale, raw_limit);
    if (raw.size >= raw_limit) return tl::unexpected(Error::out_of_range);

    Raw out;
    out.raw = signed_of(raw.size, value.mantissa < 0);
    out.exponent_change = static_cast<std::int8_t>(exponent - exponent_);
    out.first = readings_seen_ == 0;
    out.rounded = value.rounded || !raw.exact;

    exponent_ = static_cast<std::uint8_t>(exponent);
    if (grows) largest_ = absolute;
    if (readings_seen_ < settling_readings) ++readings_seen_;
    if (out.rounded) ++rounded_count_;
    return out;
}

std::int64_t ChannelScale::setting_to_raw(const Decimal& value) const noexcept {
    const Rescaled raw = rescale_size(magnitude(value.mantissa), exponent_ - value.scale, raw_limit);
    return signed_of(raw.size, value.mantissa < 0);
}

void ChannelScale::write(ByteWriter& out) const noexcept {
    out.put(exponent_);
    out.put(readings_seen_);
    out.put(largest_.mantissa);
    out.put(largest_.scale);
    out.put(rounded_count_);
}

void ChannelScale::read(ByteReader& in) noexcept {
    exponent_ = in.get<std::uint8_t>();
    readings_seen_ = in.get<std::uint8_t>();
    largest_ = Decimal{};
    largest_.mantissa = in.get<std::int64_t>();
    largest_.scale = in.get<std::uint8_t>();
    rounded_count_ = in.get<std::uint64_t>();
    const bool possible = exponent_ <= exponent_max && readings_seen_ <= settling_readings &&
                          largest_.scale <= exponent_max && largest_.mantissa >= 0 &&
                          magnitude(largest_.mantissa) < powers_of_ten[18];
    if (in.ok() && possible) return;
    *this = ChannelScale{};
    in.get_bytes(SIZE_MAX);
}

std::int64_t rescale(std::int64_t raw, int change) noexcept {
    return signed_of(rescale_size(magnitude(raw), change, rescale_limit).size, raw < 0);
}

}  // namespace redshank
