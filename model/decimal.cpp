#include "model/decimal.hpp"

#include <algorithm>

#include "model/int128.hpp"
#include "model/powers_of_ten.hpp"

namespace redshank {

namespace {

constexpr int kept_digits_max = 18;
constexpr std::int64_t exponent_bound = 1'000'000'000;  // beyond any text's length: larger ones mean the same

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// The first 18 significant digits, and as much of the others as rounding needs.
struct Digits {
    std::uint64_t kept = 0;
    int kept_count = 0;
    std::int64_t dropped_count = 0;
    unsigned next = 0;  // the first dropped digit
    bool rest = false;  // a later one is not 0

    void push(char c) noexcept {
        const auto digit = static_cast<unsigned>(c - '0');
        if (kept_count == 0 && digit == 0) return;
        if (kept_count < kept_digits_max) {
            kept = kept * 10 + digit;
            ++kept_count;
            return;
        }
        if (dropped_count == 0) {
            next = digit;
        } else {
            rest = rest || digit != 0;
        }
        ++dropped_count;
    }

    void drop_one() noexcept {
        rest = rest || next != 0;
        next = static_cast<unsigned>(kept % 10);
        kept /= 10;
    }

    bool exact() const noexcept { return next == 0 && !rest; }
    bool rounds_up() const noexcept { return next > 5 || (next == 5 && (rest || kept % 2 != 0)); }
};

struct Scan {
    Digits digits;
    std::int64_t scale = 0;
    bool negative = false;
};

class Scanner {
public:
    Scanner(std::string_view text, DecimalGrammar grammar) noexcept : text_(text), grammar_(grammar) {}

    bool scan(Scan& out) noexcept {
        out.negative = take('-');
        const bool plain = grammar_ == DecimalGrammar::plain;
        if (plain && !out.negative) take('+');
        const std::size_t start = at_;
        const std::int64_t whole = take_digits(out.digits);
        if (!plain && (whole == 0 || (whole > 1 && text_[start] == '0'))) return false;
        std::int64_t places = 0;
        if (take('.')) {
            places = take_digits(out.digits);
            if (!plain && places == 0) return false;
        }
        if (whole + places == 0) return false;
        std::int64_t exponent = 0;
        if ((take('e') || take('E')) && !take_exponent(exponent)) return false;
        out.scale = places - exponent;
        return at_ == text_.size();
    }

private:
    bool more() const noexcept { return at_ < text_.size(); }

    bool take(char wanted) noexcept {
        if (!more() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    std::int64_t take_digits(Digits& digits) noexcept {
        const std::size_t start = at_;
        for (; more() && is_digit(text_[at_]); ++at_) digits.push(text_[at_]);
        return static_cast<std::int64_t>(at_ - start);
    }

    bool take_exponent(std::int64_t& exponent) noexcept {
        const bool negative = take('-');
        if (!negative) take('+');
        const std::size_t start = at_;
        for (; more() && is_digit(text_[at_]); ++at_) {
            exponent = std::min(exponent * 10 + (text_[at_] - '0'), exponent_bound);
        }
        if (negative) exponent = -exponent;
        return at_ > start;
    }

    std::string_view text_;
    DecimalGrammar grammar_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Decimal> parse_decimal(std::string_view text, DecimalGrammar grammar) noexcept {
    Scan found;
    if (!Scanner(text, grammar).scan(found)) return tl::unexpected(Error::not_a_number);
    Digits& digits = found.digits;
    if (digits.kept_count == 0) {
        return Decimal{0, static_cast<std::uint8_t>(std::clamp<std::int64_t>(found.scale, 0, exponent_max)), false};
    }
    if (digits.kept_count + digits.dropped_count - found.scale > kept_digits_max) {
        return tl::unexpected(Error::out_of_range);
    }
    std::int64_t scale = found.scale - digits.dropped_count;  // of the kept digits
    if (scale < 0) {  // then none was dropped: dropped ones would have made the magnitude 10^18 or more
        digits.kept *= powers_of_ten[static_cast<std::size_t>(-scale)];
        scale = 0;
    }
    for (; scale > exponent_max && (digits.kept != 0 || digits.next != 0); --scale) digits.drop_one();
    scale = std::min<std::int64_t>(scale, exponent_max);
    const bool rounded = !digits.exact();
    if (digits.rounds_up()) ++digits.kept;
    if (digits.kept == powers_of_ten[kept_digits_max]) {
        if (scale == 0) return tl::unexpected(Error::out_of_range);
        digits.kept /= 10;
        --scale;
    }
    const auto size = static_cast<std::int64_t>(digits.kept);
    return Decimal{found.negative ? -size : size, static_cast<std::uint8_t>(scale), rounded};
}

std::strong_ordering compare_decimal(std::int64_t a, std::uint8_t a_scale, std::int64_t b,
                                     std::uint8_t b_scale) noexcept {
    if (a_scale == b_scale) return a <=> b;
    if (a == 0 || b == 0 || (a < 0) != (b < 0)) return a <=> b;
    // Of one sign: the one with fewer places comes to those of the other. 10^19 exceeds every 64-bit magnitude.
    UInt128 a_size{magnitude(a), 0};
    UInt128 b_size{magnitude(b), 0};
    const bool a_coarse = a_scale < b_scale;
    const unsigned places = static_cast<unsigned>(a_coarse ? b_scale - a_scale : a_scale - b_scale);
    const std::uint64_t power = powers_of_ten[std::min<std::size_t>(places, 19)];
    (a_coarse ? a_size : b_size) = multiply(a_coarse ? a_size.low : b_size.low, power);
    return a < 0 ? b_size <=> a_size : a_size <=> b_size;
}

}  // namespace redshank
