#include <algorithm>

#include "agent/pipeline.hpp"

// Which channel belongs to which groups and rules: decided once, when the channel or group is first seen (or restored).

namespace redshank {

namespace {

// A channel in a [[group]] is a field name, or with a topic a whole channel name; labels stand for their values.
bool is_member(std::string_view entry, const Channel& channel, const TopicPattern& pattern,
               const Labels& labels) noexcept {
    if (entry == channel.field()) return true;
    ChannelName whole;
    return substitute_labels(entry, pattern, labels, whole) && whole == channel.name;
}

}  // namespace

// What a channel's model input depends on: a range only refuses, smoothing changes values.
std::uint64_t Pipeline::fingerprint_of(const PreprocessSettings& settings) noexcept {
    constexpr std::uint64_t prime = 0x100000001b3ULL;
    std::uint64_t hash = (fnv1a_start ^ settings.smooth_alpha_q16) * prime;
    const std::uint64_t windows = std::uint64_t{settings.smooth_readings} << 8 | settings.despike_readings;
    if (windows != 0) hash = (hash ^ windows) * prime;
    if (settings.deadband) {
        hash = (hash ^ static_cast<std::uint64_t>(settings.deadband->mantissa)) * prime;
        hash = (hash ^ settings.deadband->scale) * prime;
    }
    return hash;
}

// Which model on which members.
std::uint64_t Pipeline::group_fingerprint(std::uint16_t settings) const noexcept {
    if (settings == Group::alone) return fnv1a(settings_.anomaly.model);
    const GroupSettings& group = settings_.groups[settings];
    std::uint64_t hash = fnv1a(group.name, fnv1a(group.model));
    for (const std::string& channel : group.channels) hash = fnv1a(channel, fnv1a("/", hash));
    if (group.task == Task::anomaly) return hash;
    hash = prediction_fingerprint(group, hash);
    if (group.label_within_ns == 0) return hash;
    return fnv1a(std::to_string(group.label_rows), fnv1a(group.label_by == LabelJoin::id ? "id" : "time", hash));
}

std::uint32_t Pipeline::find_channel(std::string_view name) const noexcept {
    return channel_index_.find(name, [this](std::uint32_t slot) { return channels_[slot].name.view(); });
}

std::uint32_t Pipeline::find_group(std::string_view name) const noexcept {
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        if (groups_[slot].used && groups_[slot].name.view() == name) return slot;
    }
    return no_slot;
}

std::uint32_t Pipeline::channel_of(std::uint16_t source, std::string_view topic, std::string_view field,
                                   const Labels& labels, Moment& moment) noexcept {
    const std::string_view prefix = sources_.prefix_of(sources_[source].settings.broker_index);
    ChannelName name;
    if (!name.assign(prefix) || !name.append(topic) || !name.append(":") || !name.append(field)) return no_slot;
    if (const std::uint32_t known = find_channel(name.view()); known != NameIndex::none) return known;
    const std::uint32_t slot = new_channel(name, prefix.size() + topic.size(), source, moment);
    if (slot != no_slot) attach(slot, labels, moment);
    return slot;
}

// source: Sources::none for what groups predict, which has no preprocessing.
std::uint32_t Pipeline::new_channel(const ChannelName& name, std::size_t topic_bytes, std::uint16_t source,
                                    Moment& moment) noexcept {
    while (channel_free_ < channels_.size() && channels_[channel_free_].used) ++channel_free_;
    if (channel_free_ == channels_.size()) return no_slot;
    const auto slot = static_cast<std::uint32_t>(channel_free_++);
    channels_used_ = std::max(channels_used_, channel_free_);
    ++channel_count_;
    Channel& channel = channels_[slot];
    channel = {};
    channel.used = true;
    channel.name = name;
    channel.topic_bytes = static_cast<std::uint16_t>(topic_bytes);
    channel.source = source;
    if (source != Sources::none) {
        channel.broker_bytes =
            static_cast<std::uint16_t>(sources_.prefix_of(sources_[source].settings.broker_index).size());
    }
    const bool read = source != Sources::none;
    const PreprocessSettings preprocess = read ? sources_[source].settings.preprocess : PreprocessSettings{};
    channel.preprocess = Preprocess(preprocess);
    configure(channel);
    channel.preprocess_fingerprint = read ? input_fingerprint(channel) : Channel::predicted;
    if (!rolling_.empty()) rolling_[slot] = {};
    channel.changed_at = moment.position;
    channel_index_.insert(name.view(), slot);
    return slot;
}

