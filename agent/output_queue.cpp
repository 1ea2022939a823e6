#include "agent/output_queue.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "drivers/uplink/wire.hpp"
#include "model/fnv1a.hpp"

namespace redshank {

namespace {

std::uint64_t identity_of(const OutputSettings& settings) {
    std::uint64_t hash = fnv1a(settings.kind == OutputKind::command  ? "command"
                               : settings.kind == OutputKind::syslog ? "syslog"
                                                                     : "gpio");
    for (const std::string& argument : settings.command) hash = fnv1a("\n" + argument, hash);
    return hash;
}

}  // namespace

bool AlertFilter::passes(Severity severity, std::string_view rule) const noexcept {
    return severity >= least_ && (rules_.empty() || std::find(rules_.begin(), rules_.end(), rule) != rules_.end());
}

OutputQueue::OutputQueue(const OutputSettings& settings)
    : filter_(settings.severity, settings.rules),
      is_state_(settings.kind == OutputKind::gpio),
      identity_(identity_of(settings)),
      waiting_(is_state_ ? 1 : settings.queue) {}

bool OutputQueue::add(const AlertRow& row) noexcept {
    if (!filter_.passes(row)) return false;
    const std::lock_guard lock(mutex_);
    changed_ = true;
    if (!is_state_) waiting_.add(row);
    return true;
}

std::optional<AlertRow> OutputQueue::take() noexcept {
    const std::lock_guard lock(mutex_);
    if (!any_under_way_) {
        if (waiting_.begin() == waiting_.end()) return std::nullopt;
        under_way_ = waiting_[waiting_.begin()];
        waiting_.remove_through(waiting_.begin());
        any_under_way_ = true;
    }
    return under_way_;
}

void OutputQueue::count(Handed handed, std::string_view error) noexcept {
    if (handed == Handed::delivered) ++figures_.delivered;
    if (handed == Handed::failed) ++figures_.failed;
    if (handed == Handed::timed_out) ++figures_.timed_out;
    figures_.last_error.assign(error.substr(0, figures_.last_error.capacity));
}

void OutputQueue::done(Handed handed, std::string_view error) noexcept {
    const std::lock_guard lock(mutex_);
    any_under_way_ = false;
    ++version_;
    count(handed, error);
}

void OutputQueue::look_again() noexcept {
    const std::lock_guard lock(mutex_);
    changed_ = true;
}

bool OutputQueue::take_change() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(changed_, false);
}

void OutputQueue::shown() noexcept {
    const std::lock_guard lock(mutex_);
    count(Handed::delivered, {});
}

void OutputQueue::not_shown(std::string_view error) noexcept {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    count(Handed::failed, error);
}

void OutputQueue::failing(std::string_view error) noexcept {
    const std::lock_guard lock(mutex_);
    figures_.last_error.assign(error.substr(0, figures_.last_error.capacity));
}

OutputFigures OutputQueue::figures() const noexcept {
    const std::lock_guard lock(mutex_);
    OutputFigures figures = figures_;
    figures.dropped = waiting_.dropped();
    figures.waiting = waiting_.end() - waiting_.begin() + (any_under_way_ ? 1 : 0);
    if (is_state_) figures.waiting = changed_ ? 1 : 0;
    return figures;
}

std::uint64_t OutputQueue::version() const noexcept {
    const std::lock_guard lock(mutex_);
    return version_;
}

void OutputQueue::save(ByteWriter& out) const noexcept {
    const std::lock_guard lock(mutex_);
    const auto put = [&out](const AlertRow& row) {
        std::array<std::byte, wire::row_bytes_max> bytes;
        const std::size_t size = wire::encode_row(row, bytes);
        out.put(static_cast<std::uint16_t>(size));
        out.put_bytes(std::span(bytes).first(size));
    };
    out.put(static_cast<std::uint32_t>(waiting_.end() - waiting_.begin() + (any_under_way_ ? 1 : 0)));
    if (any_under_way_) put(under_way_);
    for (std::uint64_t sequence = waiting_.begin(); sequence != waiting_.end(); ++sequence) put(waiting_[sequence]);
}

void OutputQueue::add_saved(const AlertRow& row) noexcept {
    const std::lock_guard lock(mutex_);
    waiting_.add(row);
}

std::size_t OutputQueue::saved_bytes_max() const noexcept {
    return 4 + (waiting_.capacity() + 1) * (2 + wire::row_bytes_max);
}

}  // namespace redshank
