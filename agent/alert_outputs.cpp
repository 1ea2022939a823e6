#include "agent/alert_outputs.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <variant>

#include "drivers/uplink/wire.hpp"

namespace redshank {

AlertOutputs::AlertOutputs(const std::vector<OutputSettings>& settings) {
    queues_.reserve(settings.size());
    for (const OutputSettings& output : settings) queues_.push_back(std::make_unique<OutputQueue>(output));
    if (!queues_.empty()) wake_file_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

AlertOutputs::~AlertOutputs() {
    if (wake_file_ >= 0) close(wake_file_);
}

void AlertOutputs::add(const AlertRow& row) noexcept {
    for (const auto& queue : queues_) queue->add(row);
}

void AlertOutputs::wake() const noexcept {
    if (wake_file_ < 0) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_file_, &one, sizeof one);
}

std::uint64_t AlertOutputs::version() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& queue : queues_) sum += queue->version();
    return sum;
}

void AlertOutputs::save(ByteWriter& out) const noexcept {
    out.put(static_cast<std::uint32_t>(queues_.size()));
    for (const auto& queue : queues_) {
        out.put(queue->identity());
        queue->save(out);
    }
}

void AlertOutputs::restore(ByteReader& in) noexcept {
    std::array<bool, OutputSettings::outputs_most> taken{};
    const auto outputs = in.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < outputs && in.ok(); ++i) {
        const auto identity = in.get<std::uint64_t>();
        // Of several that are alike, the first one that nothing was put back into.
        OutputQueue* into = nullptr;
        for (std::size_t output = 0; output < queues_.size() && into == nullptr; ++output) {
            if (queues_[output]->identity() != identity || taken[output]) continue;
            into = queues_[output].get();
            taken[output] = true;
        }
        const auto rows = in.get<std::uint32_t>();
        for (std::uint32_t row = 0; row < rows && in.ok(); ++row) {
            const auto decoded = wire::decode_row(in.get_bytes(in.get<std::uint16_t>()));
            if (into != nullptr && decoded && std::holds_alternative<AlertRow>(*decoded))
                into->add_saved(std::get<AlertRow>(*decoded));
        }
    }
}

std::size_t AlertOutputs::saved_bytes_max() const noexcept {
    std::size_t bytes = 4;
    for (const auto& queue : queues_) bytes += 8 + queue->saved_bytes_max();
    return bytes;
}

void AlertOutputs::look_again() noexcept {
    for (const std::unique_ptr<OutputQueue>& queue : queues_) queue->look_again();
}

bool any_firing(const AlertRules& rules, const AlertFilter& filter) noexcept {
    for (std::uint32_t slot = 0; slot < rules.capacity(); ++slot) {
        const RuleState& state = rules[slot];
        if (!state.used || state.state != AlertState::firing || state.acknowledged_ns != 0) continue;
        const Rule& rule = rules.rule(state.rule);
        if (filter.passes(rule.severity, rule.name.view())) return true;
    }
    return false;
}

}  // namespace redshank
