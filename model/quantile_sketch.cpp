#include "model/quantile_sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/exact_ratio.hpp"
#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr unsigned fraction_bits = 6;  // 64 bins to a power of two
constexpr int exponent_offset = 200;
constexpr std::uint8_t level_max = 15;
constexpr unsigned power_bits_max = 57;  // with 7 bits of a quotient: 64

// floor(size / 10^places * 2^shift), of which 7 bits are asked for.
struct Leading {
    std::uint64_t bits = 0;  // 64 to 127
    int exponent = 0;        // of two, of the value
};

// size > 0, and divided by a power of ten below 2^57.
Leading leading_bits(std::uint64_t size, std::uint64_t power) noexcept {
    const int size_width = static_cast<int>(std::bit_width(size));
    const int power_width = static_cast<int>(std::bit_width(power));
    int shift = static_cast<int>(fraction_bits) + 1 + power_width - size_width;
    // Of this width the quotient has 7 or 8 bits. floor(floor(a / 2^k) / b) = floor(a / (2^k b)).
    std::uint64_t quotient = (shift >= 0 ? size << shift : size >> -shift) / power;
    if (quotient >= 128) {
        --shift;
        quotient = (shift >= 0 ? size << shift : size >> -shift) / power;
    }
    return {quotient, static_cast<int>(fraction_bits) - shift};
}

Leading leading_bits(std::uint64_t size, std::uint8_t places) noexcept {
    constexpr unsigned places_at_once = 17;  // 10^17 < 2^57
    static_assert(powers_of_ten[places_at_once] >> power_bits_max == 0);
    if (places == 0) {
        const int width = static_cast<int>(std::bit_width(size));
        const int shift = static_cast<int>(fraction_bits) + 1 - width;
        return {shift >= 0 ? size << shift : size >> -shift, width - 1};
    }
    if (places <= places_at_once) return leading_bits(size, powers_of_ten[places]);
    // Finer than any reading is written, so slowly: the largest 7 bits whose product with the power is not above.
    UInt256 power = UInt256::of({1, 0});
    for (std::uint8_t i = 0; i < places; ++i) power = multiply(power, 10);
    const auto shifted = [size](int shift) {
        UInt256 wide = UInt256::of({size, 0});
        for (; shift > 0; shift -= 32) wide = multiply(wide, std::uint64_t{1} << std::min(shift, 32));
        return wide;
    };
    int exponent = 5;  // 2^62 / 10^18 is below 2^6
    while (shifted(static_cast<int>(fraction_bits) - exponent) < multiply(power, 64)) --exponent;
    const UInt256 wide = shifted(static_cast<int>(fraction_bits) - exponent);
    std::uint64_t bits = 64;
    for (std::uint64_t step = 32; step > 0; step /= 2) {
        if (!(wide < multiply(power, bits + step))) bits += step;
    }
    return {bits, exponent};
}

std::int16_t key_of(std::int64_t raw, std::uint8_t exponent, std::uint8_t level) noexcept {
    if (raw == 0) return 0;
    const Leading leading = leading_bits(magnitude(raw), exponent);
    const int index =
        ((leading.exponent + exponent_offset) << fraction_bits | static_cast<int>(leading.bits & 63U)) >> level;
    return static_cast<std::int16_t>(raw < 0 ? -1 - index : 1 + index);
}

std::int16_t coarser(std::int16_t key) noexcept {
    if (key == 0) return 0;
    const int index = (key < 0 ? -key - 1 : key - 1) >> 1;
    return static_cast<std::int16_t>(key < 0 ? -1 - index : 1 + index);
}

// The lower end of a bin's values by size, of the finest index.
double size_at(int index) noexcept {
    const int exponent = (index >> fraction_bits) - exponent_offset;
    return std::ldexp(1.0 + static_cast<double>(index & 63) / 64, exponent);
}

std::uint32_t saturating_sum(std::uint32_t a, std::uint32_t b) noexcept {
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

void put_number(std::uint64_t number, ByteWriter& out) noexcept {
    for (; number >= 0x80; number >>= 7) out.put(static_cast<std::uint8_t>(number | 0x80U));
    out.put(static_cast<std::uint8_t>(number));
}

std::uint64_t get_number(ByteReader& in) noexcept {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const auto byte = in.get<std::uint8_t>();
        number |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if ((byte & 0x80U) == 0) return number;
    }
    in.get_bytes(SIZE_MAX);
    return 0;
}

}  // namespace

bool operator==(const QuantileSketch& a, const QuantileSketch& b) noexcept {
    return a.level_ == b.level_ &&
           std::ranges::equal(a.bins(), b.bins(), [](const QuantileSketch::Bin& x, const QuantileSketch::Bin& y) {
               return x.key == y.key && x.count == y.count;
           });
}

