#include "model/exact_ratio.hpp"

#include <algorithm>
#include <cassert>

namespace redshank {

namespace {

constexpr std::array<std::uint64_t, 28> powers_of_five = [] {
    std::array<std::uint64_t, 28> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 5;
    return powers;
}();
constexpr unsigned five_places = 27;  // 5^27 < 2^63

// Most significant first. 512 bits: a numerator aligned to the top leaves 64 quotient bits below 2^448 of divisors.
using Numerator = std::array<std::uint64_t, 8>;

// The highest set bit moves to the very top; gives how far.
unsigned align_to_top(Numerator& words) noexcept {
    const auto first = std::find_if(words.begin(), words.end(), [](std::uint64_t word) { return word != 0; });
    const auto whole = static_cast<std::size_t>(first - words.begin());
    const auto part = static_cast<unsigned>(std::countl_zero(*first));
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::uint64_t word = i + whole < words.size() ? words[i + whole] : 0;
        const std::uint64_t next = i + whole + 1 < words.size() ? words[i + whole + 1] : 0;
        words[i] = part == 0 ? word : (word << part | next >> (64 - part));
    }
    return static_cast<unsigned>(whole) * 64 + part;
}

}  // namespace

UInt256 operator+(const UInt256& a, const UInt256& b) noexcept {
    UInt256 sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const UInt128 word = UInt128{a.words[i], 0} + UInt128{b.words[i], 0} + UInt128{carry, 0};
        sum.words[i] = word.low;
        carry = word.high;
    }
    return sum;
}

UInt256 operator-(const UInt256& a, const UInt256& b) noexcept {
    UInt256 difference;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const UInt128 word = UInt128{a.words[i], 0} - UInt128{b.words[i], 0} - UInt128{borrow, 0};
        difference.words[i] = word.low;
        borrow = word.high & 1U;
    }
    return difference;
}

bool operator<(const UInt256& a, const UInt256& b) noexcept {
    return std::lexicographical_compare(a.words.rbegin(), a.words.rend(), b.words.rbegin(), b.words.rend());
}

UInt256 multiply(const UInt256& a, std::uint64_t b) noexcept {
    UInt256 product;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const UInt128 word = multiply(a.words[i], b) + UInt128{carry, 0};
        product.words[i] = word.low;
        carry = word.high;
    }
    return product;
}

UInt256 multiply(const UInt128& a, const UInt128& b) noexcept {
    const UInt256 low = multiply(UInt256::of(a), b.low);
    const UInt256 high = multiply(UInt256::of(a), b.high);
    return low + UInt256{{0, high.words[0], high.words[1], high.words[2]}};
}

double exact_ratio(const UInt256& numerator, std::span<const std::uint64_t> divisors, int binary_exponent) noexcept {
    if (numerator == UInt256{}) return 0.0;
    Numerator words{};
    std::copy(numerator.words.rbegin(), numerator.words.rend(), words.begin());
    // The words stand for an integer times 2^-256 of the numerator's scale, then for less with each alignment.
    int exponent = binary_exponent - 256 - static_cast<int>(align_to_top(words));
    bool sticky = false;
    for (const std::uint64_t divisor : divisors) {
        std::uint64_t rest = 0;
        for (std::uint64_t& word : words) {
            const Quotient64 step = divide_wide(rest, word, divisor);
            word = step.quotient;
            rest = step.remainder;
        }
        sticky = sticky || rest != 0;
    }
    assert(std::any_of(words.begin(), words.end() - 1, [](std::uint64_t word) { return word != 0; }));
    exponent -= static_cast<int>(align_to_top(words));
    sticky = sticky || std::any_of(words.begin() + 1, words.end(), [](std::uint64_t word) { return word != 0; });
    return nearest_double(words[0], sticky, exponent + 448);
}

double exact_decimal_ratio(const UInt256& numerator, std::span<const std::uint64_t> divisors,
                           unsigned places) noexcept {
    assert(divisors.size() <= 2 && places <= 80);
    std::array<std::uint64_t, 5> all{};
    auto* end = std::copy(divisors.begin(), divisors.end(), all.begin());
    for (unsigned left = places; left > 0;) {
        const unsigned part = std::min(left, five_places);
        *end++ = powers_of_five[part];
        left -= part;
    }
    const auto count = static_cast<std::size_t>(end - all.begin());
    return exact_ratio(numerator, std::span(all).first(count), -static_cast<int>(places));
}

}  // namespace redshank
