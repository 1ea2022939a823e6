#include "model/error.hpp"

namespace redshank {

std::string_view name_of(Error error) noexcept {
    constexpr std::string_view names[error_count] = {
        "invalid_json",    "not_a_number", "not_utf8",  "bad_topic",    "too_large", "too_deep",
        "too_many_fields", "retained",     "no_source", "out_of_range", "range",     "channel_limit",
    };
    return names[static_cast<std::size_t>(error)];
}

}  // namespace redshank
