#include <algorithm>
#include <charconv>
#include <cmath>

#include "agent/pipeline.hpp"

// Restoring, under the settings of now: what they no longer have is left over and becomes results at `began`.

namespace redshank {

namespace {

std::optional<std::uint32_t> slot_of(std::string_view key, std::string_view kind) noexcept {
    if (!key.starts_with(kind) || key.size() <= kind.size() || key[kind.size()] != '/') return std::nullopt;
    const std::string_view digits = key.substr(kind.size() + 1);
    std::uint32_t slot = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return slot;
}

}  // namespace

bool Pipeline::read_base(ByteReader& in) {
    leftover_.format = in.get<std::uint8_t>();
    if (leftover_.format < 1 || leftover_.format > state_format) return false;
    leftover_.boot = in.get<std::uint64_t>();
    position_ = in.get<std::uint64_t>();
    leftover_.now_ns = in.get<std::int64_t>();
    wall_trusted_ = in.get<bool>();
    for (std::uint32_t* size : {&leftover_.channels, &leftover_.groups, &leftover_.rule_states, &leftover_.sources}) {
        *size = in.get<std::uint32_t>();
    }
    leftover_.group_now.assign(leftover_.groups, no_slot);
    leftover_.other_boot = leftover_.boot != boot_;
    leftover_.restoring = true;
    if (leftover_.other_boot) position_ = 0;
    now_ns_ = leftover_.now_ns;
    ledger_.read(in);
    rules_.read_common(in, leftover_.format);
    brokers_[0].redelivery.read(in);
    brokers_[0].messages = ledger_.messages;  // unless an entry of its own says otherwise
    return in.ok();
}

bool Pipeline::read_channel(std::uint32_t slot, ByteReader& in) {
    Channel channel;
    channel.name.assign(in.get_text());
    const auto bytes = in.get<std::uint16_t>();
    channel.topic_bytes = bytes & 0xffU;
    channel.broker_bytes = static_cast<std::uint16_t>(bytes >> 8U);
    if (!in.ok() || channel.topic_bytes >= channel.name.size() || channel.broker_bytes > channel.topic_bytes)
        return false;
    const auto fingerprint = in.get<std::uint64_t>();
    const bool predicted = fingerprint == Channel::predicted;
    const bool derived = fingerprint == Channel::derived;
    Labels labels;
    channel.source = predicted ? Sources::none : source_of(channel, labels);
    const bool read = channel.source != Sources::none && !derived && sources_.takes(channel.source, channel.field());
    const bool from_other = derived && channel.source != Sources::none && keeps_derived(channel);
    channel.used = slot < channels_.size() && (predicted ? keeps_predictions_as(channel) : read || from_other);
    const PreprocessSettings preprocess =
        channel.used && read ? sources_[channel.source].settings.preprocess : PreprocessSettings{};
    channel.preprocess = Preprocess(preprocess);
    configure(channel);
    channel.preprocess_fingerprint = channel.used && read ? input_fingerprint(channel) : fingerprint;
    const auto boot = in.get<std::uint64_t>();
    channel.has_pivot = in.get<bool>();
    channel.pivot = in.get<std::int64_t>();
    channel.readings = in.get<std::uint64_t>();
    channel.scale.read(in);
    channel.preprocess.read(in, leftover_.format < format_with_links);
    channel.windows.read(in);
    if (leftover_.format >= format_with_links) {
        channel.has_last = in.get<bool>();
        channel.last_raw = in.get<std::int64_t>();
        channel.last_ns = in.get<std::int64_t>();
        if (!read_links(in)) return false;
    }
    if (!in.ok()) return false;
    for (std::size_t window = 0; window < Windows::windows_max; ++window) {
        OpenWindow& open = channel.windows[window];
        if (!open.open || (channel.used && boot == boot_)) continue;
        AggregateRow row;
        row.boot = boot;
        row.channel = channel.name;
        row.clock = open.clock;
        row.start_ns = open.start_ns;
        row.length_ns = open.length_ns;
        row.quality = open.quality | quality::split;
        row.parts = open.parts;
        leftover_.windows.push_back(row);
        leftover_.window_places.push_back(timer_of(slot, window));
        open.open = false;
    }
    if (!channel.used) return true;
    if (fingerprint != channel.preprocess_fingerprint) {
        channel.preprocess = Preprocess(preprocess);
        channel.has_last = false;
        channel.inputs_changed = true;
    }
    channels_[slot] = channel;
    ++channel_count_;
    channels_used_ = std::max<std::size_t>(channels_used_, slot + 1);
    channel_index_.insert(channels_[slot].name.view(), slot);
    for (std::size_t window = 0; window < Windows::windows_max; ++window) {
        if (channel.windows[window].open) timers_.set(timer_of(slot, window), channel.windows[window].deadline_ns);
    }
    return true;
}

// "models stay if their inputs are unchanged": the same model on the same members, else the group begins anew. The
// share of slots of its [[group]] may be another one by now.
bool Pipeline::read_group(std::uint32_t saved_slot, ByteReader& in) {
    if (leftover_.format == 1) return true;  // for models of another meaning
    ChannelName name;
    name.assign(in.get_text());
    const bool alone = in.get<bool>();
    const auto saved_fingerprint = in.get<std::uint64_t>();
    if (!in.ok()) return false;
    if (alone != settings_.groups.empty()) return true;
    std::uint16_t settings = alone ? Group::alone : 0;
    while (!alone && settings < settings_.groups.size() && group_fingerprint(settings) != saved_fingerprint) ++settings;
    if (alone ? group_fingerprint(settings) != saved_fingerprint : settings == settings_.groups.size()) return true;
    const std::size_t kind = alone ? 0 : settings;
    std::uint32_t slot = saved_slot;
    if (slot < group_first_[kind] || slot >= group_first_[kind + 1] || groups_[slot].used) {
        slot = group_first_[kind];
        while (slot < group_first_[kind + 1] && groups_[slot].used) ++slot;
        if (slot == group_first_[kind + 1]) return true;
    }
    leftover_.group_now[saved_slot] = slot;

    begin_group(slot, name, settings);
    Group& group = groups_[slot];
    group.known = in.get<std::uint64_t>();
    group.fresh = in.get<std::uint64_t>();
    for (std::size_t member = 0; member < group.members; ++member) {
        group.values[member] = in.get<float>();
        group.standardised[member] = in.get<float>();
        if (!std::isfinite(group.values[member]) || !std::isfinite(group.standardised[member])) return false;
    }
    group.suppression.read(in);
    group.vectors = in.get<std::uint64_t>();
    group.firing = in.get<bool>();
    group.firing_since_ns = in.get<std::int64_t>();
    group.held = in.get<bool>();
    if (leftover_.format >= 3) {
        group.unjudged = in.get<std::uint32_t>();
        group.imported_ns = in.get<std::int64_t>();
    }
    if (leftover_.format >= format_with_links) {
        if (!read_links(in)) return false;
        GroupFill passed_over;
        const auto broker = in.get<std::uint8_t>();
        group.broker = broker < brokers_.size() ? broker : std::uint8_t{0};
        if (in.get<bool>()) (fills_.empty() ? passed_over : fills_[slot]).read(group.members, in);
    }
    if (group.predictor != nullptr) group.predictor->read_row(in);
    return in.ok();
}

// Models are saved less often than groups: one that belongs to another group by now is left alone.
bool Pipeline::read_model(std::uint32_t saved_slot, ByteReader& in) {
    const std::uint32_t slot = leftover_.group_now[saved_slot];
    if (slot == no_slot) return true;
    Group& group = groups_[slot];
    const bool ours = in.get<std::uint64_t>() == fnv1a(group.name.view(), group_fingerprint(group.settings));
    if (ours && !group.model->restore(in)) group.model->reset();
    return true;
}

bool Pipeline::read_rule(std::uint32_t slot, ByteReader& in) {
    ByteReader again = in;
    const SavedRuleName saved = read_rule_name(in);
    const auto gone = [&] {
        if (saved.state != AlertState::firing) return in.ok();
        AlertRow row;
        row.rule = saved.rule;
        row.channel = saved.target;
        row.severity = saved.severity;
        leftover_.alerts.push_back(row);
        return in.ok();
    };
    std::uint16_t rule = 0;
    while (rule < rules_.rules() &&
           !(rules_.rule(rule).name == saved.rule && rules_.rule(rule).first.kind == saved.kind)) {
        ++rule;
    }
    if (rule == rules_.rules() || slot >= rules_.capacity()) return gone();
    const std::optional<AlertRules::Target> target = saved_target(rule, saved.target.view());
    if (!target) return gone();
    rules_.read_into(slot, rule, *target, again, leftover_.format);
    return again.ok();
}

// What the saved name is called now; nullopt: nothing is.
std::optional<AlertRules::Target> Pipeline::saved_target(std::uint16_t rule, std::string_view name) const noexcept {
    const auto whole = [](const ChannelName& named) {
        return AlertRules::Target{.named = &named, .name_bytes = static_cast<std::uint16_t>(named.size())};
    };
    if (rules_.rule(rule).first.kind == Condition::Kind::broker_lost) {
        for (std::size_t broker = 0; broker < broker_names_.size(); ++broker) {
            if (broker_names_[broker].view() != name) continue;
            AlertRules::Target target = whole(broker_names_[broker]);
            target.broker = static_cast<std::uint8_t>(broker);
            return target;
        }
        return std::nullopt;
    }
    if (rules_.rule(rule).first.on_score()) {
        const std::uint32_t group = find_group(name);
        if (group == no_slot) return std::nullopt;
        AlertRules::Target target = whole(groups_[group].name);
        target.broker = groups_[group].broker;
        return target;
    }
    if (rules_.rule(rule).per == RulePer::channel) {
        const std::uint32_t channel = find_channel(name);
        if (channel == NameIndex::none) return std::nullopt;
        return target_of(rule, channels_[channel]);
    }
    for (const Channel& channel : channels_) {
        if (!channel.used || !channel_matches(rule, channel)) continue;
        const AlertRules::Target target = target_of(rule, channel);
        if (target.view() == name) return target;
    }
    return std::nullopt;
}

// Of the windows that the channel of that slot was saved with, which may be left over by now.
bool Pipeline::read_sketches(std::uint32_t slot, ByteReader& in) {
    std::array<QuantileSketch, Windows::windows_max> sketches;
    if (!Windows::read_sketches(in, sketches)) return false;
    for (std::size_t i = 0; i < leftover_.windows.size(); ++i) {
        const std::uint32_t place = leftover_.window_places[i];
        if (place / Windows::windows_max == slot) {
            leftover_.windows[i].parts.sketch = sketches[place % Windows::windows_max];
        }
    }
    for (std::size_t window = 0; slot < channels_.size() && window < Windows::windows_max; ++window) {
        OpenWindow& open = channels_[slot].windows[window];
        if (channels_[slot].used && open.open) open.parts.sketch = sketches[window];
    }
    return true;
}

bool Pipeline::read_links(ByteReader& in) {
    const auto count = in.get<std::uint8_t>();
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) leftover_.holding.push_back(in.get<std::uint64_t>());
    return in.ok();
}

