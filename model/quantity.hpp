#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace redshank {

// Fixed-point numbers that carry width and fraction bits in the type, and quantities that carry the unit too.
//   No implicit way in or out. Sums and products widen, so that they cannot overflow; every narrowing names its
//   rounding and what happens to a value that does not fit. Plain integers inside, the same on every board.

enum class Round : std::uint8_t { nearest, down };  // nearest: halves away from zero; down: towards minus infinity

template <std::signed_integral Int>
struct WiderOf;
template <>
struct WiderOf<std::int8_t> {
    using type = std::int16_t;
};
template <>
struct WiderOf<std::int16_t> {
    using type = std::int32_t;
};
template <>
struct WiderOf<std::int32_t> {
    using type = std::int64_t;
};
template <class Int>
using Wider = typename WiderOf<Int>::type;  // int64 has none: GCC on armhf has no 128 bits

template <Round rounding, std::signed_integral Int>
constexpr Int divide_rounded(Int value, Int divisor) noexcept {  // divisor > 0
    const auto quotient = static_cast<Int>(value / divisor);
    const auto remainder = static_cast<Int>(value % divisor);
    if constexpr (rounding == Round::down) {
        return static_cast<Int>(quotient - (remainder < 0 ? 1 : 0));
    } else {
        const auto size = static_cast<Int>(remainder < 0 ? -remainder : remainder);
        const bool away = size >= static_cast<Int>(divisor - size);
        return static_cast<Int>(quotient + (away ? (value < 0 ? -1 : 1) : 0));
    }
}

// value = raw * 2^-FractionBits.
template <std::signed_integral Int, unsigned FractionBits>
requires(FractionBits < sizeof(Int) * 8) class Fixed {
public:
    using Raw = Int;
    static constexpr unsigned fraction_bits = FractionBits;

    constexpr Fixed() noexcept = default;
    static constexpr Fixed from_raw(Int raw) noexcept { return Fixed(raw); }

    // numerator / denominator, nearest; the compiler refuses one that does not fit.
    static consteval Fixed from_ratio(std::int64_t numerator, std::int64_t denominator) {
        const std::int64_t raw =
            divide_rounded<Round::nearest>(numerator * (std::int64_t{1} << FractionBits), denominator);
        if (raw < std::numeric_limits<Int>::min() || raw > std::numeric_limits<Int>::max()) throw "does not fit";
        return Fixed(static_cast<Int>(raw));
    }

    constexpr Int raw() const noexcept { return raw_; }

    friend constexpr auto operator<=>(const Fixed&, const Fixed&) noexcept = default;

private:
    explicit constexpr Fixed(Int raw) noexcept : raw_(raw) {}
    Int raw_ = 0;
};

template <class Int, unsigned Bits>
constexpr Fixed<Wider<Int>, Bits> widen(Fixed<Int, Bits> a) noexcept {
    return Fixed<Wider<Int>, Bits>::from_raw(a.raw());
}

template <class Int, unsigned Bits>
constexpr Fixed<Wider<Int>, Bits> operator+(Fixed<Int, Bits> a, Fixed<Int, Bits> b) noexcept {
    return Fixed<Wider<Int>, Bits>::from_raw(static_cast<Wider<Int>>(Wider<Int>{a.raw()} + Wider<Int>{b.raw()}));
}

template <class Int, unsigned Bits>
constexpr Fixed<Wider<Int>, Bits> operator-(Fixed<Int, Bits> a, Fixed<Int, Bits> b) noexcept {
    return Fixed<Wider<Int>, Bits>::from_raw(static_cast<Wider<Int>>(Wider<Int>{a.raw()} - Wider<Int>{b.raw()}));
}

template <class A, unsigned ABits, class B, unsigned BBits>
constexpr auto operator*(Fixed<A, ABits> a, Fixed<B, BBits> b) noexcept {
    using Wide = Wider<std::conditional_t<(sizeof(A) >= sizeof(B)), A, B>>;
    return Fixed<Wide, ABits + BBits>::from_raw(static_cast<Wide>(Wide{a.raw()} * Wide{b.raw()}));
}

template <Round rounding, class Int, unsigned Bits>
constexpr Fixed<Int, Bits> divide(Fixed<Int, Bits> a, std::type_identity_t<Int> divisor) noexcept {  // divisor > 0
    return Fixed<Int, Bits>::from_raw(divide_rounded<rounding>(a.raw(), divisor));
}

