#include "agent/heap.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace redshank::heap {

namespace {

std::atomic<bool> sealed{false};
std::atomic<std::uint64_t> ours{0};
std::atomic<std::uint64_t> libraries{0};
thread_local bool in_our_code = false;
thread_local int library_depth = 0;

}  // namespace

void seal() noexcept {
    sealed.store(true, std::memory_order_relaxed);
}
std::uint64_t allocations_after_start() noexcept {
    return ours.load(std::memory_order_relaxed);
}
std::uint64_t library_allocations_after_start() noexcept {
    return libraries.load(std::memory_order_relaxed);
}

Sealed::Sealed() noexcept : before_(in_our_code) {
    in_our_code = true;
}
Sealed::~Sealed() {
    in_our_code = before_;
}
LibraryScope::LibraryScope() noexcept {
    ++library_depth;
}
LibraryScope::~LibraryScope() {
    --library_depth;
}

void count_allocation() noexcept {
    if (!in_our_code || !sealed.load(std::memory_order_relaxed)) return;
    (library_depth > 0 ? libraries : ours).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace redshank::heap

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
    redshank::heap::count_allocation();
    if (size == 0) size = 1;
    void* memory = alignment <= alignof(std::max_align_t)
                       ? std::malloc(size)
                       : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

// The other forms (array, nothrow, sized) call these by default.
void* operator new(std::size_t size) {
    return allocate(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

#endif
