#include <algorithm>
#include <array>
#include <charconv>

#include "agent/pipeline.hpp"

// Saving and restoring: one entry per thing that changes by itself, so that a checkpoint writes only what changed.

namespace redshank {

namespace {

constexpr std::uint8_t format = 1;
constexpr std::size_t channel_bytes_max = 1536;
constexpr std::size_t group_bytes_max = 2048;
constexpr std::size_t rule_bytes_max = 512;
constexpr std::size_t source_bytes_max = 70'000;  // a topic may have 64 KiB
constexpr std::size_t key_bytes_max = 16;

struct Key {
    std::array<char, key_bytes_max> text{};
    std::size_t size = 0;
    std::string_view view() const noexcept { return {text.data(), size}; }
};

// "channel/00042": in key order is in slot order.
Key key_of(std::string_view kind, std::uint32_t slot) noexcept {
    Key key;
    std::copy(kind.begin(), kind.end(), key.text.begin());
    key.size = kind.size();
    key.text[key.size++] = '/';
    for (std::uint32_t divisor = 10'000; divisor > 0; divisor /= 10) {
        key.text[key.size++] = static_cast<char>('0' + slot / divisor % 10);
    }
    return key;
}

std::optional<std::uint32_t> slot_of(std::string_view key, std::string_view kind) noexcept {
    if (!key.starts_with(kind) || key.size() <= kind.size() || key[kind.size()] != '/') return std::nullopt;
    const std::string_view digits = key.substr(kind.size() + 1);
    std::uint32_t slot = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return slot;
}

}  // namespace

std::size_t Pipeline::saved_bytes_max() const noexcept {
    std::size_t most =
        std::max({channel_bytes_max, group_bytes_max, source_bytes_max, 1024 + redelivery_.written_bytes_max()});
    for (const Group& group : groups_) most = std::max(most, snapshot_bytes_max(group.model->name()) + 8);
    return most;
}

std::size_t Pipeline::saved_total_max() const noexcept {
    std::size_t total = 1024 + redelivery_.written_bytes_max() + sources_.size() * (1024 + key_bytes_max);
    for (std::uint16_t source = 0; source < sources_.size(); ++source) total += sources_[source].settings.topic.size();
    total += channels_.size() * (channel_bytes_max + key_bytes_max);
    total += rules_.capacity() * (rule_bytes_max + key_bytes_max);
    for (const Group& group : groups_)
        total += group_bytes_max + snapshot_bytes_max(group.model->name()) + 2 * key_bytes_max;
    return total;
}

void Pipeline::save(std::uint64_t since, std::optional<std::uint64_t> models_since, std::span<std::byte> scratch,
                    const SaveEntry& take) const {
    const bool all = since < save_all_after_ || since == 0;
    const auto entry = [&](const Key& key, bool used, std::uint64_t changed_at, const auto& write) {
        if (!all && changed_at <= since) return;
        ByteWriter out(scratch);
        if (used) write(out);
        if (!out.ok()) std::abort();  // scratch is sized for the largest entry
        if (used || all) take(key.view(), out.written());
    };
    for (std::uint32_t slot = 0; slot < channels_.size(); ++slot) {
        const Channel& channel = channels_[slot];
        entry(key_of("channel", slot), channel.used, channel.changed_at,
              [&](ByteWriter& out) { write_channel(channel, out); });
    }
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        const Group& group = groups_[slot];
        entry(key_of("group", slot), group.used, group.changed_at, [&](ByteWriter& out) { write_group(group, out); });
        const bool model_changed = group.used && models_since && group.model_changed_at > *models_since;
        if (!model_changed && (group.used || !all)) continue;
        entry(key_of("model", slot), group.used, UINT64_MAX, [&](ByteWriter& out) {
            out.put(fnv1a(group.name.view(), group_fingerprint(group.settings)));
            group.model->snapshot(out);
        });
    }
    for (std::uint32_t slot = 0; slot < rules_.capacity(); ++slot) {
        entry(key_of("rule", slot), rules_[slot].used, rules_[slot].changed_at,
              [&](ByteWriter& out) { rules_.write(slot, out); });
    }
    for (std::uint16_t source = 0; source < sources_.size(); ++source) {
        entry(key_of("source", source), true, sources_[source].changed_at, [&](ByteWriter& out) {
            out.put_text(sources_[source].settings.topic);
            sources_[source].ledger.write(out);
        });
    }
    ByteWriter out(scratch);
    write_pipeline(out);
    take("pipeline", out.written());
}

