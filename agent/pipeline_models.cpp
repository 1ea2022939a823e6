#include <algorithm>

#include "agent/pipeline.hpp"

// Commands on models: import, rollback, accept, reset. Each is a record; each keeps the model as it was before.

namespace redshank {

namespace {

constexpr std::uint32_t unjudged_least = 64;

// What the model said before counts no more: else a model that is not warm would leave its alert firing, and an alert
// would keep the next one from learning.
void settle(AlertRules& rules, Group& group, Moment& moment) noexcept {
    for (std::uint8_t i = 0; i < group.rule_count; ++i) rules.settle(group.rules[i], moment);
    group.suppression = {};
    group.firing = false;
    group.held = false;
    group.changed_at = moment.position;
}

}  // namespace

std::uint32_t Pipeline::warmup_of(const Group& group) const noexcept {
    return group.settings == Group::alone ? settings_.anomaly.warmup_readings
                                          : settings_.groups[group.settings].warmup_readings;
}

std::string_view Pipeline::member_name(std::uint32_t group, std::uint8_t member) const noexcept {
    for (std::size_t slot = 0; slot < channels_used_; ++slot) {
        const Channel& channel = channels_[slot];
        for (std::uint8_t seat = 0; channel.used && seat < channel.seat_count; ++seat) {
            if (channel.seats[seat].group == group && channel.seats[seat].member == member) return channel.name.view();
        }
    }
    return {};
}

// By the members as the settings name them, so that the pumps of one [[group]] have equal inputs, here and elsewhere.
std::uint64_t Pipeline::inputs_fingerprint(const Group& group) const noexcept {
    std::uint64_t hash = fnv1a(group.model->name());
    if (group.settings == Group::alone) return hash;
    for (const std::string& channel : settings_.groups[group.settings].channels) {
        hash = fnv1a(channel, fnv1a("/", hash));
    }
    // What is predicted, and by what way: the same in the pumps of one [[group]] too.
    return group.predictor == nullptr ? hash : prediction_fingerprint(settings_.groups[group.settings], hash);
}

void Pipeline::write_model(const Group& group, ByteWriter& out) const noexcept {
    out.put(fnv1a(group.name.view(), group_fingerprint(group.settings)));
    group.model->snapshot(out);
}

std::span<const std::byte> Pipeline::saved_copy(std::uint32_t slot, std::span<const std::byte> entry) const noexcept {
    const Group& group = groups_[slot];
    ByteReader in(entry);
    const auto hash = in.get<std::uint64_t>();
    if (!in.ok() || hash != fnv1a(group.name.view(), group_fingerprint(group.settings))) return {};
    return in.get_bytes(in.left());
}

std::optional<ModelRefusal> Pipeline::refusal_of(const ModelCommand& command, const ModelOrigin& origin) noexcept {
    const std::uint32_t slot = find_group(command.group);
    if (slot == no_slot) return ModelRefusal::unknown_group;
    const Group& group = groups_[slot];
    if (!origin.model.empty() && origin.model != group.model->name()) return ModelRefusal::wrong_model;
    if (origin.fingerprint && *origin.fingerprint != inputs_fingerprint(group)) return ModelRefusal::wrong_model;
    if (origin.newer_only && command.made_ns <= group.imported_ns) return ModelRefusal::not_newer;
    const bool room = copies_.fits([&](ByteWriter& out) { write_model(group, out); });
    return room ? std::nullopt : std::optional(ModelRefusal::busy);
}

// The level and the spread of now are normal: the standardisation begins anew with them, and the model sees them where
// it knows its way. What it learns beside that it learns unjudged. (Were the model to learn the change itself, its
// calibration would hold the largest deviations there are, and nothing would be strange to it any more.)
void Pipeline::accept(std::uint32_t slot, Moment& moment) noexcept {
    for (std::size_t each = 0; each < channels_used_; ++each) {
        Channel& channel = channels_[each];
        const std::span<const Seat> seats = std::span(channel.seats).first(channel.used ? channel.seat_count : 0);
        const auto sits_there = [slot](const Seat& seat) { return seat.group == slot; };
        if (!std::ranges::any_of(seats, sits_there)) continue;
        const bool derived = channel.preprocess_fingerprint == Channel::derived;
        channel.preprocess = Preprocess(derived ? PreprocessSettings{} : sources_[channel.source].settings.preprocess);
        channel.changed_at = moment.position;
        for (const Seat& seat : seats) {
            Group& group = groups_[seat.group];
            group.vectors = 0;
            group.unjudged = group.model->settling() + std::max(warmup_of(group), unjudged_least);
            // One that held on would keep the channel's standardisation from learning.
            settle(rules_, group, moment);
            group.changed_at = moment.position;
        }
    }
}

std::optional<ModelRefusal> Pipeline::on_model_command(std::span<const std::byte> body, Moment& moment) noexcept {
    const std::optional<ModelCommand> command = decode_model_command(body);
    if (!command) return ModelRefusal::malformed;
    const std::uint32_t slot = find_group(command->group);
    if (slot == no_slot) return ModelRefusal::unknown_group;
    Group& group = groups_[slot];
    if (!copies_.keep(slot, moment.position, [&](ByteWriter& out) { write_model(group, out); })) {
        return ModelRefusal::busy;
    }

    using Action = ModelCommand::Action;
    if (command->action == Action::import || command->action == Action::rollback) {
        ByteReader snapshot(command->snapshot);
        if (!group.model->restore(snapshot) || snapshot.left() != 0) {
            ByteReader before(saved_copy(slot, copies_.newest()));
            if (!group.model->restore(before)) group.model->reset();
            copies_.drop_newest();
            return ModelRefusal::wrong_model;
        }
    }
    copies_.drop_before(slot, moment.position);
    if (command->action == Action::import) group.imported_ns = command->made_ns;
    if (command->action == Action::reset) group.model->reset();
    group.unjudged = 0;
    if (command->action == Action::accept) accept(slot, moment);

    settle(rules_, group, moment);
    group.changed_at = moment.position;
    group.model_changed_at = moment.position;
    group.commanded_at = moment.position;
    return std::nullopt;
}

}  // namespace redshank
