#include "agent/settings.hpp"

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
        for (const ModelKind& kind : model_kinds()) {
            if (kind.name == group.model) at_most(kind.members_most, "model = \"" + group.model + "\"");
        }
    }
    return wrong;
}

}  // namespace redshank
