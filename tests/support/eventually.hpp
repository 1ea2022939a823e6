#pragma once

#include <chrono>
#include <thread>

namespace redshank::test {

// Asks `predicate` every few milliseconds until it is true (returns true at once) or the deadline has passed. The
// deadline only bounds how long a failing test takes: choose it generously.
template <class Predicate>
bool eventually(std::chrono::milliseconds deadline, Predicate predicate) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() >= end) return predicate();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace redshank::test
