#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/alert_ring.hpp"
#include "agent/settings.hpp"
#include "model/bytes.hpp"
#include "model/rows.hpp"
#include "model/text.hpp"

namespace redshank {

// Which alerts go to an output.
class AlertFilter {
public:
    AlertFilter(Severity least, const std::vector<std::string>& rules) : least_(least), rules_(rules) {}

    bool passes(Severity severity, std::string_view rule) const noexcept;
    bool passes(const AlertRow& row) const noexcept { return passes(row.severity, row.rule.view()); }

private:
    Severity least_;
    std::vector<std::string> rules_;  // empty: all
};

// What became of one alert.
enum class Handed : std::uint8_t { delivered, failed, timed_out };

// For the status.
struct OutputFigures {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t dropped = 0;
    std::uint64_t waiting = 0;  // the one under way included; of gpio: 1 while the line is to be set
    Text<160> last_error;       // empty: the last one was handed over
};

// Alerts that wait for one output, oldest first, and the one that is under way. When it is full the oldest one that
// waits makes room and is counted. Of a GPIO line, which shows a state and no events: that there is something new.
//   Thread: any, its own mutex. No heap after construction.
class OutputQueue {
public:
    explicit OutputQueue(const OutputSettings& settings);

    const AlertFilter& filter() const noexcept { return filter_; }

    bool add(const AlertRow& row) noexcept;  // false: the filter keeps it away

    // The oldest one comes under way, unless one is already: that one again.
    std::optional<AlertRow> take() noexcept;
    // The one under way is done with. error: empty where delivered.
    void done(Handed handed, std::string_view error) noexcept;

    // Of a GPIO line: something passed the filter since it was asked last. True at first, and after a failure.
    bool take_change() noexcept;
    // What it shows may be another one, though no alert was made: somebody acknowledged one.
    void look_again() noexcept;
    void shown() noexcept;                            // the line was set
    void not_shown(std::string_view error) noexcept;  // it could not be
    void failing(std::string_view error) noexcept;    // there is no line to set; uncounted

    OutputFigures figures() const noexcept;
    std::uint64_t version() const noexcept;  // of what save() writes, but for add()

    // The same after a restart and a changed configuration, as long as it is the same output.
    std::uint64_t identity() const noexcept { return identity_; }
    void save(ByteWriter& out) const noexcept;
    void add_saved(const AlertRow& row) noexcept;  // whatever the filter says by now
    std::size_t saved_bytes_max() const noexcept;

private:
    void count(Handed handed, std::string_view error) noexcept;

    AlertFilter filter_;
    bool is_state_;  // of a GPIO line
    std::uint64_t identity_;

    mutable std::mutex mutex_;
    AlertRing waiting_;
    AlertRow under_way_;
    bool any_under_way_ = false;
    bool changed_ = true;
    std::uint64_t version_ = 0;
    OutputFigures figures_;
};

}  // namespace redshank