bool Pipeline::restore(std::string_view key, std::span<const std::byte> value) {
    ByteReader in(value);
    if (key == "base") return read_base(in);
    if (const auto slot = slot_of(key, "channel")) return *slot >= leftover_.channels || read_channel(*slot, in);
    if (const auto slot = slot_of(key, "group")) return *slot >= leftover_.groups || read_group(*slot, in);
    if (const auto slot = slot_of(key, "model")) return *slot >= leftover_.groups || read_model(*slot, in);
    if (const auto slot = slot_of(key, "rule")) return *slot >= leftover_.rule_states || read_rule(*slot, in);
    if (const auto slot = slot_of(key, "rolling")) {
        const bool kept = *slot < rolling_.size() && channels_[*slot].used && !channels_[*slot].inputs_changed;
        if (!kept) return true;
        rolling_[*slot].read(in);
        return in.ok();
    }
    if (const auto slot = slot_of(key, "sketch")) return *slot >= leftover_.channels || read_sketches(*slot, in);
    if (key == "gate") return rules_.read_gate(in);
    if (slot_of(key, "broker")) return read_broker(in);
    if (key == "pairs") return !associations_ || associations_->read(in);
    if (slot_of(key, "before")) return true;  // the database alone keeps it
    const auto slot = slot_of(key, "source");
    if (!slot) return false;
    return *slot >= leftover_.sources || read_source(in);
}

