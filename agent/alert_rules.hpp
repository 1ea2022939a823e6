#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/alert_gate.hpp"
#include "agent/moment.hpp"
#include "agent/rule.hpp"
#include "agent/settings.hpp"
#include "agent/timers.hpp"
#include "model/bytes.hpp"
#include "model/rhythm.hpp"
#include "model/rows.hpp"

namespace redshank {

// One rule on one channel or group, or on what several channels have in common.
struct RuleState {
    bool used = false;
    std::uint16_t rule = 0;
    const ChannelName* named = nullptr;  // of the channel or group, in its table
    std::uint16_t name_bytes = 0;        // of that: a topic, or the beginning of a source's topics, is a part of it
    std::uint16_t source = UINT16_MAX;   // whose limit of rate it falls under
    std::uint8_t broker = 0;             // whose silence is not this one's
    AlertState state = AlertState::clear;
    AlertId id;  // of the last change
    bool ever_changed = false;
    std::int64_t since_ns = 0;  // firing: since the condition holds; clear: since it cleared
    double value = 0;           // at the last change
    bool pending = false;       // the condition holds and does not fire yet; absent: the silence is being timed
    std::int64_t pending_since_ns = 0;
    double pending_value = 0;
    double first_value = 0;                  // the last one of the first condition
    std::array<std::uint16_t, 2> holding{};  // channels and groups of which each condition holds
    bool held_back = false;                  // it would fire, and the gate is closed
    std::int64_t opens_ns = 0;               // when that will be another one
    std::int64_t cooldown_until_ns = INT64_MIN;
    std::int64_t acknowledged_ns = 0;  // 0: not since it fires
    bool timed = false;                // absent: the silence since the last reading has not been broken by the broker's
    Rhythm rhythm;
    std::uint64_t changed_at = 0;  // position

    std::string_view target() const noexcept { return named->view().substr(0, name_bytes); }
};

// What a channel or group has to do with a rule's state: which of its conditions it decides.
struct RuleLink {
    std::uint32_t state = UINT32_MAX;
    std::uint8_t part = 0;
    bool holds = false;
};

// The state machines of all rules: hysteresis, joined conditions, `for`, dead-man, cooldown. `for` and dead-man run on
// arrival time and stand still while their broker is away (pause .. resume): its silence is not the devices'. That it
// is away is one alert of its own, `broker-lost`.
//   Thread: pipeline only. No heap after construction.
class AlertRules {
public:
    static constexpr std::uint32_t none = UINT32_MAX;
    static constexpr std::size_t brokers_max = 8;

    // The target is the first `name_bytes` of `named`, which must stay where it is.
    struct Target {
        const ChannelName* named = nullptr;
        std::uint16_t name_bytes = 0;
        std::uint16_t source = UINT16_MAX;
        std::uint8_t broker = 0;
        std::string_view view() const noexcept { return named->view().substr(0, name_bytes); }
    };

    // Uses timer ids first_timer_id .. first_timer_id + capacity - 1. The last brokers_max states are for brokers.
    AlertRules(std::vector<Rule> rules, std::size_t capacity, Timers& timers, std::uint32_t first_timer_id,
               AlertGate gate);

    const Rule& rule(std::size_t index) const noexcept { return rules_[index]; }
    std::size_t rules() const noexcept { return rules_.size(); }
    const AlertGate& gate() const noexcept { return gate_; }

    // none: table full, counted.
    std::uint32_t add(std::uint16_t rule, const Target& target, Moment& moment) noexcept;
    // A rule that found no place where it was to be. Counted anew by whoever matches rules after a restore.
    void refuse() noexcept { ++refused_; }
    std::uint64_t refused() const noexcept { return refused_; }
    std::uint32_t find(std::uint16_t rule, std::string_view target) const noexcept;

    // A new value, score or rate for the link's condition.
    void judge(RuleLink& link, double value, Moment& moment) noexcept;
    // At start: what the link holds counts.
    void linked(const RuleLink& link) noexcept;
    // A reading came: for absent rules.
    void heard(std::uint32_t state, Moment& moment) noexcept;
    void timer_fired(std::uint32_t state, Moment& moment) noexcept;
    // What it judged is settled: it holds no more.
    void settle(RuleLink& link, Moment& moment) noexcept;

