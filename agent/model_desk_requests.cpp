#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/model_desk.hpp"
#include "agent/model_file.hpp"
#include "agent/settings_keys.hpp"
#include "agent/topic_text.hpp"
#include "drivers/clock.hpp"
#include "drivers/topic.hpp"

// Requests of the local operator. A group's name stands last in a request, because it may hold spaces.

namespace redshank {

namespace {

constexpr std::int64_t covered_within_ns = 8'000'000'000;  // the client waits longer
constexpr std::int64_t sent_within_ns = 8'000'000'000;

ControlAnswer refused(const std::string& why) {
    return {.ok = false, .body = why};
}

std::string_view next_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

// Of one group, copied under the pipeline's mutex.
struct GroupFigures {
    ChannelName name;
    std::string_view model;
    std::size_t members = 0;
    std::uint64_t vectors = 0;
    std::uint64_t learned = 0;
    std::uint32_t warmup = 0;
    std::uint32_t unjudged = 0;
    Score last_score;
    bool firing = false;
    bool held = false;
    std::int64_t imported_ns = 0;
    std::size_t memory_bytes = 0;
    std::size_t snapshot_bytes = 0;
    std::uint64_t fingerprint = 0;
};

GroupFigures figures_of(const Pipeline& pipeline, const Group& group) {
    return {.name = group.name,
            .model = group.model->name(),
            .members = group.members,
            .vectors = group.vectors,
            .learned = group.model->learned(),
            .warmup = pipeline.warmup_of(group),
            .unjudged = group.unjudged,
            .last_score = group.last_score,
            .firing = group.firing,
            .held = group.held,
            .imported_ns = group.imported_ns,
            .memory_bytes = group.model->bytes(),
            .snapshot_bytes = group.model->snapshot_bytes(),
            .fingerprint = pipeline.inputs_fingerprint(group)};
}

std::string_view state_of(const GroupFigures& group) {
    if (group.held) return "holding";      // an alert fires: nothing is learned
    if (group.firing) return "following";  // it fires longer than the longest hold: learned all the same
    if (group.unjudged > 0) return "accepting";
    return group.learned < group.warmup ? "warming" : "watching";
}

void write_group(JsonWriter& json, const GroupFigures& group) {
    json.member("group", group.name.view()).member("model", group.model).member("members", group.members);
    json.member("state", state_of(group)).member("vectors", group.vectors).member("learned", group.learned);
    json.member("score", group.last_score.score).member("imported_ns", group.imported_ns);
}

std::size_t json_bytes(std::size_t groups) {
    return 1024 + groups * (1024 + 6 * channel_name_bytes_max);
}

}  // namespace

ControlAnswer ModelDesk::answer(std::string_view request) {
    std::string_view rest = request;
    next_word(rest);
    const std::string_view what = next_word(rest);
    if (what == "list") return list();
    if (what == "show") return show(rest);
    if (what == "export") return export_file(rest);
    if (what == "import") return import_file(rest);
    if (what == "accept") return command(ModelCommand::Action::accept, rest);
    if (what == "reset") return command(ModelCommand::Action::reset, rest);
    if (what == "rollback") return rollback(rest);
    if (what == "send") return send(rest);
    return refused("unknown request");
}

ControlAnswer ModelDesk::list() {
    std::vector<GroupFigures> groups;
    std::size_t slots = 0;
    {
        Intake::Held held(intake_);
        slots = held.pipeline().group_table().size();
    }
    for (std::size_t slot = 0; slot < slots; ++slot) {  // a lock each: readings go on between them
        Intake::Held held(intake_);
        const Group& group = held.pipeline().group_table()[slot];
        if (group.used) groups.push_back(figures_of(held.pipeline(), group));
    }
    std::vector<char> room(json_bytes(groups.size()));
    JsonWriter json(room);
    json.begin_object().key("models").begin_array();
    for (const GroupFigures& group : groups) {
        json.begin_object();
        write_group(json, group);
        json.end_object();
    }
    json.end_array().end_object();
    return {.ok = json.ok(), .body = std::string(json.text())};
}

ControlAnswer ModelDesk::show(std::string_view name) {
    GroupFigures group;
    std::vector<std::string> members;
    {
        Intake::Held held(intake_);
        const Pipeline& pipeline = held.pipeline();
        const std::uint32_t slot = pipeline.find_group(name);
        if (slot != Pipeline::no_slot) {
            group = figures_of(pipeline, pipeline.group_table()[slot]);
            for (std::size_t member = 0; member < group.members; ++member) {
                members.emplace_back(pipeline.member_name(slot, static_cast<std::uint8_t>(member)));
            }
        }
    }
    if (group.members == 0) return no_such_group(name);
    const Outcome<std::vector<std::byte>> before = kept_before(name);

    std::vector<char> room(json_bytes(members.size() + 1));
    std::array<char, 17> fingerprint{};
    std::snprintf(fingerprint.data(), fingerprint.size(), "%016llx",
                  static_cast<unsigned long long>(group.fingerprint));
    JsonWriter json(room);
    json.begin_object();
    write_group(json, group);
    json.member("warm", group.last_score.warm).member("warmup", group.warmup).member("unjudged", group.unjudged);
    json.member("memory_bytes", group.memory_bytes).member("snapshot_bytes", group.snapshot_bytes);
    json.member("inputs", fingerprint.data());
    json.member("can_roll_back", before && !before->empty()).key("channels").begin_array();
    for (const std::string& member : members) json.value(member);
    json.end_array().end_object();
    return {.ok = json.ok(), .body = std::string(json.text())};
}

ControlAnswer ModelDesk::export_file(std::string_view name) {
    std::vector<std::byte> snapshot(model_file_bytes_max);
    std::string model;
    std::uint64_t fingerprint = 0;
    bool fits = false;
    {
        Intake::Held held(intake_);
        const Pipeline& pipeline = held.pipeline();
        const std::uint32_t slot = pipeline.find_group(name);
        if (slot != Pipeline::no_slot) {
            const Group& group = pipeline.group_table()[slot];
            ByteWriter out(snapshot);
            group.model->snapshot(out);
            fits = out.ok();
            snapshot.resize(out.used());
            model = group.model->name();
            fingerprint = pipeline.inputs_fingerprint(group);
        }
    }
    if (model.empty()) return no_such_group(name);
    const std::vector<std::byte> file = encode_model_file({.model = model,
                                                           .group = name,
                                                           .agent = settings_.agent.id,
                                                           .inputs_fingerprint = fingerprint,
                                                           .made_ns = wall_ns(),
                                                           .snapshot = snapshot});
    if (!fits || file.empty()) return refused("the model is larger than a model file may be");
    return {.ok = true, .body = std::string(reinterpret_cast<const char*>(file.data()), file.size())};
}

// "<0|1: without a trusted signature> <base64> [group]"
ControlAnswer ModelDesk::import_file(std::string_view rest) {
    const bool as_it_is = next_word(rest) == "1";
    const std::string_view text = next_word(rest);
    std::vector<std::byte> bytes(model_file_bytes_max);
    const auto size = parse_base64(text, bytes);
    bytes.resize(size.value_or(0));
    ChannelName name;
    const auto refuse = [&](ModelRefusal why) {
        count(name, why, false);
        return refused("the model is refused: " + std::string(meaning_of(why)));
    };
    if (!size) return refuse(ModelRefusal::malformed);
    const auto file = read_model_file(bytes);
    if (!file) return refuse(file.error());
    const bool elsewhere = !rest.empty() && rest != file->group;
    const std::string group(rest.empty() ? file->group : rest);
    name.assign(group);

    const std::optional<ModelRefusal> signature = check_signature(*file, trusted_);
    const bool waived = as_it_is || trusted_.empty();
    if (signature && !(waived && *signature != ModelRefusal::signature)) {
        count(name, *signature, false);
        const bool may_be_waived = *signature != ModelRefusal::signature;
        return refused("the model is refused: " + std::string(meaning_of(*signature)) +
                       (may_be_waived ? "; --unsigned takes it all the same" : ""));
    }
    ModelOrigin origin{.model = file->model};
    if (!elsewhere) origin.fingerprint = file->inputs_fingerprint;  // with --group the operator knows better
    return run(
        {.action = ModelCommand::Action::import, .group = group, .made_ns = file->made_ns, .snapshot = file->snapshot},
        origin, "group " + group + " has the model that " + std::string(file->agent) + " made\n");
}

ControlAnswer ModelDesk::command(ModelCommand::Action action, std::string_view group) {
    const std::string name(group);
    return run({.action = action, .group = group}, {},
               action == ModelCommand::Action::accept
                   ? "what group " + name + " sees now is normal: it learns, and judges again when it has learned\n"
                   : "the model of group " + name + " begins anew\n");
}

ControlAnswer ModelDesk::rollback(std::string_view group) {
    bool known = false;
    {
        Intake::Held held(intake_);
        known = held.pipeline().find_group(group) != Pipeline::no_slot;
    }
    if (!known) return no_such_group(group);
    const Outcome<std::vector<std::byte>> before = kept_before(group);
    if (!before) return refused(before.error());
    if (before->empty()) return refused("no model of before is kept for group " + std::string(group));
    return run({.action = ModelCommand::Action::rollback, .group = group, .snapshot = *before}, {},
               "group " + std::string(group) + " has its former model again\n");
}

// The snapshot from before the last command, empty when there is none.
Outcome<std::vector<std::byte>> ModelDesk::kept_before(std::string_view group) {
    std::uint32_t slot = Pipeline::no_slot;
    std::uint64_t position = 0;
    {
        Intake::Held held(intake_);
        slot = held.pipeline().find_group(group);
        position = held.pipeline().position();
    }
    if (slot == Pipeline::no_slot) return std::vector<std::byte>();
    std::array<char, 32> key{};
    std::snprintf(key.data(), key.size(), "before/%05u", static_cast<unsigned>(slot));
    if (!keeper_.wait_covered(position, covered_within_ns)) return failure("no checkpoint succeeds: see storage");
    Outcome<std::vector<std::byte>> entry = keeper_.saved_entry(key.data(), covered_within_ns);
    if (!entry) return entry;
    Intake::Held held(intake_);
    if (held.pipeline().find_group(group) != slot) return std::vector<std::byte>();
    const std::span<const std::byte> snapshot = held.pipeline().saved_copy(slot, *entry);
    return std::vector<std::byte>(snapshot.begin(), snapshot.end());
}

ControlAnswer ModelDesk::run(const ModelCommand& command, const ModelOrigin& origin, const std::string& done) {
    const Intake::Commanded commanded = intake_.command(command, origin);
    ChannelName group;
    group.assign(command.group);
    if (command.action == ModelCommand::Action::import) count(group, commanded.refusal, false);
    if (commanded.refusal == ModelRefusal::unknown_group) return no_such_group(command.group);
    if (commanded.refusal) return refused("refused: " + std::string(meaning_of(*commanded.refusal)));
    if (!keeper_.wait_covered(commanded.position, covered_within_ns)) {
        return refused("done, but not on disk yet: no checkpoint succeeds, see storage");
    }
    return {.ok = true, .body = done};
}

// "<0|1: retained> <base64> <base topic>"
ControlAnswer ModelDesk::send(std::string_view rest) {
    const bool retain = next_word(rest) == "1";
    const std::string_view text = next_word(rest);
    std::vector<std::byte> bytes(model_file_bytes_max);
    const auto size = parse_base64(text, bytes);
    bytes.resize(size.value_or(0));
    const auto file = read_model_file(bytes);
    if (!file) return refused(std::string(meaning_of(file.error())));
    TopicText topic;
    if (!valid_topic(rest) || !model_topic(topic, rest, file->group)) return refused("that is no base topic");
    if (rest == settings_.mqtt.base_topic) return refused("that is this agent's own base topic");
    ControlAnswer answer = publish(topic.view(), bytes, retain, sent_within_ns);
    if (answer.ok) answer.body = "sent to " + std::string(topic.view()) + "\n";
    return answer;
}

ControlAnswer ModelDesk::no_such_group(std::string_view name) {
    std::vector<ChannelName> names;
    {
        Intake::Held held(intake_);
        for (const Group& group : held.pipeline().group_table()) {
            if (group.used) names.push_back(group.name);
        }
    }
    std::vector<std::string_view> words;
    words.reserve(names.size());
    for (const ChannelName& each : names) words.push_back(each.view());
    const std::string_view nearest = nearest_word(name, words);
    return refused("there is no group \"" + std::string(name) + "\"" +
                   (nearest.empty() ? "" : ": did you mean \"" + std::string(nearest) + "\"?"));
}

}  // namespace redshank