void Pipeline::each_model(std::span<std::byte> scratch, const SaveEntry& take) const {
    for (const Group& group : groups_) {
        if (!group.used) continue;
        ByteWriter out(scratch);
        group.model->snapshot(out);
        take(group.name.view(), out.written());
    }
}

void Pipeline::write_pipeline(ByteWriter& out) const noexcept {
    out.put(format);
    out.put(boot_);
    out.put(position_);
    out.put(now_ns_);
    out.put(wall_trusted_);
    ledger_.write(out);
    rules_.write_common(out);
    redelivery_.write(out);
}

bool Pipeline::read_pipeline(ByteReader& in) noexcept {
    if (in.get<std::uint8_t>() != format) return false;
    leftover_.boot = in.get<std::uint64_t>();
    position_ = in.get<std::uint64_t>();
    leftover_.now_ns = in.get<std::int64_t>();
    wall_trusted_ = in.get<bool>();
    leftover_.other_boot = leftover_.boot != boot_;
    if (leftover_.other_boot) position_ = 0;
    now_ns_ = leftover_.now_ns;
    ledger_.read(in);
    rules_.read_common(in);
    redelivery_.read(in);
    return in.ok();
}

void Pipeline::write_channel(const Channel& channel, ByteWriter& out) const noexcept {
    out.put_text(channel.name.view());
    out.put(channel.topic_bytes);
    out.put(channel.preprocess_fingerprint);
    out.put(boot_);
    out.put(channel.has_pivot);
    out.put(channel.pivot);
    out.put(channel.readings);
    channel.scale.write(out);
    channel.preprocess.write(out);
    channel.windows.write(out);
}

bool Pipeline::read_channel(std::uint32_t slot, ByteReader& in) {
    Channel channel;
    channel.name.assign(in.get_text());
    channel.topic_bytes = in.get<std::uint16_t>();
    if (!in.ok() || channel.topic_bytes >= channel.name.size()) return false;
    Labels labels;
    channel.source = sources_.find(channel.topic(), labels);
    channel.used =
        slot < channels_.size() && channel.source != Sources::none && sources_.takes(channel.source, channel.field());
    const PreprocessSettings preprocess =
        channel.used ? sources_[channel.source].settings.preprocess : PreprocessSettings{};
    channel.preprocess = Preprocess(preprocess);
    channel.preprocess_fingerprint = fingerprint_of(preprocess);
    const auto fingerprint = in.get<std::uint64_t>();
    const auto boot = in.get<std::uint64_t>();
    channel.has_pivot = in.get<bool>();
    channel.pivot = in.get<std::int64_t>();
    channel.readings = in.get<std::uint64_t>();
    channel.scale.read(in);
    channel.preprocess.read(in);
    channel.windows.read(in);
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
        open.open = false;
    }
    if (!channel.used) return true;
    if (fingerprint != channel.preprocess_fingerprint) {
        channel.preprocess = Preprocess(preprocess);
        channel.inputs_changed = true;
    }
    channels_[slot] = channel;
    channels_used_ = std::max<std::size_t>(channels_used_, slot + 1);
    channel_index_.insert(channels_[slot].name.view(), slot);
    for (std::size_t window = 0; window < Windows::windows_max; ++window) {
        if (channel.windows[window].open) timers_.set(timer_of(slot, window), channel.windows[window].deadline_ns);
    }
    return true;
}

void Pipeline::write_group(const Group& group, ByteWriter& out) const noexcept {
    out.put_text(group.name.view());
    out.put(group.settings == Group::alone);
    out.put(group_fingerprint(group.settings));
    out.put(group.known);
    out.put(group.fresh);
    for (const StandardisedQ16 value : group.values) out.put(value);
    group.lags.write(out);
    group.suppression.write(out);
    out.put(group.vectors);
    out.put(group.firing);
    out.put(group.firing_since_ns);
    out.put(group.held);
}

