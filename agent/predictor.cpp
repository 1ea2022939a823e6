#include "agent/predictor.hpp"

#include <bit>
#include <cmath>

#include "model/fnv1a.hpp"

namespace redshank {

void Predictor::write_row(ByteWriter& out) const noexcept {
    for (std::size_t member = 0; member < members_; ++member) out.put(std::bit_cast<std::uint64_t>(values_[member]));
    write_own_row(out);
}

void Predictor::read_row(ByteReader& in) noexcept {
    for (std::size_t member = 0; member < members_; ++member) {
        values_[member] = std::bit_cast<double>(in.get<std::uint64_t>());
        if (!std::isfinite(values_[member])) {
            in.get_bytes(SIZE_MAX);
            return;
        }
    }
    read_own_row(in);
}

std::uint64_t prediction_fingerprint(const GroupSettings& settings, std::uint64_t hash) noexcept {
    hash = fnv1a(settings.target, fnv1a(name_of(settings.task), hash));
    hash = fnv1a(model_behind(settings.task, settings.model, transforms(settings.stages)), hash);
    for (const std::string& stage : settings.stages) hash = fnv1a(stage, fnv1a("/", hash));
    for (const std::string& candidate : settings.candidates) hash = fnv1a(candidate, fnv1a("?", hash));
    const auto classes = static_cast<char>(settings.classes);
    return fnv1a(std::string_view(&classes, 1), hash);
}

std::unique_ptr<Predictor> make_predictor(const GroupSettings& settings) {
    switch (settings.task) {
        case Task::forecast:
            return make_forecast_predictor(settings);
        case Task::classify:
            return make_class_predictor(settings);
        case Task::cluster:
            return make_cluster_predictor(settings);
        case Task::anomaly:
            break;
    }
    return nullptr;
}

}  // namespace redshank
