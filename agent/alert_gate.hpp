#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/alert_command.hpp"
#include "agent/rate_limit.hpp"
#include "agent/settings.hpp"
#include "model/bytes.hpp"
#include "model/rows.hpp"
#include "model/text.hpp"

namespace redshank {

enum class HeldBack : std::uint8_t { cooldown, silence, maintenance, limit, source_limit };
inline constexpr std::size_t held_back_reasons = 5;
std::string_view name_of(HeldBack reason) noexcept;

// What keeps an alert that would fire from firing: silences, maintenance, and limits of rate. An alert that is held
// back fires as soon as the gate opens, if what it tells of still holds; each one is counted once.
//   Limits of rate are leaky buckets (GCRA, ITU-T I.371): so many at once, refilled evenly. Critical alerts pass them.
//   Thread: pipeline only. No heap after construction. Times: ns of the pipeline's time line.
class AlertGate {
public:
    static constexpr std::size_t silences_max = 32;
    static constexpr std::int64_t never = INT64_MAX;  // until somebody opens it

    struct Silence {
        RuleName rule;        // empty: every one
        ChannelName channel;  // empty: all; `+` and `#` as in topics
        std::int64_t until_ns = 0;
    };
    struct Verdict {
        std::int64_t opens_ns = 0;  // not after now: it may fire
        HeldBack reason = HeldBack::silence;
    };

    AlertGate(const AlertSettings& settings, std::size_t sources);

    Verdict ask(std::string_view rule, std::string_view target, Severity severity, std::uint16_t source,
                std::int64_t now_ns) const noexcept;
    void passed(Severity severity, std::uint16_t source, std::int64_t now_ns) noexcept;
    void held_back(HeldBack reason) noexcept { ++held_back_[static_cast<std::size_t>(reason)]; }
    const std::array<std::uint64_t, held_back_reasons>& counts() const noexcept { return held_back_; }

    // False: there are as many silences as there can be, or none of these words.
    bool silence(const AlertCommand& command, std::int64_t now_ns) noexcept;
    bool unsilence(const AlertCommand& command) noexcept;
    void set_maintenance(std::int64_t until_ns) noexcept { maintenance_until_ns_ = until_ns; }  // 0: off
    bool maintenance(std::int64_t now_ns) const noexcept { return now_ns < maintenance_until_ns_; }
    std::int64_t maintenance_until_ns() const noexcept { return maintenance_until_ns_; }
    std::size_t silences() const noexcept { return silence_count_; }
    const Silence& silence(std::size_t index) const noexcept { return silences_[index]; }

    void move_time_line(std::int64_t shift_ns) noexcept;
    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;
    std::size_t written_bytes_max() const noexcept;

private:
    void drop_expired(std::int64_t now_ns) noexcept;

    RateLimit all_;
    std::vector<RateLimit> by_source_;
    std::array<Silence, silences_max> silences_{};
    std::size_t silence_count_ = 0;
    std::int64_t maintenance_until_ns_ = 0;
    std::array<std::uint64_t, held_back_reasons> held_back_{};
};

// A name of a channel or group under a filter as MQTT has them: `+` one level, `#` at the end the rest; empty: every
// one.
bool name_under(std::string_view filter, std::string_view name) noexcept;

}  // namespace redshank