// Into fewer fraction bits or fewer bits: a value outside [low, high] becomes that end, and is counted.
template <class To, Round rounding, class Int, unsigned Bits>
requires(To::fraction_bits < Bits && Bits - To::fraction_bits < sizeof(Int) * 8 - 1) constexpr To
    saturate_between(Fixed<Int, Bits> from, To low, To high, std::uint64_t& saturated) noexcept {
    const Int raw = divide_rounded<rounding>(from.raw(), static_cast<Int>(Int{1} << (Bits - To::fraction_bits)));
    if (raw >= low.raw() && raw <= high.raw()) return To::from_raw(static_cast<typename To::Raw>(raw));
    ++saturated;
    return raw < low.raw() ? low : high;
}

// Of the same fraction bits: there is nothing to round.
template <class To, class Int, unsigned Bits>
requires(To::fraction_bits == Bits) constexpr To
    saturate_between(Fixed<Int, Bits> from, To low, To high, std::uint64_t& saturated) noexcept {
    if (from.raw() >= low.raw() && from.raw() <= high.raw()) {
        return To::from_raw(static_cast<typename To::Raw>(from.raw()));
    }
    ++saturated;
    return from.raw() < low.raw() ? low : high;
}

// The same, the ends being those of the type.
template <class To>
inline constexpr To lowest = To::from_raw(std::numeric_limits<typename To::Raw>::min());
template <class To>
inline constexpr To highest = To::from_raw(std::numeric_limits<typename To::Raw>::max());

template <class To, Round rounding, class Int, unsigned Bits>
requires(To::fraction_bits < Bits) constexpr To saturate(Fixed<Int, Bits> from, std::uint64_t& saturated) noexcept {
    return saturate_between<To, rounding>(from, lowest<To>, highest<To>, saturated);
}
template <class To, class Int, unsigned Bits>
requires(To::fraction_bits == Bits) constexpr To saturate(Fixed<Int, Bits> from, std::uint64_t& saturated) noexcept {
    return saturate_between<To>(from, lowest<To>, highest<To>, saturated);
}

// A Fixed with a unit. Tag is any type and only a name.
template <class Tag, class FixedType>
class Quantity {
public:
    using Value = FixedType;

    constexpr Quantity() noexcept = default;
    explicit constexpr Quantity(FixedType value) noexcept : value_(value) {}
    static constexpr Quantity from_raw(typename FixedType::Raw raw) noexcept {
        return Quantity(FixedType::from_raw(raw));
    }
    static consteval Quantity from_ratio(std::int64_t numerator, std::int64_t denominator) {
        return Quantity(FixedType::from_ratio(numerator, denominator));
    }

    constexpr FixedType value() const noexcept { return value_; }
    constexpr typename FixedType::Raw raw() const noexcept { return value_.raw(); }

    friend constexpr auto operator<=>(const Quantity&, const Quantity&) noexcept = default;
    friend constexpr auto operator+(Quantity a, Quantity b) noexcept {
        return Quantity<Tag, decltype(a.value_ + b.value_)>(a.value_ + b.value_);
    }
    friend constexpr auto operator-(Quantity a, Quantity b) noexcept {
        return Quantity<Tag, decltype(a.value_ - b.value_)>(a.value_ - b.value_);
    }

private:
    FixedType value_;
};

template <class A, class B>
struct ProductTag;  // the unit of a product

template <class ATag, class A, class BTag, class B>
constexpr auto operator*(Quantity<ATag, A> a, Quantity<BTag, B> b) noexcept {
    return Quantity<ProductTag<ATag, BTag>, decltype(a.value() * b.value())>(a.value() * b.value());
}

// By a number without a unit.
template <class Tag, class A, class Int, unsigned Bits>
constexpr auto operator*(Quantity<Tag, A> a, Fixed<Int, Bits> b) noexcept {
    return Quantity<Tag, decltype(a.value() * b)>(a.value() * b);
}

template <class Tag, class FixedType>
constexpr auto widen(Quantity<Tag, FixedType> a) noexcept {
    return Quantity<Tag, decltype(widen(a.value()))>(widen(a.value()));
}

template <Round rounding, class Tag, class FixedType>
constexpr Quantity<Tag, FixedType> divide(Quantity<Tag, FixedType> a, typename FixedType::Raw divisor) noexcept {
    return Quantity<Tag, FixedType>(divide<rounding>(a.value(), divisor));
}

// Into a quantity of the same unit; the rounding is named where fraction bits go.
template <class To, Round rounding, class Tag, class FixedType>
requires std::same_as<To, Quantity<Tag, typename To::Value>>
constexpr To saturate(Quantity<Tag, FixedType> from, std::uint64_t& saturated) noexcept {
    return To(saturate<typename To::Value, rounding>(from.value(), saturated));
}
template <class To, class Tag, class FixedType>
requires std::same_as<To, Quantity<Tag, typename To::Value>>
constexpr To saturate(Quantity<Tag, FixedType> from, std::uint64_t& saturated) noexcept {
    return To(saturate<typename To::Value>(from.value(), saturated));
}

}  // namespace redshank