std::uint16_t Pipeline::source_of(const Channel& channel, Labels& labels) const noexcept {
    const std::uint8_t broker = sources_.broker_of_prefix(channel.broker_prefix());
    return broker == Sources::unknown_broker ? Sources::none : sources_.find(channel.topic_at_broker(), labels, broker);
}

void Pipeline::attach(std::uint32_t slot, const Labels& labels, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    const TopicPattern& pattern = sources_[channel.source].pattern;
    if (associations_) associations_->watch(slot, channel.name.view());
    if (settings_.groups.empty()) seat(slot, channel.name, Group::alone, 0, moment);
    const auto kinds = static_cast<std::uint16_t>(settings_.groups.size());
    for (std::uint16_t kind = 0; kind < kinds; ++kind) {
        const GroupSettings& group = settings_.groups[kind];
        const auto members = static_cast<std::uint8_t>(group.channels.size());
        for (std::uint8_t member = 0; member < members; ++member) {
            if (!is_member(group.channels[member], channel, pattern, labels)) continue;
            ChannelName name;
            if (substitute_labels(group.name, pattern, labels, name)) seat(slot, name, kind, member, moment);
            break;
        }
    }
    attach_rules(slot, moment);
}

void Pipeline::seat(std::uint32_t slot, const ChannelName& group_name, std::uint16_t settings, std::uint8_t member,
                    Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    if (channel.seat_count == Channel::seats_max) {
        ++groups_refused_;
        return;
    }
    const std::uint32_t group = group_of(group_name, settings, broker_of_channel(channel), moment);
    if (group == no_slot) return;
    channel.seats[channel.seat_count++] = {group, member};
    const bool read = channel.source != Sources::none && channel.preprocess_fingerprint > Channel::derived;
    if (!fills_.empty() && read) {
        fills_[group].set_mode(member, sources_[channel.source].settings.preprocess.fill);
    }
    if (groups_[group].predictor != nullptr) groups_[group].predictor->channels[member] = slot;
}

std::uint32_t Pipeline::group_of(const ChannelName& name, std::uint16_t settings, std::uint8_t broker,
                                 Moment& moment) noexcept {
    if (const std::uint32_t known = find_group(name.view()); known != no_slot) {
        if (groups_[known].settings == settings) return known;
        ++groups_refused_;  // "pump-{a}" and "pump-{b}" gave one name: it is the first one's
        return no_slot;
    }
    const std::size_t kind = settings == Group::alone ? 0 : settings;
    for (std::uint32_t slot = group_first_[kind]; slot < group_first_[kind + 1]; ++slot) {
        if (groups_[slot].used) continue;
        begin_group(slot, name, settings);
        groups_[slot].broker = broker;
        groups_[slot].changed_at = moment.position;
        groups_[slot].model_changed_at = moment.position;
        attach_group_rules(slot, moment);
        return slot;
    }
    ++groups_refused_;
    return no_slot;
}

void Pipeline::begin_group(std::uint32_t slot, const ChannelName& name, std::uint16_t settings) noexcept {
    Group& group = groups_[slot];
    std::unique_ptr<Model> model = std::move(group.model);
    Predictor* const predictor = group.predictor;
    group = {};
    group.model = std::move(model);
    group.model->reset();
    group.predictor = predictor;
    if (!fills_.empty()) fills_[slot] = {};
    if (predictor != nullptr) predictor->channels.fill(Predictor::no_channel);
    group.used = true;
    group.name = name;
    group.settings = settings;
    const bool alone = settings == Group::alone;
    group.members = alone ? std::uint8_t{1} : static_cast<std::uint8_t>(settings_.groups[settings].channels.size());
    if (!alone && settings_.groups[settings].label_within_ns > 0) {
        const GroupSettings& kind = settings_.groups[settings];
        const auto target = std::find(kind.channels.begin(), kind.channels.end(), kind.target);
        group.label = static_cast<std::uint8_t>(target - kind.channels.begin());
    }
    group.hold_ns = alone ? settings_.anomaly.hold_ns : settings_.groups[settings].hold_ns;
    ++groups_used_;
}

}  // namespace redshank
