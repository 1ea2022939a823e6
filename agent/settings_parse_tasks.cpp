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
    constexpr std::array<std::string_view, 2> kinds{"standardise", "pca"};
    const std::string& text = group.stages[outputs.error().stage];
    const std::string_view kind = std::string_view(text).substr(0, text.find(':'));
    const bool known = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    report.error(where + ".stages#" + std::to_string(outputs.error().stage),
                 "an element of stages " + outputs.error().why + (known ? "" : suggested(nearest_word(kind, kinds))));
}

void check_group(const Settings& settings, const GroupSettings& group, const std::string& where,
                 SettingsReport& report) {
    const bool good = report.good();
    const auto goes_with = [&](const char* key, const char* tasks) {
        if (report.has(where + "." + key))
            report.error(where + "." + key, std::string(key) + " goes with task = " + tasks + " only");
    };
    if (group.task != Task::classify) goes_with("classes", "\"classify\"");
    if (group.task == Task::anomaly) {
        goes_with("target", "\"forecast\" or \"classify\"");
        goes_with("stages", "\"forecast\" or \"classify\"");
    }
    check_model(group, where, report);
    if (group.task == Task::anomaly || group.channels.empty()) return;
    check_target(settings, group, where, report);
    const std::size_t members = group.channels.size();
    if (group.task == Task::classify) {
        if (group.target.empty()) {
            return report.error(where, "[[group]] with task = \"classify\" needs the key \"target\"");
        }
        if (members < 2) return report.error(where + ".channels", "channels must have one beside the target");
        check_stages(group, members - 1, where, report);
    } else {
        if (members > forecast_members_most) {
            return report.error(where + ".channels",
                                "channels must be at most " + std::to_string(forecast_members_most) +
                                    " for task = \"forecast\", the target included, not " + std::to_string(members));
        }
        check_stages(group, members * Lags::lags_for(members), where, report);
        if (group.model == forecast_model && transforms(group.stages)) {
            report.error(where + ".stages", "stages do not go with model = " + quoted(forecast_model) +
                                                ", which sees the rows themselves");
        }
    }
    if (good && report.good() && make_predictor(group) == nullptr) {
        report.error(where + ".channels", "channels must be fewer: model = " +
                                              quoted(model_behind(group.task, group.model, transforms(group.stages))) +
                                              " does not take as many");
    }
}

}  // namespace

void check_tasks(const Settings& settings, SettingsReport& report) {
    for (std::size_t i = 0; i < settings.groups.size(); ++i) {
        check_group(settings, settings.groups[i], "group#" + std::to_string(i), report);
    }
}

}  // namespace redshank
