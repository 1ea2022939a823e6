#include "agent/timers.hpp"

namespace redshank {

Timers::Timers(std::size_t ids) : heap_(ids), at_(ids, none), deadline_ns_(ids) {}

void Timers::set(std::uint32_t id, std::int64_t deadline_ns) noexcept {
    deadline_ns_[id] = deadline_ns;
    if (at_[id] == none) {
        place(size_, id);
        ++size_;
    }
    up(at_[id]);
    down(at_[id]);
}

void Timers::cancel(std::uint32_t id) noexcept {
    const std::uint32_t at = at_[id];
    if (at == none) return;
    at_[id] = none;
    --size_;
    if (at == size_) return;
    const std::uint32_t moved = heap_[size_];
    place(at, moved);
    up(at_[moved]);
    down(at_[moved]);
}

std::optional<Timers::Due> Timers::next() const noexcept {
    if (size_ == 0) return std::nullopt;
    return Due{heap_[0], deadline_ns_[heap_[0]]};
}

void Timers::place(std::size_t at, std::uint32_t id) noexcept {
    heap_[at] = id;
    at_[id] = static_cast<std::uint32_t>(at);
}

void Timers::up(std::size_t at) noexcept {
    while (at > 0) {
        const std::size_t parent = (at - 1) / 2;
        if (!before(heap_[at], heap_[parent])) return;
        const std::uint32_t id = heap_[at];
        place(at, heap_[parent]);
        place(parent, id);
        at = parent;
    }
}

void Timers::down(std::size_t at) noexcept {
    for (;;) {
        std::size_t least = at;
        for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
            if (child < size_ && before(heap_[child], heap_[least])) least = child;
        }
        if (least == at) return;
        const std::uint32_t id = heap_[at];
        place(at, heap_[least]);
        place(least, id);
        at = least;
    }
}

}  // namespace redshank
