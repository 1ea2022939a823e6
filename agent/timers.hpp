#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace redshank {

// Deadlines of a fixed set of ids, earliest first, equal ones by id: an indexed binary heap. set and cancel cost
// O(log n), next O(1). No heap memory after construction. Times: ns on the pipeline's time line.
class Timers {
public:
    explicit Timers(std::size_t ids);

    void set(std::uint32_t id, std::int64_t deadline_ns) noexcept;
    void cancel(std::uint32_t id) noexcept;

    struct Due {
        std::uint32_t id = 0;
        std::int64_t deadline_ns = 0;
    };
    std::optional<Due> next() const noexcept;

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    bool before(std::uint32_t a, std::uint32_t b) const noexcept {
        return deadline_ns_[a] != deadline_ns_[b] ? deadline_ns_[a] < deadline_ns_[b] : a < b;
    }
    void place(std::size_t at, std::uint32_t id) noexcept;
    void up(std::size_t at) noexcept;
    void down(std::size_t at) noexcept;

    std::vector<std::uint32_t> heap_;        // ids
    std::vector<std::uint32_t> at_;          // id -> place in heap_, none = not set
    std::vector<std::int64_t> deadline_ns_;  // id -> deadline
    std::size_t size_ = 0;
};

}  // namespace redshank
