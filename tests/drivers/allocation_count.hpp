#pragma once

#include <cstddef>

namespace redshank::test {

// What this thread took from operator new while an AllocationCount lived. Sanitizers keep their own operator new: then
// nothing is counted.
class AllocationCount {
public:
    AllocationCount() noexcept;
    ~AllocationCount();
    AllocationCount(const AllocationCount&) = delete;
    AllocationCount& operator=(const AllocationCount&) = delete;

    std::size_t calls() const noexcept;
    std::size_t bytes() const noexcept;
    static bool works() noexcept;
};

}  // namespace redshank::test
