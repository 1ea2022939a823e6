#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace redshank {

using Sha256 = std::array<std::byte, 32>;
Sha256 sha256(std::span<const std::byte> bytes) noexcept;
std::string hex(std::span<const std::byte> bytes);
std::uint64_t random_u64() noexcept;  // from the kernel

// The same in pieces, for files that do not fit in memory.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    void add(std::span<const std::byte> bytes) noexcept;
    Sha256 finish() noexcept;  // and begins again

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace redshank
