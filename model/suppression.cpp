#include "model/suppression.hpp"

namespace redshank {

float Suppression::pass(float score) noexcept {
    const float largest = left_ > 0 ? last_passed_ : 0.0F;
    if (score > largest) {
        last_passed_ = score;
        left_ = window;
        return score;
    }
    if (left_ > 0) --left_;
    return 0.0F;
}

void Suppression::write(ByteWriter& out) const noexcept {
    out.put(last_passed_);
    out.put(left_);
}

void Suppression::read(ByteReader& in) noexcept {
    last_passed_ = in.get<float>();
    left_ = in.get<std::uint8_t>();
    if (in.ok() && left_ <= window && last_passed_ >= 0 && last_passed_ < 3.4e38F) return;
    *this = {};
    in.get_bytes(SIZE_MAX);
}

}  // namespace redshank
