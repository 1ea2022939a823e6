#pragma once

#include <array>
#include <cstdint>

#include "model/bytes.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace redshank {

// Every message, reading and result is in exactly one of these counts. Part of the pipeline's state: after a kill they
// are counted again from the checkpoint on.
//   messages = decoded + sum(rejected_messages) + duplicate
//   readings = counted + sum(rejected_readings)
struct Ledger {
    std::uint64_t messages = 0;
    std::uint64_t decoded = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t readings = 0;
    std::uint64_t counted = 0;
    std::uint64_t made = 0;                             // results; also the number of the newest one
    std::array<std::uint64_t, error_count> rejected{};  // by Error; messages first

    void write(ByteWriter& out) const noexcept {
        for (const std::uint64_t count : {messages, decoded, duplicate, readings, counted, made}) out.put(count);
        for (const std::uint64_t count : rejected) out.put(count);
    }
    void read(ByteReader& in) noexcept {
        for (std::uint64_t* count : {&messages, &decoded, &duplicate, &readings, &counted, &made})
            *count = in.get<std::uint64_t>();
        for (std::uint64_t& count : rejected) count = in.get<std::uint64_t>();
    }
};

// The same for the messages of one source, with its last offender. Topics longer than a channel name are cut there.
struct SourceLedger {
    std::uint64_t messages = 0;
    std::uint64_t decoded = 0;
    std::uint64_t duplicate = 0;
    std::array<std::uint64_t, message_error_count> rejected{};
    bool any_rejected = false;
    Error last_reason = Error::invalid_json;
    ChannelName last_topic;

    void reject(Error reason, std::string_view topic) noexcept {
        ++rejected[static_cast<std::size_t>(reason)];
        any_rejected = true;
        last_reason = reason;
        last_topic.assign(topic.substr(0, ChannelName::capacity));
    }
    void write(ByteWriter& out) const noexcept {
        for (const std::uint64_t count : {messages, decoded, duplicate}) out.put(count);
        for (const std::uint64_t count : rejected) out.put(count);
        out.put(any_rejected);
        out.put(last_reason);
        out.put_text(last_topic.view());
    }
    void read(ByteReader& in) noexcept {
        for (std::uint64_t* count : {&messages, &decoded, &duplicate}) *count = in.get<std::uint64_t>();
        for (std::uint64_t& count : rejected) count = in.get<std::uint64_t>();
        any_rejected = in.get<bool>();
        last_reason = in.get<Error>();
        last_topic.assign(in.get_text());
    }
};

}  // namespace redshank
