#include "agent/alert_desk.hpp"

#include <charconv>

#include "agent/heap.hpp"
#include "agent/settings_parse_units.hpp"

namespace redshank {

namespace {

using Action = AlertCommand::Action;

constexpr std::int64_t covered_within_ns = 10'000'000'000;

std::string_view next_part(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

std::string done_text(const AlertCommand& command, std::uint32_t changed) {
    switch (command.action) {
        case Action::silence:
            return "silent for " + format_duration(command.for_ns) + "\n";
        case Action::unsilence:
            return "no longer silent\n";
        case Action::acknowledge:
            return std::to_string(changed) + (changed == 1 ? " alert is" : " alerts are") + " acknowledged\n";
        case Action::maintenance_on:
            return "maintenance: nothing fires and nothing is learned" +
                   (command.for_ns == 0 ? std::string(" until it is off") : " for " + format_duration(command.for_ns)) +
                   "\n";
        case Action::maintenance_off:
            return "maintenance is over\n";
    }
    return "";
}

std::string refusal_text(const AlertCommand& command) {
    switch (command.action) {
        case Action::silence:
            return "there are as many silences as there can be (" + std::to_string(AlertGate::silences_max) + ")";
        case Action::unsilence:
            return "there is no silence of just that rule and channel";
        case Action::acknowledge:
            return "no such alert is firing";
        default:
            return "there is no maintenance";
    }
}

std::optional<AlertCommand> read_request(std::string_view rest) {
    AlertCommand command;
    std::uint8_t action = 0;
    const auto number = [](std::string_view text, auto& into) {
        const auto end = std::from_chars(text.data(), text.data() + text.size(), into);
        return end.ec == std::errc() && end.ptr == text.data() + text.size();
    };
    if (!number(next_part(rest, '\t'), action)) return std::nullopt;
    command.action = static_cast<Action>(action);
    command.rule = next_part(rest, '\t');
    command.channel = next_part(rest, '\t');
    if (!number(rest, command.for_ns)) return std::nullopt;
    std::array<std::byte, AlertCommand::bytes_max> room;
    if (command.rule.size() > rule_name_bytes_max || command.channel.size() > channel_name_bytes_max) {
        return std::nullopt;
    }
    ByteWriter out(room);
    encode(command, out);
    return decode_alert_command(out.written()) ? std::optional(command) : std::nullopt;
}

}  // namespace

std::string alert_request(const AlertCommand& command) {
    return "alert " + std::to_string(static_cast<int>(command.action)) + "\t" + std::string(command.rule) + "\t" +
           std::string(command.channel) + "\t" + std::to_string(command.for_ns);
}

Outcome<AlertCommand> read_alert_command(std::string_view topic, std::string_view payload) {
    AlertCommand command;
    const std::string_view verb = next_part(topic, '/');
    if (verb == "maintenance") {
        const std::string_view word = next_part(payload, ' ');
        if (word != "on" && word != "off") return failure("maintenance is on, on DURATION, or off");
        command.action = word == "on" ? Action::maintenance_on : Action::maintenance_off;
        if (payload.empty()) return command;
    } else if (verb == "silence" || verb == "ack") {
        command.action = verb == "ack" ? Action::acknowledge : Action::silence;
        command.rule = next_part(topic, '/');
        command.channel = topic;
        if (command.rule.empty() && !command.channel.empty()) return failure("no rule has an empty name");
        if (command.rule.size() > rule_name_bytes_max || command.channel.size() > channel_name_bytes_max) {
            return failure("no rule or channel has such a long name");
        }
        if (verb == "ack") return command;
    } else {
        return failure("there is silence, ack and maintenance");
    }
    const Outcome<std::int64_t> duration = parse_duration(payload);
    if (!duration) return failure("the payload " + duration.error());
    if (*duration > AlertCommand::for_most_ns) return failure("that is more than ten years");
    command.for_ns = *duration;
    if (command.action == Action::silence && *duration == 0) command.action = Action::unsilence;
    return command;
}

AlertDesk::AlertDesk(const Settings& settings, Intake& intake, Keeper& keeper, std::uint32_t subscription_id)
    : intake_(intake),
      keeper_(keeper),
      subscription_id_(subscription_id),
      prefix_(settings.mqtt.base_topic + "/command/") {}

bool AlertDesk::takes(const Message& message) const noexcept {
    if (subscription_id_ == 0 || !message.topic.starts_with(prefix_)) return false;
    return message.subscription_id == subscription_id_ || message.subscription_id == 0;
}

void AlertDesk::message(const Message& message) noexcept {
    const heap::LibraryScope sentences;
    const std::string_view payload(reinterpret_cast<const char*>(message.payload.data()), message.payload.size());
    const auto command = read_alert_command(message.topic.substr(prefix_.size()), payload);
    const bool taken = command && !message.retain && intake_.command(*command).changed > 0;
    ++(taken ? accepted_ : refused_);
}

ControlAnswer AlertDesk::answer(std::string_view request) {
    const std::optional<AlertCommand> command = read_request(request.substr(std::string_view("alert ").size()));
    if (!command) return {.ok = false, .body = "unknown request"};
    const Intake::AlertCommanded done = intake_.command(*command);
    if (done.changed == 0) return {.ok = false, .body = refusal_text(*command)};
    if (!keeper_.wait_covered(done.position, covered_within_ns)) {
        return {.ok = false, .body = "done, but not on disk yet: no checkpoint succeeds, see storage"};
    }
    return {.ok = true, .body = done_text(*command, done.changed)};
}

}  // namespace redshank
