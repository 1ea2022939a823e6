#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace redshank {

// Why a message or a reading was refused. The names are part of the public contract: they are the keys of
// `rejected_messages` and `rejected_readings` in the status and in summary.json.
enum class Error : std::uint8_t {
    // of messages
    invalid_json,
    not_a_number,
    not_utf8,
    bad_topic,
    too_large,
    too_deep,
    too_many_fields,
    retained,
    no_source,
    // of readings
    out_of_range,
    range,
    channel_limit,
};

inline constexpr std::size_t error_count = 12;
inline constexpr std::size_t message_error_count = 9;  // the first nine are of messages

std::string_view name_of(Error error) noexcept;

// Value or error on the event path: no text, no heap, never ignored.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace redshank
