#pragma once

#include <string>
#include <tl/expected.hpp>

namespace redshank {

// Value, or a sentence for people that says what failed. For start-up, files, databases and sockets; never on the event
// path, because the sentence is on the heap.
template <class T = void>
using Outcome = tl::expected<T, std::string>;

inline tl::unexpected<std::string> failure(std::string what) {
    return tl::unexpected<std::string>(std::move(what));
}

}  // namespace redshank
