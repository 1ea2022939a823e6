#include <algorithm>
#include <array>

#include "agent/pipeline.hpp"

// Saving: one entry per thing that changes by itself, so that a checkpoint writes only what changed.

namespace redshank {

namespace {

constexpr std::size_t channel_bytes_max = 2048;
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

std::size_t group_bytes_max_of(const Group& group) noexcept {
    return group_bytes_max + (group.predictor != nullptr ? group.predictor->row_bytes() : 0);
}

}  // namespace

std::size_t Pipeline::saved_bytes_max() const noexcept {
    std::size_t most = std::max({channel_bytes_max, group_bytes_max, source_bytes_max,
                                 1024 + brokers_[0].redelivery.written_bytes_max(), rules_.gate().written_bytes_max()});
    if (associations_) most = std::max(most, associations_->written_bytes());
    for (const Group& group : groups_) {
        most = std::max({most, group.model->snapshot_bytes() + 8, group_bytes_max_of(group)});
    }
    return most;
}

std::size_t Pipeline::saved_total_max() const noexcept {
    std::size_t total = 1024 + brokers_.size() * (64 + key_bytes_max + brokers_[0].redelivery.written_bytes_max()) +
                        sources_.size() * (1024 + key_bytes_max);
    for (std::uint16_t source = 0; source < sources_.size(); ++source) total += sources_[source].settings.topic.size();
    if (associations_) total += associations_->written_bytes() + key_bytes_max;
    total += rules_.gate().written_bytes_max() + key_bytes_max;
    total += channels_.size() * (channel_bytes_max + key_bytes_max);
    total += channels_.size() * (Windows::sketches_bytes_max + key_bytes_max);
    total += rolling_.size() * (RollingWindow::written_bytes_max + key_bytes_max);
    total += rules_.capacity() * (rule_bytes_max + key_bytes_max);
    for (const Group& group : groups_)
        total += group_bytes_max_of(group) + group.model->snapshot_bytes() + 3 * key_bytes_max;
    return total + ModelCopies::bytes_max;
}

void Pipeline::save(std::uint64_t since, std::optional<std::uint64_t> models_since, std::span<std::byte> scratch,
                    const SaveEntry& take) const {
    const bool all = since < save_all_after_ || since == 0;
    const bool all_models = models_since && (*models_since < save_all_after_ || *models_since == 0);
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
        entry(key_of("sketch", slot), channel.used, channel.changed_at,
              [&](ByteWriter& out) { channel.windows.write_sketches(out); });
        if (slot >= rolling_.size()) continue;
        entry(key_of("rolling", slot), channel.used && derives(channel), channel.changed_at,
              [&](ByteWriter& out) { rolling_[slot].write(out); });
    }
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        const Group& group = groups_[slot];
        entry(key_of("group", slot), group.used, group.changed_at, [&](ByteWriter& out) { write_group(group, out); });
        if (!group.used && all) take(key_of("before", slot).view(), {});
        const bool commanded = group.used && group.commanded_at > since;
        const bool model_changed =
            commanded || (group.used && models_since && (all_models || group.model_changed_at > *models_since));
        if (!model_changed && (group.used || !all)) continue;
        entry(key_of("model", slot), group.used, UINT64_MAX, [&](ByteWriter& out) { write_model(group, out); });
    }
    copies_.each(
        since, [&](std::uint32_t slot, std::span<const std::byte> copy) { take(key_of("before", slot).view(), copy); });
    for (std::uint32_t slot = 0; slot < rules_.capacity(); ++slot) {
        entry(key_of("rule", slot), rules_[slot].used, rules_[slot].changed_at,
              [&](ByteWriter& out) { rules_.write(slot, out); });
    }
    for (std::uint16_t source = 0; source < sources_.size(); ++source) {
        entry(key_of("source", source), true, sources_[source].changed_at, [&](ByteWriter& out) {
            out.put_text(sources_[source].settings.topic);
            out.put(sources_[source].subscription_id);
            out.put(sources_[source].own_copies);
            sources_[source].ledger.write(out);
            if (sources_[source].settings.broker_index != 0) out.put_text(sources_[source].settings.broker);
        });
    }
    // Of one broker alone "base" says everything.
    for (std::uint32_t broker = 0; broker < brokers_max; ++broker) {
        const bool used = brokers_.size() > 1 && broker < brokers_.size();
        if (!used && !all) continue;
        ByteWriter out(scratch);
        if (used) write_broker(broker, out);
        if (!out.ok()) std::abort();
        take(key_of("broker", broker).view(), out.written());
    }
    if (associations_ && (all || associations_->changed_at() > since)) {
        ByteWriter out(scratch);
        associations_->write(out);
        if (!out.ok()) std::abort();
        take("pairs", out.written());
    }
    if (all || rules_.gate_changed_at() > since) {
        ByteWriter out(scratch);
        rules_.write_gate(out);
        if (!out.ok()) std::abort();
        take("gate", out.written());
    }
    ByteWriter out(scratch);
    write_base(out);
    take("base", out.written());
}

