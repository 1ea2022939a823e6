#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/bytes.hpp"
#include "model/text.hpp"

namespace redshank {

// What is done to the model of a group, as a record of the inbox with all that it needs: recovery and replay give the
// same model.
//   Body: u8 action, text group, i64 made_ns, then the snapshot.
struct ModelCommand {
    enum class Action : std::uint8_t {
        import = 1,    // takes `snapshot`
        rollback = 2,  // takes `snapshot`, which is what had been there before
        accept = 3,    // what comes now is the new normal
        reset = 4,     // as a new group's
    };
    Action action = Action::import;
    std::string_view group;
    std::int64_t made_ns = 0;  // of an import, in ns since the epoch
    std::span<const std::byte> snapshot = {};

    static constexpr std::size_t head_bytes_max = 16 + channel_name_bytes_max;
};

// What a command's model must be to be taken; looked at before there is a record.
struct ModelOrigin {
    std::string_view model = {};  // empty: as the group's own
    std::optional<std::uint64_t> fingerprint = {};
    bool newer_only = false;  // made after the one taken last
};

inline void encode(const ModelCommand& command, ByteWriter& out) noexcept {
    out.put(command.action);
    out.put_text(command.group);
    out.put(command.made_ns);
    out.put_bytes(command.snapshot);
}

inline std::optional<ModelCommand> decode_model_command(std::span<const std::byte> body) noexcept {
    ByteReader in(body);
    ModelCommand command;
    command.action = in.get<ModelCommand::Action>();
    command.group = in.get_text();
    command.made_ns = in.get<std::int64_t>();
    command.snapshot = in.get_bytes(in.left());
    const bool known = command.action >= ModelCommand::Action::import && command.action <= ModelCommand::Action::reset;
    if (!in.ok() || !known) return std::nullopt;
    return command;
}

}  // namespace redshank
