#include "agent/subscriptions.hpp"

#include <algorithm>

#include "agent/sources.hpp"
#include "model/bytes.hpp"

namespace redshank {

namespace {

constexpr std::string_view state_key = "agent/subscriptions";
constexpr std::string_view first_broker = "mqtt";

}  // namespace

std::string SubscriptionTable::key_of(std::string_view broker) {
    std::string key(state_key);
    if (broker != first_broker) key.append("/").append(broker);
    return key;
}

std::optional<std::string> SubscriptionTable::broker_of_key(std::string_view key) {
    if (key == state_key) return std::string(first_broker);
    if (!key.starts_with(state_key) || key.substr(state_key.size(), 1) != "/") return std::nullopt;
    return std::string(key.substr(state_key.size() + 1));
}

void SubscriptionTable::read(std::span<const std::byte> saved) {
    ByteReader in(saved);
    next_ = std::max<std::uint32_t>(in.get<std::uint32_t>(), 1);
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        Entry entry;
        entry.filter = in.get_text();
        entry.identifier = in.get<std::uint32_t>();
        if (in.ok()) entries_.push_back(std::move(entry));
    }
}

std::vector<std::byte> SubscriptionTable::write() const {
    std::size_t size = 8;
    for (const Entry& entry : entries_) size += 6 + entry.filter.size();
    std::vector<std::byte> bytes(size);
    ByteWriter out(bytes);
    out.put(next_);
    out.put(static_cast<std::uint32_t>(entries_.size()));
    for (const Entry& entry : entries_) {
        out.put_text(entry.filter);
        out.put(entry.identifier);
    }
    return bytes;
}

void SubscriptionTable::assign(const Settings& settings, std::size_t broker) {
    for (Entry& entry : entries_) entry.place = unwanted_place;
    const auto want = [this](const std::string& filter, std::size_t place) {
        const auto known =
            std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.filter == filter; });
        if (known != entries_.end()) {
            known->place = std::min(known->place, place);
        } else {
            entries_.push_back({filter, next_++, place});
        }
    };
    if (broker == 0 && !settings.models.trusted_keys.empty()) want(model_filter(settings), 0);
    if (broker == 0 && settings.alerts.commands) want(command_filter(settings), 0);
    for (std::size_t source = 0; source < settings.sources.size(); ++source) {
        if (settings.sources[source].broker_index != broker) continue;
        want(checked_pattern(settings.sources[source].topic, TopicPattern::Use::topic).filter(), source + 1);
    }
    if (broker_at(settings, broker).version == 3) leave_out_covered();
    auto unwanted = static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.wanted(); }));
    std::erase_if(entries_,
                  [&](const Entry& entry) { return !entry.wanted() && unwanted > unwanted_max && unwanted-- > 0; });
}

// No two filters are equal, so that none can cover each other.
void SubscriptionTable::leave_out_covered() {
    std::vector<bool> covered;
    covered.reserve(entries_.size());
    for (const Entry& narrow : entries_) {
        covered.push_back(std::any_of(entries_.begin(), entries_.end(), [&](const Entry& wide) {
            return &wide != &narrow && wide.wanted() && filter_covers(wide.filter, narrow.filter);
        }));
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (covered[i]) entries_[i].place = unwanted_place;
    }
}

std::uint32_t SubscriptionTable::identifier_of(const std::string& filter) const {
    for (const Entry& entry : entries_) {
        if (entry.filter == filter) return entry.identifier;
    }
    return 0;
}

std::vector<MqttSubscription> SubscriptionTable::wanted() const {
    std::vector<const Entry*> entries;
    for (const Entry& entry : entries_) {
        if (entry.wanted()) entries.push_back(&entry);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) { return a->place < b->place; });
    std::vector<MqttSubscription> wanted;
    wanted.reserve(entries.size());
    for (const Entry* entry : entries) wanted.push_back({entry->filter, entry->identifier});
    return wanted;
}

std::vector<std::string> SubscriptionTable::unwanted() const {
    std::vector<std::string> unwanted;
    for (const Entry& entry : entries_) {
        if (!entry.wanted()) unwanted.push_back(entry.filter);
    }
    return unwanted;
}

}  // namespace redshank