    void pause(std::uint8_t broker, std::int64_t now_ns, std::uint64_t position) noexcept;
    void resume(std::uint8_t broker, Moment& moment) noexcept;
    void pause_all(std::int64_t now_ns, std::uint64_t position) noexcept;
    bool all_paused() const noexcept;
    // A new boot has another time line: what was timed goes on from `to_ns` as it stood at `from_ns`, paused.
    void move_time_line(std::int64_t from_ns, std::int64_t to_ns) noexcept;
    // Of each broker, one state of the rule `broker-lost`; at the beginning of a boot. time_brokers, with every record
    // that says that the process is there: a broker that is away is timed from then on.
    void time_brokers(Moment& moment) noexcept;
    void watch_broker(std::uint8_t broker, std::uint16_t rule, const ChannelName& name, Moment& moment) noexcept;

    // How many silences, alerts or modes it changed.
    std::uint32_t command(const AlertCommand& command, Moment& moment) noexcept;

    const RuleState& operator[](std::uint32_t state) const noexcept { return states_[state]; }
    std::size_t capacity() const noexcept { return states_.size(); }

    AlertRow row(const RuleState& state) const noexcept;  // the state as an alert, number 0

    void write_common(ByteWriter& out) const noexcept;
    void read_common(ByteReader& in, std::uint8_t format) noexcept;
    void write_gate(ByteWriter& out) const noexcept { gate_.write(out); }
    bool read_gate(ByteReader& in) noexcept { return gate_.read(in); }
    std::uint64_t gate_changed_at() const noexcept { return gate_changed_at_; }
    void write(std::uint32_t state, ByteWriter& out) const noexcept;
    // Puts back what was written for a state with that rule and target; timers are set again by restore_timers. What
    // was pending under another threshold is not any more.
    void read_into(std::uint32_t slot, std::uint16_t rule, const Target& target, ByteReader& in,
                   std::uint8_t format) noexcept;
    void drop(std::uint32_t slot) noexcept;  // at start: nobody asks for it any more
    void renew(RuleLink& link) noexcept;     // at start: what it judges begins anew
    void restore_timers() noexcept;

private:
    std::uint32_t for_brokers() const noexcept { return static_cast<std::uint32_t>(states_.size() - brokers_max); }
    static RuleState state_of(std::uint16_t rule, const Target& target) noexcept;
    void begin(std::uint32_t slot, std::uint16_t rule, const Target& target, Moment& moment) noexcept;
    bool joined(const RuleState& state) const noexcept;
    void decide(std::uint32_t slot, double value, Moment& moment) noexcept;
    void let_go(std::uint32_t slot) noexcept;
    void attempt(std::uint32_t slot, std::int64_t since_ns, double value, Moment& moment) noexcept;
    void open_again(Moment& moment) noexcept;
    void change(std::uint32_t slot, AlertState to, std::int64_t since_ns, double value, Moment& moment) noexcept;
    void set_timer(std::uint32_t slot) noexcept;
    std::int64_t deadline_ns(const RuleState& state) const noexcept;
    bool stands_still(const RuleState& state) const noexcept;

    std::vector<Rule> rules_;
    std::vector<RuleState> states_;
    Timers& timers_;
    std::uint32_t first_timer_id_;
    AlertGate gate_;
    std::uint64_t gate_changed_at_ = 0;
    std::uint32_t next_slot_ = 0;  // slots below were used at least once
    std::uint64_t refused_ = 0;
    std::array<bool, brokers_max> paused_;  // until the first SUBACK
    std::array<std::int64_t, brokers_max> paused_since_ns_{};
};

// The part of a saved state that says whose it is, read without the rest.
struct SavedRuleName {
    RuleName rule;
    ChannelName target;
    AlertState state = AlertState::clear;
    Severity severity = Severity::warning;
    Condition::Kind kind = Condition::Kind::above;
};
SavedRuleName read_rule_name(ByteReader& in) noexcept;

}  // namespace redshank
