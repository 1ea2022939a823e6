#include "agent/settings_parse_tasks.hpp"

#include <algorithm>
#include <array>

#include "agent/predictor.hpp"
#include "agent/settings_keys.hpp"
#include "agent/tasks.hpp"
#include "model/lags.hpp"

namespace redshank {

namespace {

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string suggested(std::string_view nearest) {
    return nearest.empty() ? "" : ": did you mean " + quoted(nearest) + "?";
}

void check_model(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    const std::span<const std::string_view> models = models_of(group.task);
    if (models.empty()) {
        return report.error(where + ".task", "task " + quoted(name_of(group.task)) + " has no model in this version");
    }
    if (std::find(models.begin(), models.end(), group.model) != models.end()) return;
    std::string all;
    for (const std::string_view name : models) all += (all.empty() ? "" : ", ") + std::string(name);
    report.error(where + ".model", "model must be one of " + all + " for task = " + quoted(name_of(group.task)) +
                                       ", not " + shown(group.model) + suggested(nearest_word(group.model, models)));
}

// Where every source says which fields it has, the target is one of them.
void check_target(const Settings& settings, const GroupSettings& group, const std::string& where,
                  SettingsReport& report) {
    if (group.target.empty() || group.target.find(':') != std::string::npos || settings.sources.empty()) return;
    std::vector<std::string_view> fields;
    for (const SourceSettings& source : settings.sources) {
        if (source.fields.empty()) return;
        fields.insert(fields.end(), source.fields.begin(), source.fields.end());
    }
    if (std::find(fields.begin(), fields.end(), group.target) != fields.end()) return;
    report.error(where + ".target", "target " + shown(group.target) + " is no field of a [[source]]" +
                                        suggested(nearest_word(group.target, fields)));
}

void check_stages(const GroupSettings& group, std::size_t inputs, const std::string& where, SettingsReport& report) {
    const StageOutputs outputs = outputs_of(group.stages, inputs);
    if (outputs) return;
    const std::string& text = group.stages[outputs.error().stage];
    const std::string_view kind = std::string_view(text).substr(0, text.find(':'));
    const bool known = std::find(stage_kinds.begin(), stage_kinds.end(), kind) != stage_kinds.end();
    report.error(
        where + ".stages#" + std::to_string(outputs.error().stage),
        "an element of stages " + outputs.error().why + (known ? "" : suggested(nearest_word(kind, stage_kinds))));
}

// Where the stages that choose find what they choose by.
void check_selection(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    for (std::size_t i = 0; i < group.stages.size(); ++i) {
        const Outcome<Stage> stage = parse_stage(group.stages[i]);
        if (!stage || stage->kind != Stage::Kind::select) continue;
        const bool two = group.task == Task::classify && group.classes == 2;
        const bool one = group.task == Task::forecast && (!group.target.empty() || group.channels.size() == 1);
        if (two || one) continue;
        report.error(where + ".stages#" + std::to_string(i),
                     "an element of stages selects by one target that is a number: a \"forecast\" with a target, or "
                     "\"classify\" with classes = 2");
    }
}

void check_candidates(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    if (group.candidates.empty()) return;
    if (report.has(where + ".model")) {
        return report.error(where + ".model", "model and candidates are one or the other: the best candidate answers");
    }
    const std::vector<std::string_view> names = candidates_of(group.task);
    for (std::size_t i = 0; i < group.candidates.size(); ++i) {
        const std::string& name = group.candidates[i];
        const std::string key = where + ".candidates#" + std::to_string(i);
        const auto end = group.candidates.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(group.candidates.begin(), end, name) != end) {
            report.error(key, "an element of candidates is there twice: " + shown(name));
        } else if (std::find(names.begin(), names.end(), name) == names.end()) {
            std::string all;
            for (const std::string_view each : names) all += (all.empty() ? "" : ", ") + std::string(each);
            report.error(key, "an element of candidates must be one of " + all +
                                  " for task = " + quoted(name_of(group.task)) + ", not " + shown(name) +
                                  suggested(nearest_word(name, names)));
        }
    }
}

void check_classify(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    if (group.target.empty()) {
        return report.error(where, "[[group]] with task = \"classify\" needs the key \"target\"");
    }
    const std::size_t members = group.channels.size();
    if (members < 2) return report.error(where + ".channels", "channels must have one beside the target");
    check_stages(group, members - 1, where, report);
}

void check_forecast(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    const std::size_t members = group.channels.size();
    if (members > forecast_members_most) {
        return report.error(where + ".channels", "channels must be at most " + std::to_string(forecast_members_most) +
                                                     " for task = \"forecast\", the target included, not " +
                                                     std::to_string(members));
    }
    check_stages(group, members * Lags::lags_for(members), where, report);
    if (group.candidates.empty() && group.model == forecast_model && transforms(group.stages)) {
        report.error(where + ".stages",
                     "stages do not go with model = " + quoted(forecast_model) + ", which sees the rows themselves");
    }
}

void check_cluster(const GroupSettings& group, const std::string& where, SettingsReport& report) {
    const Outcome<Stage> last = group.stages.empty() ? failure("none") : parse_stage(group.stages.back());
    if (last && last->kind != Stage::Kind::kmeans) {
        return report.error(report.has(where + ".stages") ? where + ".stages" : where,
                            "stages of a group with task = \"cluster\" must end with how many clusters there are, like "
                            "\"kmeans:3\"");
    }
    check_stages(group, group.channels.size(), where, report);
}

void check_group(const Settings& settings, const GroupSettings& group, const std::string& where,
                 SettingsReport& report) {
    const bool good = report.good();
    const auto goes_with = [&](const char* key, const char* tasks) {
        if (report.has(where + "." + key))
            report.error(where + "." + key, std::string(key) + " goes with task = " + tasks + " only");
    };
    const bool has_target = group.task == Task::forecast || group.task == Task::classify;
    for (const char* key : {"classes", "label_within", "label_by", "label_rows"}) {
        if (group.task != Task::classify) goes_with(key, "\"classify\"");
    }
    for (const char* key : {"label_by", "label_rows"}) {
        if (group.task == Task::classify && group.label_within_ns == 0 && report.has(where + "." + key)) {
            report.error(where + "." + key, std::string(key) + " goes with label_within: how long a row waits");
        }
    }
    if (group.label_by == LabelJoin::id && group.label_within_ns > 0 && !settings.sources.empty() &&
        std::none_of(settings.sources.begin(), settings.sources.end(),
                     [](const SourceSettings& source) { return !source.id.empty(); })) {
        report.error(where + ".label_by", "label_by = \"id\" needs a [[source]] with the key \"id\"");
    }
    if (!has_target) {
        goes_with("target", "\"forecast\" or \"classify\"");
        goes_with("candidates", "\"forecast\" or \"classify\"");
    }
    if (group.task == Task::anomaly) goes_with("stages", "\"forecast\", \"classify\" or \"cluster\"");
    check_model(group, where, report);
    if (group.task == Task::anomaly || group.channels.empty()) return;
    if (has_target) {
        check_target(settings, group, where, report);
        check_candidates(group, where, report);
    }
    if (group.task == Task::classify) check_classify(group, where, report);
    if (group.task == Task::forecast) check_forecast(group, where, report);
    if (group.task == Task::cluster) check_cluster(group, where, report);
    check_selection(group, where, report);
    if (good && report.good() && make_predictor(group) == nullptr) {
        const std::string who =
            group.candidates.empty()
                ? "model = " + quoted(model_behind(group.task, group.model, transforms(group.stages)))
                : std::string("one of the candidates");
        report.error(where + ".channels", "channels must be fewer: " + who + " does not take as many");
    }
}

}  // namespace

void check_tasks(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.groups.size(); ++i) {
        check_group(settings, settings.groups[i], "group#" + std::to_string(i), report);
    }
}

}  // namespace redshank
