#include "agent/associations.hpp"

#include <algorithm>
#include <array>

#include "model/fnv1a.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;

// Of what decides which channel has which number, and which are watched.
std::uint64_t fingerprint_of(const Settings& settings) {
    std::uint64_t hash = fnv1a(std::to_string(settings.capacities.channels_max));
    hash = fnv1a(std::to_string(settings.associations.within_ns), fnv1a("/", hash));
    for (const std::string& channel : settings.associations.channels) hash = fnv1a(channel, fnv1a("/", hash));
    for (const SourceSettings& source : settings.sources) {
        hash = fnv1a(source.topic, fnv1a("/", hash));
        for (const std::string& field : source.fields) hash = fnv1a(field, fnv1a("?", hash));
    }
    return hash;
}

EventPairs::Event event_of(std::uint32_t channel, std::uint8_t state) noexcept {
    return static_cast<EventPairs::Event>(channel * Associations::states_most + state);
}

Associations::Rule::Event channel_and_state(EventPairs::Event event) noexcept {
    return {static_cast<std::uint32_t>(event / Associations::states_most),
            static_cast<std::uint8_t>(event % Associations::states_most)};
}

}  // namespace

Associations::Associations(const Settings& settings)
    : fingerprint_(fingerprint_of(settings)),
      pairs_(settings.associations.within_ns / ms_ns),
      last_(std::min(settings.capacities.channels_max, channels_most), unknown),
      watched_(last_.size()) {
    for (const std::string& channel : settings.associations.channels) {
        if (auto pattern = TopicPattern::parse(channel, TopicPattern::Use::name))
            patterns_.push_back(std::move(*pattern));
    }
}

void Associations::watch(std::uint32_t channel, std::string_view name) noexcept {
    if (channel >= watched_.size()) return;
    const bool wanted = std::any_of(patterns_.begin(), patterns_.end(),
                                    [name](const TopicPattern& pattern) { return pattern.matches(name); });
    watched_[channel] = wanted ? 1 : 0;
}

void Associations::on_reading(std::uint32_t channel, double value, std::int64_t now_ns,
                              std::uint64_t position) noexcept {
    if (channel >= watched_.size() || watched_[channel] == 0) return;
    if (!(value >= 0 && value < static_cast<double>(states_most))) return;
    const auto state = static_cast<std::uint8_t>(value);
    if (static_cast<double>(state) != value || state == last_[channel]) return;
    const bool change = last_[channel] != unknown;
    last_[channel] = state;
    changed_at_ = position;
    if (change) pairs_.see(event_of(channel, state), now_ns / ms_ns);
}

void Associations::began(std::uint64_t position) noexcept {
    pairs_.begin_again();
    changed_at_ = position;
}

std::size_t Associations::rules(std::span<Rule> out) const noexcept {
    std::array<EventPairs::Rule, rules_most> found;
    const std::size_t count = pairs_.rules({}, std::span(found).first(std::min(out.size(), found.size())));
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = {channel_and_state(found[i].antecedent), channel_and_state(found[i].consequent), found[i]};
    }
    return count;
}

void Associations::write(ByteWriter& out) const noexcept {
    out.put(fingerprint_);
    out.put_bytes(std::as_bytes(std::span(last_)));
    pairs_.snapshot(out);
}

bool Associations::read(ByteReader& in) noexcept {
    if (in.get<std::uint64_t>() != fingerprint_) return in.ok();
    const std::span<const std::byte> last = in.get_bytes(last_.size());
    if (!in.ok() || !pairs_.restore(in)) {
        pairs_.reset();
        return false;
    }
    std::transform(last.begin(), last.end(), last_.begin(),
                   [](std::byte state) { return std::to_integer<std::uint8_t>(state); });
    return std::all_of(last_.begin(), last_.end(),
                       [](std::uint8_t state) { return state < states_most || state == unknown; });
}

}  // namespace redshank
