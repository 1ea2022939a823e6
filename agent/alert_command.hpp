#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/text.hpp"

namespace redshank {

// What people say about alerts, as a record of the inbox: recovery and replay keep the same silence.
//   Body: u8 action, text rule, text channel, i64 for_ns.
struct AlertCommand {
    enum class Action : std::uint8_t {
        silence = 1,         // rule and channel say which, for_ns how long; again: as long from now on
        unsilence = 2,       // the silence of just these words ends
        acknowledge = 3,     // somebody knows of what fires
        maintenance_on = 4,  // nothing fires and nothing is learned; for_ns 0: until it is switched off
        maintenance_off = 5,
    };
    Action action = Action::acknowledge;
    std::string_view rule = {};     // a rule's name; empty: every rule
    std::string_view channel = {};  // a channel's or group's name, `+` and `#` as in topics; empty: all
    std::int64_t for_ns = 0;

    static constexpr std::size_t bytes_max = 16 + rule_name_bytes_max + channel_name_bytes_max;
    static constexpr std::int64_t for_most_ns = 3650LL * 24 * 3600 * 1'000'000'000;
};

inline void encode(const AlertCommand& command, ByteWriter& out) noexcept {
    out.put(command.action);
    out.put_text(command.rule);
    out.put_text(command.channel);
    out.put(command.for_ns);
}

// nullopt: what no command can be.
inline std::optional<AlertCommand> decode_alert_command(std::span<const std::byte> body) noexcept {
    using Action = AlertCommand::Action;
    ByteReader in(body);
    AlertCommand command;
    command.action = in.get<Action>();
    command.rule = in.get_text();
    command.channel = in.get_text();
    command.for_ns = in.get<std::int64_t>();
    const bool known = command.action >= Action::silence && command.action <= Action::maintenance_off;
    const bool possible = command.rule.size() <= rule_name_bytes_max &&
                          command.channel.size() <= channel_name_bytes_max && command.for_ns >= 0 &&
                          command.for_ns <= AlertCommand::for_most_ns;
    if (!in.ok() || !known || !possible) return std::nullopt;
    return command;
}

}  // namespace redshank