void QuantileSketch::put(std::int16_t key, std::uint32_t count) noexcept {
    const auto begin = bins_.begin();
    const auto end = begin + used_;
    const auto at =
        std::lower_bound(begin, end, key, [](const Bin& bin, std::int16_t wanted) { return bin.key < wanted; });
    if (at != end && at->key == key) {
        at->count = saturating_sum(at->count, count);
        return;
    }
    std::move_backward(at, end, end + 1);
    *at = {key, count};
    if (++used_ > bins_max) coarsen();
}

void QuantileSketch::coarsen() noexcept {
    do {
        ++level_;
        std::uint8_t kept = 0;
        for (std::uint8_t i = 0; i < used_; ++i) {
            const Bin bin{coarser(bins_[i].key), bins_[i].count};
            if (kept > 0 && bins_[kept - 1U].key == bin.key) {
                bins_[kept - 1U].count = saturating_sum(bins_[kept - 1U].count, bin.count);
            } else {
                bins_[kept++] = bin;
            }
        }
        used_ = kept;
    } while (used_ > bins_max);
}

void QuantileSketch::add(std::int64_t raw, std::uint8_t exponent) noexcept {
    put(key_of(raw, exponent, level_), 1);
}

void QuantileSketch::merge(const QuantileSketch& other) noexcept {
    while (level_ < other.level_) coarsen();
    for (const Bin& bin : other.bins()) {
        // put may make this one coarser between two bins.
        std::int16_t key = bin.key;
        for (std::uint8_t level = other.level_; level < level_; ++level) key = coarser(key);
        put(key, bin.count);
    }
}

double QuantileSketch::quantile(double share) const noexcept {
    std::uint64_t total = 0;
    for (const Bin& bin : bins()) total += bin.count;
    if (total == 0) return 0;
    const double clamped = std::clamp(share, 0.0, 1.0);
    const auto rank = static_cast<std::uint64_t>(clamped * static_cast<double>(total - 1));
    std::uint64_t below = 0;
    for (const Bin& bin : bins()) {
        below += bin.count;
        if (below <= rank) continue;
        if (bin.key == 0) return 0;
        const int index = bin.key < 0 ? -bin.key - 1 : bin.key - 1;
        const double low = size_at(index << level_);
        const double high = size_at((index + 1) << level_);
        // The value that is as far from both ends, in shares of them.
        const double middle = 2 * low * high / (low + high);
        return bin.key < 0 ? -middle : middle;
    }
    return 0;
}

double QuantileSketch::relative_error() const noexcept {
    // (high - low) / (high + low) of the widest bin.
    if (level_ <= fraction_bits) {
        const double step = static_cast<double>(1U << level_) / 64;
        return step / (2 + step);
    }
    const double ratio = std::ldexp(1.0, 1 << (level_ - fraction_bits));
    return (ratio - 1) / (ratio + 1);
}

void QuantileSketch::write(ByteWriter& out) const noexcept {
    if (used_ == 0) return;
    out.put(level_);
    out.put(used_);
    std::int32_t before = 0;
    for (const Bin& bin : bins()) {
        const std::int32_t step = bin.key - before;
        put_number(static_cast<std::uint32_t>(step) << 1 ^ static_cast<std::uint32_t>(step >> 31), out);
        put_number(bin.count, out);
        before = bin.key;
    }
}

bool QuantileSketch::read(std::span<const std::byte> bytes) noexcept {
    *this = {};
    if (bytes.empty()) return true;
    ByteReader in(bytes);
    QuantileSketch read;
    read.level_ = in.get<std::uint8_t>();
    const auto used = in.get<std::uint8_t>();
    if (!in.ok() || read.level_ > level_max || used == 0 || used > bins_max) return false;
    std::int64_t key = 0;
    for (std::uint8_t i = 0; i < used; ++i) {
        const auto coded = static_cast<std::uint32_t>(get_number(in));
        const std::int64_t step = static_cast<std::int32_t>(coded >> 1 ^ (0U - (coded & 1U)));
        const std::uint64_t count = get_number(in);
        key += step;
        const bool rises = i == 0 || step > 0;
        if (!in.ok() || !rises || count == 0 || count > UINT32_MAX || key > INT16_MAX || key < -INT16_MAX) return false;
        read.bins_[i] = {static_cast<std::int16_t>(key), static_cast<std::uint32_t>(count)};
    }
    if (in.left() != 0) return false;
    read.used_ = used;
    *this = read;
    return true;
}

}  // namespace redshank
