#pragma once

#include <cstdint>

namespace redshank::heap {

// Promise 4: our code allocates nothing after start. Every entry into our code from a thread begins with a Sealed; a
// call into a library from there opens a LibraryScope. After seal(), operator new inside a Sealed and outside a
// LibraryScope is counted. Sanitizer builds keep their own operator new and count nothing.

void seal() noexcept;                                      // start is over
std::uint64_t allocations_after_start() noexcept;          // of our code
std::uint64_t library_allocations_after_start() noexcept;  // inside LibraryScopes

class Sealed {
public:
    Sealed() noexcept;
    ~Sealed();
    Sealed(const Sealed&) = delete;
    Sealed& operator=(const Sealed&) = delete;

private:
    bool before_;
};

class LibraryScope {
public:
    LibraryScope() noexcept;
    ~LibraryScope();
    LibraryScope(const LibraryScope&) = delete;
    LibraryScope& operator=(const LibraryScope&) = delete;
};

}  // namespace redshank::heap
