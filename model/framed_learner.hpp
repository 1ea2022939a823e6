#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/fnv1a.hpp"
#include "model/learner.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

// What learners of a fixed size share: the snapshot in its frame. Derived gives frame(), write_body(ByteWriter&) and
// bool read_body(ByteReader&), and holds all its memory in itself.
template <class Base, class Derived>
class FramedLearner : public Base {
public:
    void snapshot(ByteWriter& out) const noexcept final {
        self().frame().write(out, [this](ByteWriter& body) { self().write_body(body); });
    }
    bool restore(ByteReader& in) noexcept final {
        std::optional<ByteReader> body = self().frame().read(in);
        return body && static_cast<Derived&>(*this).read_body(*body) && body->ok();
    }
    std::size_t snapshot_bytes() const noexcept final { return self().frame().bytes(); }
    std::size_t bytes() const noexcept final { return sizeof(Derived); }

private:
    const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }
};

// The frame's magic for a learner of that name.
inline std::uint32_t magic_of(std::string_view name) noexcept {
    return static_cast<std::uint32_t>(fnv1a(name));
}

inline void put_all(ByteWriter& out, std::span<const float> values) noexcept {
    for (const float value : values) out.put(value);
}

// false: one is outside of [least, most], or no number.
inline bool get_all(ByteReader& in, std::span<float> values, float least, float most) noexcept {
    bool within = true;
    for (float& value : values) {
        value = in.get<float>();
        within = within && value >= least && value <= most;
    }
    return within && in.ok();
}

}  // namespace redshank
