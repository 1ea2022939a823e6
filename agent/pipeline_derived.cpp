#include <algorithm>
#include <charconv>

#include "agent/pipeline.hpp"

// What becomes of a reading before it is one: scale, offset and resolution; and the channels that are derived from it.
// A derived value is a reading like any other, of the channel "<channel>/<feature>".

namespace redshank {

namespace {

constexpr std::string_view seconds_in = "seconds_in/";
constexpr std::int64_t states = 16;
constexpr std::int64_t ns_per_ms = 1'000'000;

constexpr DerivedFeature counter_features[] = {{DerivedFeature::Kind::increase, 2},
                                               {DerivedFeature::Kind::counter_rate, 2}};

bool is_scaled(const ChannelSettings& settings) noexcept {
    return settings.scale.mantissa != 1 || settings.scale.scale != 0 || settings.offset.mantissa != 0;
}

}  // namespace

// A channel's [[channel]], once its name is known.
void Pipeline::configure(Channel& channel) const noexcept {
    channel.features.fill(no_slot);
    for (std::size_t i = 0; i < channel_patterns_.size(); ++i) {
        if (!channel_patterns_[i].matches(channel.name.view())) continue;
        channel.settings = static_cast<std::uint16_t>(i);
        break;
    }
    if (channel.settings == Channel::no_settings) return;
    const std::optional<Decimal>& resolution = settings_.channels[channel.settings].resolution;
    if (!resolution) return;
    std::int64_t mantissa = resolution->mantissa;
    std::uint8_t places = resolution->scale;
    for (; mantissa > 1 && places > 0; mantissa /= 10) --places;
    channel.scale.fix(places);
}

Result<Decimal> Pipeline::scaled(const Channel& channel, const Decimal& value) const noexcept {
    if (channel.settings == Channel::no_settings || channel.preprocess_fingerprint <= Channel::derived) return value;
    const ChannelSettings& settings = settings_.channels[channel.settings];
    if (!is_scaled(settings)) return value;
    return scale_decimal(value, settings.scale, settings.offset);
}

std::uint64_t Pipeline::input_fingerprint(const Channel& channel) const noexcept {
    const PreprocessSettings& preprocess = sources_[channel.source].settings.preprocess;
    std::uint64_t hash = fingerprint_of(preprocess);
    const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3ULL; };
    const auto mix_decimal = [&mix](const Decimal& value) {
        mix(static_cast<std::uint64_t>(value.mantissa));
        mix(value.scale);
    };
    if (channel.settings == Channel::no_settings || !is_scaled(settings_.channels[channel.settings])) return hash;
    mix_decimal(settings_.channels[channel.settings].scale);
    mix_decimal(settings_.channels[channel.settings].offset);
    return hash;
}

ChannelKind Pipeline::kind_of(const Channel& channel) const noexcept {
    if (channel.settings == Channel::no_settings || channel.preprocess_fingerprint <= Channel::derived) {
        return ChannelKind::gauge;
    }
    return settings_.channels[channel.settings].kind;
}

bool Pipeline::derives(const Channel& channel) const noexcept {
    if (channel.preprocess_fingerprint <= Channel::derived) return false;
    return !sources_[channel.source].derive.empty() || kind_of(channel) != ChannelKind::gauge;
}

void Pipeline::derive(std::uint32_t slot, std::int64_t raw, const EventTime& time, bool row, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    if (!derives(channel)) return;
    const ChannelKind kind = kind_of(channel);
    RollingWindow& window = rolling_[slot];
    const std::uint8_t exponent = channel.scale.exponent();
    if (kind == ChannelKind::state && channel.has_last && time.ns > channel.last_ns) {
        const std::int64_t state = rescale(channel.last_raw, -exponent);
        if (state >= 0 && state < states && rescale(state, exponent) == channel.last_raw) {
            char name[32];
            std::copy(seconds_in.begin(), seconds_in.end(), name);
            const auto end = std::to_chars(name + seconds_in.size(), name + sizeof name, state).ptr;
            const Decimal seconds{(time.ns - channel.last_ns) / ns_per_ms, 3, false};
            keep_derived(slot, {name, static_cast<std::size_t>(end - name)}, nullptr, seconds, time, row, moment);
        }
    }
    window.add(raw, time.ns);
    std::size_t at = 0;
    const auto make = [&](const DerivedFeature& feature) {
        std::uint32_t* const known = at < Channel::features_max ? &channel.features[at++] : nullptr;
        if (const std::optional<Decimal> value = window.derive(feature, exponent)) {
            keep_derived(slot, name_of(feature.kind), known, *value, time, row, moment);
        }
    };
    for (const DerivedFeature& feature : sources_[channel.source].derive) make(feature);
    if (kind != ChannelKind::counter) return;
    for (const DerivedFeature& feature : counter_features) make(feature);
}

// known: where the slot is kept once it is known; may be nullptr.
void Pipeline::keep_derived(std::uint32_t from, std::string_view feature, std::uint32_t* known, const Decimal& value,
                            const EventTime& time, bool row, Moment& moment) noexcept {
    ++moment.ledger.readings;
    const auto reject = [&] { ++moment.ledger.rejected[static_cast<std::size_t>(Error::channel_limit)]; };
    std::uint32_t slot = known != nullptr ? *known : no_slot;
    if (slot == no_slot) {
        const Channel& base = channels_[from];
        ChannelName name = base.name;
        if (!name.append("/") || !name.append(feature)) return reject();
        slot = find_channel(name.view());
        if (slot == NameIndex::none) {
            slot = new_channel(name, base.topic_bytes, base.source, moment);
            if (slot == no_slot) return reject();
            channels_[slot].preprocess = Preprocess(PreprocessSettings{});
            channels_[slot].preprocess_fingerprint = Channel::derived;
            Labels labels;
            source_of(channels_[slot], labels);
            attach(slot, labels, moment);
        }
        if (channels_[slot].preprocess_fingerprint != Channel::derived) return reject();  // a field of that very name
        if (known != nullptr) *known = slot;
    }
    on_reading(slot, value, time, row, moment);
}

// Under the settings of now, with the channel it comes from still there.
bool Pipeline::keeps_derived(const Channel& channel) const noexcept {
    const std::string_view name = channel.name.view();
    std::size_t slash = name.rfind('/');
    bool of_state = false;
    if (const std::size_t at = name.rfind(seconds_in); at != std::string_view::npos && at > 0) {
        of_state = at + seconds_in.size() == slash + 1;
        if (of_state) slash = at - 1;
    }
    if (slash == std::string_view::npos || slash <= channel.topic_bytes) return false;
    Channel base;
    base.name.assign(name.substr(0, slash));
    base.topic_bytes = channel.topic_bytes;
    base.broker_bytes = channel.broker_bytes;
    base.source = channel.source;
    base.preprocess_fingerprint = UINT64_MAX;
    configure(base);
    if (!sources_.takes(base.source, base.field())) return false;
    const std::string_view feature = name.substr(slash + 1);
    if (of_state) return kind_of(base) == ChannelKind::state;
    const auto is_it = [feature](const DerivedFeature& each) { return name_of(each.kind) == feature; };
    return std::ranges::any_of(sources_[base.source].derive, is_it) ||
           (kind_of(base) == ChannelKind::counter && std::ranges::any_of(counter_features, is_it));
}

}  // namespace redshank