bool Pipeline::read_source(ByteReader& in) noexcept {
    const std::string_view topic = in.get_text();
    const auto subscription_id = in.get<std::uint32_t>();
    const bool own_copies = in.get<bool>();
    SourceLedger ledger;
    ledger.read(in);
    const std::string_view broker = in.left() > 0 ? in.get_text() : std::string_view(broker_name(0));
    for (std::uint16_t source = 0; source < sources_.size() && in.ok(); ++source) {
        Source& to = sources_[source];
        if (to.settings.topic != topic || to.settings.broker != broker) continue;
        to.own_copies = own_copies && subscription_id == to.subscription_id;
        to.ledger = ledger;
        break;
    }
    return in.ok();
}

// By name: their order may be another one by now.
bool Pipeline::read_broker(ByteReader& in) noexcept {
    const std::string_view name = in.get_text();
    const auto messages = in.get<std::uint64_t>();
    for (std::size_t broker = 0; broker < brokers_.size() && in.ok(); ++broker) {
        if (broker_name(broker) != name) continue;
        brokers_[broker].messages = messages;
        if (broker > 0) brokers_[broker].redelivery.read(in);
        break;
    }
    return in.ok();
}

void Pipeline::leave_clear(std::uint32_t state) {
    if (rules_[state].state != AlertState::firing) return;
    AlertRow row = rules_.row(rules_[state]);
    row.state = AlertState::clear;
    row.value = 0;
    leftover_.alerts.push_back(row);
}

