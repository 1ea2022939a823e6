#include "tests/drivers/allocation_count.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace {

thread_local bool counting = false;
thread_local std::size_t calls_counted = 0;
thread_local std::size_t bytes_counted = 0;

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool redshank::test::AllocationCount::works() noexcept {
    return false;
}

#else

bool redshank::test::AllocationCount::works() noexcept {
    return true;
}

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
    if (counting) {
        ++calls_counted;
        bytes_counted += size;
    }
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    void* const memory = alignment <= alignof(std::max_align_t) ? std::malloc(size == 0 ? 1 : size)
                                                                : std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

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

namespace redshank::test {

AllocationCount::AllocationCount() noexcept {
    calls_counted = 0;
    bytes_counted = 0;
    counting = true;
}

AllocationCount::~AllocationCount() {
    counting = false;
}

std::size_t AllocationCount::calls() const noexcept {
    return calls_counted;
}
std::size_t AllocationCount::bytes() const noexcept {
    return bytes_counted;
}

TEST(AllocationCount, sees_every_way_to_allocate) {
    if (!AllocationCount::works()) GTEST_SKIP() << "the sanitizer has its own operator new";
    const AllocationCount count;
    EXPECT_EQ(count.calls(), 0U);
    const std::unique_ptr<char[]> array(new char[10]);
    const std::unique_ptr<char[]> nothrow(new (std::nothrow) char[20]);
    EXPECT_EQ(count.calls(), 2U);
    EXPECT_EQ(count.bytes(), 30U);
}

}  // namespace redshank::test
