#include "model/lags.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace redshank {

namespace {

constexpr std::size_t lags_max = 8;
constexpr float input_limit = 16.0F;

}  // namespace

Lags::Lags(std::size_t members) noexcept
    : members_(static_cast<std::uint8_t>(members)), lags_(static_cast<std::uint8_t>(lags_for(members))) {
    assert(members >= 1 && members <= inputs_max);
}

std::size_t Lags::lags_for(std::size_t members) noexcept {
    return std::min(lags_max, inputs_max / std::clamp<std::size_t>(members, 1, inputs_max));
}

Lags::Inputs Lags::before(std::span<const float> now) const noexcept {
    assert(now.size() == members_);
    Inputs inputs{};
    const auto end = inputs.begin() + static_cast<std::ptrdiff_t>(in_use(inputs).size());
    auto at = std::transform(now.begin(), now.end(), inputs.begin(), [](float value) {
        assert(std::isfinite(value));
        return std::clamp(value, -input_limit, input_limit);
    });
    if (filled_) {
        std::copy(values_.begin(), values_.begin() + (end - at), at);
    } else {
        for (; at != end; at += members_) std::copy(inputs.begin(), inputs.begin() + members_, at);
    }
    return inputs;
}

void Lags::push(std::span<const float> now) noexcept {
    values_ = before(now);
    filled_ = true;
}

void Lags::write(ByteWriter& out) const noexcept {
    out.put(members_);
    out.put(filled_);
    for (const float value : in_use(values_)) out.put(value);
}

void Lags::read(ByteReader& in) noexcept {
    bool possible = in.get<std::uint8_t>() == members_;
    filled_ = in.get<bool>();
    for (std::size_t i = 0; i < in_use(values_).size(); ++i) {
        values_[i] = in.get<float>();
        possible = possible && values_[i] >= -input_limit && values_[i] <= input_limit;  // not NaN
    }
    if (in.ok() && possible) return;
    *this = Lags(members_);
    in.get_bytes(SIZE_MAX);
}

}  // namespace redshank
