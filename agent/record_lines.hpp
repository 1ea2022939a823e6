#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/record.hpp"

namespace redshank {

// Records of the inbox as lines of a recording, which drivers/mqtt_lines_reader.hpp reads: messages, with a payload
// that is no UTF-8 as base64 and a topic that is none as "", and what happened to the connection and to time.
//   Thread: one. Grows its memory with the longest record.
class RecordLines {
public:
    // Without a line break; valid until the next call. Empty for a record that a replay has no use for (began, model).
    std::string_view line(const Record& record);
    // Records that are missing at that place.
    std::string_view gap(std::int64_t stamp_ns, std::uint64_t count);

private:
    std::vector<char> room_;
};

}  // namespace redshank