// What the model saw has another meaning now: nothing it knew counts any more, its alerts included.
void Pipeline::begin_anew(std::uint32_t slot) {
    Group& group = groups_[slot];
    for (std::uint8_t i = 0; i < group.rule_count; ++i) {
        leave_clear(group.rules[i].state);
        rules_.renew(group.rules[i]);
    }
    group.model->reset();
    group.known = 0;
    group.fresh = 0;
    if (!fills_.empty()) {
        for (std::uint8_t member = 0; member < group.members; ++member) fills_[slot].came_back(member);
    }
    group.values = {};
    group.standardised = {};
    group.suppression = {};
    group.vectors = 0;
    group.firing = false;
    group.held = false;
    group.unjudged = 0;
}

void Pipeline::restored() {
    // Nothing is made here: rule states that are new get their position from the checkpoint.
    struct Nothing final : Outputs {
        void alert(const AlertRow&) noexcept override {}
        void aggregate(const AggregateRow&, std::uint32_t) noexcept override {}
    } nothing;
    Moment moment{.boot = boot_, .position = position_, .now_ns = now_ns_, .ledger = ledger_, .out = nothing};

    std::ranges::sort(leftover_.holding);
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        if (groups_[slot].used) attach_group_rules(slot, moment);
    }
    std::vector<bool> seated(groups_.size());
    for (std::uint32_t slot = 0; slot < channels_used_; ++slot) {
        Channel& channel = channels_[slot];
        if (!channel.used) continue;
        if (channel.source == Sources::none) {
            attach_rules(slot, moment);
            continue;
        }
        Labels labels;
        source_of(channel, labels);
        attach(slot, labels, moment);
        for (std::uint8_t seat = 0; seat < channel.seat_count; ++seat) {
            const std::uint32_t group = channel.seats[seat].group;
            seated[group] = true;
            if (channel.inputs_changed) begin_anew(group);
        }
    }
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        if (!groups_[slot].used || seated[slot]) continue;
        groups_[slot].used = false;
        --groups_used_;
    }
    std::vector<bool> asked(rules_.capacity());
    for (const Channel& channel : channels_) {
        for (std::uint8_t i = 0; i < channel.rule_count; ++i) asked[channel.rules[i].state] = true;
    }
    for (const Group& group : groups_) {
        for (std::uint8_t i = 0; group.used && i < group.rule_count; ++i) asked[group.rules[i].state] = true;
    }
    for (std::uint32_t state = 0; state < rules_.capacity(); ++state) {
        const Rule& rule = rules_.rule(rules_[state].rule);
        const bool on_broker = rule.first.kind == Condition::Kind::broker_lost && rule.for_ns > 0;
        if (!rules_[state].used || asked[state] || on_broker) continue;
        leave_clear(state);
        rules_.drop(state);
    }
    rules_.restore_timers();
    leftover_.restoring = false;
    leftover_.holding = {};
}

}  // namespace redshank