void Pipeline::each_model(std::span<std::byte> scratch, const SaveEntry& take) const {
    for (const Group& group : groups_) {
        if (!group.used) continue;
        ByteWriter out(scratch);
        group.model->snapshot(out);
        take(group.name.view(), out.written());
    }
}

void Pipeline::write_base(ByteWriter& out) const noexcept {
    out.put(state_format);
    out.put(boot_);
    out.put(position_);
    out.put(now_ns_);
    out.put(wall_trusted_);
    for (const std::size_t size : {channels_.size(), groups_.size(), rules_.capacity(), std::size_t{sources_.size()}}) {
        out.put(static_cast<std::uint32_t>(size));
    }
    ledger_.write(out);
    rules_.write_common(out);
    brokers_[0].redelivery.write(out);
}

void Pipeline::write_broker(std::size_t broker, ByteWriter& out) const noexcept {
    out.put_text(broker_name(broker));
    out.put(brokers_[broker].messages);
    if (broker > 0) brokers_[broker].redelivery.write(out);
}

void Pipeline::write_channel(const Channel& channel, ByteWriter& out) const noexcept {
    out.put_text(channel.name.view());
    static_assert(channel_name_bytes_max < 256);
    out.put(static_cast<std::uint16_t>(channel.topic_bytes | channel.broker_bytes << 8U));
    out.put(channel.preprocess_fingerprint);
    out.put(boot_);
    out.put(channel.has_pivot);
    out.put(channel.pivot);
    out.put(channel.readings);
    channel.scale.write(out);
    channel.preprocess.write(out);
    channel.windows.write(out);
    out.put(channel.has_last);
    out.put(channel.last_raw);
    out.put(channel.last_ns);
    write_links(std::span(channel.rules).first(channel.rule_count), channel.name.view(), out);
}

void Pipeline::write_links(std::span<const RuleLink> links, std::string_view name, ByteWriter& out) const noexcept {
    const auto holds = [](const RuleLink& link) { return link.holds; };
    out.put(static_cast<std::uint8_t>(std::ranges::count_if(links, holds)));
    for (const RuleLink& link : links) {
        if (link.holds) out.put(link_key(link, name));
    }
}

void Pipeline::write_group(const Group& group, ByteWriter& out) const noexcept {
    out.put_text(group.name.view());
    out.put(group.settings == Group::alone);
    out.put(group_fingerprint(group.settings));
    out.put(group.known);
    out.put(group.fresh);
    for (std::size_t member = 0; member < group.members; ++member) {
        out.put(group.values[member]);
        out.put(group.standardised[member]);
    }
    group.suppression.write(out);
    out.put(group.vectors);
    out.put(group.firing);
    out.put(group.firing_since_ns);
    out.put(group.held);
    out.put(group.unjudged);
    out.put(group.imported_ns);
    write_links(std::span(group.rules).first(group.rule_count), group.name.view(), out);
    out.put(group.broker);
    out.put(!fills_.empty());
    if (!fills_.empty()) fills_[static_cast<std::size_t>(&group - groups_.data())].write(group.members, out);
    if (group.predictor != nullptr) group.predictor->write_row(out);
}

}  // namespace redshank
