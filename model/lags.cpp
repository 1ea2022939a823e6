#include "model/lags.hpp"

#include <algorithm>
#include <cassert>

namespace redshank {

namespace {

constexpr std::size_t lags_max = 8;
constexpr StandardisedQ16 input_limit = Standardised::from_ratio(16, 1).raw();
constexpr float one = 1 << Standardised::fraction_bits;

}  // namespace

Lags::Lags(std::size_t members) noexcept
    : members_(std::clamp<std::size_t>(members, 1, model_inputs_max)), lags_(lags_for(members_)) {}

std::size_t Lags::lags_for(std::size_t members) noexcept {
    return std::min(lags_max, model_inputs_max / std::clamp<std::size_t>(members, 1, model_inputs_max));
}

void Lags::push(std::span<const StandardisedQ16> members) noexcept {
    assert(members.size() == members_);
    const auto clamped = [](StandardisedQ16 value) { return std::clamp(value, -input_limit, input_limit); };
    const auto begin = values_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(members_ * lags_);
    const auto newest_end = begin + static_cast<std::ptrdiff_t>(members_);
    std::copy_backward(begin, end - static_cast<std::ptrdiff_t>(members_), end);
    std::transform(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(members_), begin, clamped);
    if (!filled_) {
        for (auto at = newest_end; at != end; at += static_cast<std::ptrdiff_t>(members_)) {
            std::copy(begin, newest_end, at);
        }
        filled_ = true;
    }
    refresh();
}

std::span<const float> Lags::inputs() const noexcept {
    return std::span(inputs_).first(members_ * lags_);
}

void Lags::write(ByteWriter& out) const noexcept {
    out.put(static_cast<std::uint8_t>(members_));
    out.put(filled_);
    for (std::size_t i = 0; i < members_ * lags_; ++i) out.put(values_[i]);
}

void Lags::read(ByteReader& in) noexcept {
    const bool same = in.get<std::uint8_t>() == members_;
    filled_ = in.get<bool>();
    bool possible = true;
    for (std::size_t i = 0; i < members_ * lags_; ++i) {
        values_[i] = in.get<StandardisedQ16>();
        possible = possible && values_[i] >= -input_limit && values_[i] <= input_limit;
    }
    if (!in.ok() || !same || !possible) {
        *this = Lags(members_);
        in.get_bytes(SIZE_MAX);
    }
    refresh();
}

void Lags::refresh() noexcept {
    std::transform(values_.begin(), values_.end(), inputs_.begin(),
                   [](StandardisedQ16 value) { return static_cast<float>(value) / one; });
}

}  // namespace redshank
