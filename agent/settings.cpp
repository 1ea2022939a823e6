#include "agent/settings.hpp"

#include <algorithm>

#include "agent/alert_rules.hpp"
#include "agent/associations.hpp"
#include "agent/budget.hpp"
#include "agent/settings_parse_units.hpp"
#include "model/model.hpp"

namespace redshank {

std::vector<Unrelated> related(const Settings& settings) {
    std::vector<Unrelated> wrong;
    const Capacities& limits = settings.capacities;
    const auto at_least = [&](const char* key, std::uint64_t value, std::uint64_t least, const std::string& why) {
        if (value < least) wrong.push_back({key, "must be at least " + std::to_string(least) + ": " + why});
    };
    const std::string channels = std::to_string(limits.channels_max) + " channels";
    if (settings.groups.empty()) {
        at_least("limits.groups", limits.groups_max, limits.channels_max,
                 "without [[group]] each of the " + channels + " is judged alone");
    }
    at_least("limits.rule_states", limits.rule_states_max, limits.groups_max,
             "the default rule watches each of the " + std::to_string(limits.groups_max) + " groups");
    at_least("limits.results", limits.results_max, 4 * limits.channels_max,
             "with four for each of the " + channels + " there are always two to merge");
    if (!settings.associations.channels.empty() && limits.channels_max > Associations::channels_most) {
        wrong.push_back({"associations.channels", "goes with at most " + std::to_string(Associations::channels_most) +
                                                      " channels (limits.channels)"});
    }
    // A record is the payload and its topic, and takes at most a quarter of the ring.
    const std::uint64_t inbox_least = 4 * (limits.payload_bytes_max + 1024);
    if (limits.inbox_bytes < inbox_least) {
        wrong.push_back({"limits.inbox",
                         "must be at least " + std::to_string((inbox_least + 1023) / 1024) + "KiB: four messages of " +
                             format_size(static_cast<std::int64_t>(limits.payload_bytes_max)) + " (mqtt.payload_max)"});
    }
    if (const std::uint64_t least = disk_bytes_least(settings); settings.storage.bytes_max < least) {
        wrong.push_back(
            {"storage.max_bytes", "must be at least " + std::to_string((least + 1023) / 1024) + "KiB: the state of " +
                                      channels + " and " + std::to_string(limits.groups_max) +
                                      " groups, as it is saved at its widest, must always find room ([limits])"});
    }
    for (std::size_t i = 0; i < settings.groups.size(); ++i) {
        const GroupSettings& group = settings.groups[i];
        const std::size_t members = group.channels.size();
        const auto at_most = [&](std::size_t most, const std::string& whose) {
            if (members <= most) return false;
            wrong.push_back({"group#" + std::to_string(i) + ".channels", "channels must be at most " +
                                                                             std::to_string(most) + " (" + whose +
                                                                             "), not " + std::to_string(members)});
            return true;
        };
        if (at_most(limits.group_members_max, "limits.group_members")) continue;
        if (group.task != Task::anomaly) continue;  // whose models say so themselves
        for (const ModelKind& kind : model_kinds()) {
            if (kind.name == group.model) at_most(kind.members_most, "model = \"" + group.model + "\"");
        }
    }
    return wrong;
}

std::size_t rule_slots(const Settings& settings) {
    return settings.capacities.rule_states_max + AlertRules::brokers_max;
}

bool predicts(const Settings& settings) {
    return std::any_of(settings.groups.begin(), settings.groups.end(),
                       [](const GroupSettings& group) { return group.task != Task::anomaly; });
}

bool derives_any(const Settings& settings) {
    return std::ranges::any_of(settings.sources, [](const SourceSettings& source) { return !source.derive.empty(); }) ||
           std::ranges::any_of(settings.channels,
                               [](const ChannelSettings& channel) { return channel.kind != ChannelKind::gauge; });
}

bool fills_any(const Settings& settings) {
    return std::ranges::any_of(settings.sources,
                               [](const SourceSettings& source) { return source.preprocess.fill != Fill::hold; });
}

bool has_format(const Settings& settings, PayloadFormat format) {
    return std::any_of(settings.sources.begin(), settings.sources.end(),
                       [format](const SourceSettings& source) { return source.format == format; });
}

std::vector<std::uint32_t> group_shares(const Settings& settings) {
    const Capacities& limits = settings.capacities;
    if (settings.groups.empty()) return {0, static_cast<std::uint32_t>(limits.channels_max)};
    const auto labelled = [](const GroupSettings& group) { return group.name.find('{') != std::string::npos; };
    const auto sharing =
        static_cast<std::size_t>(std::count_if(settings.groups.begin(), settings.groups.end(), labelled));
    const std::size_t single = std::min(settings.groups.size() - sharing, limits.groups_max);
    const std::size_t shared = limits.groups_max - single;
    std::vector<std::uint32_t> first;
    std::size_t singles = 0;
    std::size_t shares = 0;
    const auto end = [&] { return std::min(singles, single) + (sharing == 0 ? 0 : shared * shares / sharing); };
    first.push_back(0);
    for (const GroupSettings& group : settings.groups) {
        labelled(group) ? ++shares : ++singles;
        first.push_back(static_cast<std::uint32_t>(end()));
    }
    return first;
}

}  // namespace redshank