bool Pipeline::read_group(std::uint32_t slot, ByteReader& in) {
    ChannelName name;
    name.assign(in.get_text());
    const bool alone = in.get<bool>();
    const auto saved_fingerprint = in.get<std::uint64_t>();
    // The [[group]] whose share of slots this is.
    std::uint16_t settings = Group::alone;
    if (slot >= groups_.size() || alone != settings_.groups.empty()) return in.ok();
    if (!alone) {
        settings = 0;
        while (group_first_[settings + 1u] <= slot) ++settings;
    }
    // "models stay if their inputs are unchanged": the same model on the same members, else the group begins anew.
    if (saved_fingerprint != group_fingerprint(settings)) return in.ok();
    begin_group(slot, name, settings);
    Group& group = groups_[slot];
    group.known = in.get<std::uint32_t>();
    group.fresh = in.get<std::uint32_t>();
    for (StandardisedQ16& value : group.values) value = in.get<StandardisedQ16>();
    group.lags.read(in);
    group.suppression.read(in);
    group.vectors = in.get<std::uint64_t>();
    group.firing = in.get<bool>();
    group.firing_since_ns = in.get<std::int64_t>();
    group.held = in.get<bool>();
    return in.ok();
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
    while (rule < rules_.rules() && !(rules_.rule(rule).name == saved.rule)) ++rule;
    if (rule == rules_.rules() || slot >= rules_.capacity()) return gone();
    const bool on_group = rules_.rule(rule).is_default_anomaly || !settings_.rules[rule].group.empty();
    const std::uint32_t target = on_group ? find_group(saved.target.view()) : find_channel(saved.target.view());
    if (target == no_slot) return gone();
    rules_.read_into(slot, rule, on_group ? groups_[target].name : channels_[target].name, again);
    return again.ok();
}

bool Pipeline::restore(std::string_view key, std::span<const std::byte> value) {
    ByteReader in(value);
    if (key == "pipeline") return read_pipeline(in);
    if (const auto slot = slot_of(key, "channel")) return read_channel(*slot, in);
    if (const auto slot = slot_of(key, "group")) return read_group(*slot, in);
    if (const auto slot = slot_of(key, "model")) {
        // Models are saved less often than groups: one that belongs to another group by now is left alone.
        const auto whose = in.get<std::uint64_t>();
        if (*slot >= groups_.size() || !groups_[*slot].used) return true;
        Group& group = groups_[*slot];
        const bool ours = whose == fnv1a(group.name.view(), group_fingerprint(group.settings));
        if (ours && !group.model->restore(in)) group.model->reset();
        return true;
    }
    if (const auto slot = slot_of(key, "rule")) return read_rule(*slot, in);
    if (slot_of(key, "source")) {
        const std::string_view topic = in.get_text();
        for (std::uint16_t source = 0; source < sources_.size(); ++source) {
            if (sources_[source].settings.topic == topic) sources_[source].ledger.read(in);
        }
        return in.ok();
    }
    return false;
}

void Pipeline::leave_over(std::uint32_t state) {
    if (rules_[state].state == AlertState::firing) leftover_.alerts.push_back(rules_.row(rules_[state]));
    rules_.drop(state);
}

void Pipeline::restored() {
    // Nothing is made here: rule states that are new get their position from the checkpoint.
    struct Nothing final : Outputs {
        void alert(const AlertRow&) noexcept override {}
        void aggregate(const AggregateRow&, std::uint32_t) noexcept override {}
    } nothing;
    Moment moment{.boot = boot_, .position = position_, .now_ns = now_ns_, .ledger = ledger_, .out = nothing};

    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        if (groups_[slot].used) attach_group_rules(slot, moment);
    }
    std::vector<bool> seated(groups_.size());
    for (std::uint32_t slot = 0; slot < channels_used_; ++slot) {
        Channel& channel = channels_[slot];
        if (!channel.used) continue;
        Labels labels;
        sources_.find(channel.topic(), labels);
        attach(slot, labels, moment);
        for (std::uint8_t seat = 0; seat < channel.seat_count; ++seat) {
            const std::uint32_t group = channel.seats[seat].group;
            seated[group] = true;
            if (channel.inputs_changed) groups_[group].model->reset();
        }
    }
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        if (!groups_[slot].used || seated[slot]) continue;
        groups_[slot].used = false;
        --groups_used_;
    }
    std::vector<bool> asked(rules_.capacity());
    for (const Channel& channel : channels_) {
        for (std::uint8_t i = 0; i < channel.rule_count; ++i) asked[channel.rules[i]] = true;
    }
    for (const Group& group : groups_) {
        for (std::uint8_t i = 0; group.used && i < group.rule_count; ++i) asked[group.rules[i]] = true;
    }
    for (std::uint32_t state = 0; state < rules_.capacity(); ++state) {
        if (rules_[state].used && !asked[state]) leave_over(state);
    }
    rules_.restore_timers();
}

}  // namespace redshank
