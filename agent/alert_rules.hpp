#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/moment.hpp"
#include "agent/settings.hpp"
#include "agent/timers.hpp"
#include "model/bytes.hpp"
#include "model/rows.hpp"

namespace redshank {

// What one rule asks, compiled from its settings. Thresholds are doubles: a reading as a double is the nearest one to
// its decimal, so comparing doubles orders decimals rightly.
struct Rule {
    enum class Kind : std::uint8_t { above, below, score_above, absent };
    RuleName name;
    Kind kind = Kind::above;
    double fire = 0;  // above, score_above: fires at values > fire (score: >=); below: at values < fire
    double clear =
        0;  // clears at values < clear (or > clear for below); equal to `fire`: as soon as it no longer fires
    std::int64_t for_ns = 0;
    std::int64_t absent_for_ns = 0;
    Severity severity = Severity::warning;
    bool is_default_anomaly = false;
};

Rule compile(const RuleSettings& settings);
Rule compile(const AnomalySettings& settings);  // the default rule `anomaly`

// One rule on one channel or group.
struct RuleState {
    bool used = false;
    std::uint16_t rule = 0;
    const ChannelName* target = nullptr;  // of the channel or group, in its table
    AlertState state = AlertState::clear;
    AlertId id;  // of the last change
    bool ever_changed = false;
    std::int64_t since_ns = 0;  // firing: since the condition holds; clear: since it cleared
    double value = 0;           // at the last change
    bool pending = false;       // the condition holds, `for` has not passed; absent: the silence is being timed
    std::int64_t pending_since_ns = 0;
    double pending_value = 0;
    std::uint64_t changed_at = 0;  // position
};

// The state machines of all rules: hysteresis, `for`, dead-man. `for` and dead-man run on arrival time and stand still
// while the broker is away (pause .. resume): its silence is not the devices'.
//   Thread: pipeline only. No heap after construction.
class AlertRules {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    // Uses timer ids first_timer_id .. first_timer_id + capacity - 1.
    AlertRules(std::vector<Rule> rules, std::size_t capacity, Timers& timers, std::uint32_t first_timer_id);

    const Rule& rule(std::size_t index) const noexcept { return rules_[index]; }
    std::size_t rules() const noexcept { return rules_.size(); }

    std::uint32_t add(std::uint16_t rule, const ChannelName& target,
                      Moment& moment) noexcept;  // none: table full, counted
    // A rule that found no place where it was to be. Counted anew by whoever matches rules after a restore.
    void refuse() noexcept { ++refused_; }
    std::uint64_t refused() const noexcept { return refused_; }

    // A new value or score for a rule of that kind.
    void judge(std::uint32_t state, double value, Moment& moment) noexcept;
    // A reading came: for absent rules.
    void heard(std::uint32_t state, Moment& moment) noexcept;
    void timer_fired(std::uint32_t state, Moment& moment) noexcept;
    // What it judged is settled: it clears, and what was pending is not any more.
    void settle(std::uint32_t state, Moment& moment) noexcept;

    void pause(std::int64_t now_ns) noexcept;
    void resume(Moment& moment) noexcept;
    bool paused() const noexcept { return paused_; }
    // A new boot has another time line: what was timed goes on from `to_ns` as it stood at `from_ns`, paused.
    void move_time_line(std::int64_t from_ns, std::int64_t to_ns) noexcept;

    const RuleState& operator[](std::uint32_t state) const noexcept { return states_[state]; }
    std::size_t capacity() const noexcept { return states_.size(); }

    AlertRow row(const RuleState& state) const noexcept;  // the state as an alert, number 0

    void write_common(ByteWriter& out) const noexcept;
    void read_common(ByteReader& in) noexcept;
    void write(std::uint32_t state, ByteWriter& out) const noexcept;
    // Puts back what was written for a state with that rule and target; timers are set again by restore_timers. What
    // was pending under another threshold is not any more.
    void read_into(std::uint32_t slot, std::uint16_t rule, const ChannelName& target, ByteReader& in) noexcept;
    void drop(std::uint32_t slot) noexcept;   // at start: nobody asks for it any more
    void renew(std::uint32_t slot) noexcept;  // at start: what it judges begins anew
    void restore_timers() noexcept;

private:
    void change(RuleState& state, AlertState to, std::int64_t since_ns, double value, Moment& moment) noexcept;
    void set_timer(std::uint32_t state) noexcept;
    std::int64_t deadline_ns(const RuleState& state) const noexcept;

    std::vector<Rule> rules_;
    std::vector<RuleState> states_;
    Timers& timers_;
    std::uint32_t first_timer_id_;
    std::uint32_t next_slot_ = 0;  // slots below were used at least once
    std::uint64_t refused_ = 0;
    bool paused_ = true;  // until the first SUBACK
    std::int64_t paused_since_ns_ = 0;
};

// The part of a saved state that says whose it is, read without the rest.
struct SavedRuleName {
    RuleName rule;
    ChannelName target;
    AlertState state = AlertState::clear;
    Severity severity = Severity::warning;
    Rule::Kind kind = Rule::Kind::above;
};
SavedRuleName read_rule_name(ByteReader& in) noexcept;

}  // namespace redshank
