#pragma once

#include <cstdint>
#include <string_view>

#include "agent/settings.hpp"
#include "model/rows.hpp"
#include "model/text.hpp"

namespace redshank {

// What is asked of one value. Thresholds are doubles: a reading as a double is the nearest one to its decimal, so
// comparing doubles orders decimals rightly.
struct Condition {
    enum class Kind : std::uint8_t {
        above = 0,
        below = 1,
        score_above = 2,
        absent = 3,
        rate_above = 4,
        rate_below = 5,
        broker_lost = 6,
    };
    Kind kind = Kind::above;
    double fire = 0;   // holds at values > fire (scores: >=); below: at values < fire
    double clear = 0;  // holds no more at values < clear (below: > clear); equal to `fire`: as soon as it does not fire
    std::int64_t per_ns = 1'000'000'000;  // of rates

    bool on_score() const noexcept { return kind == Kind::score_above; }
    bool on_rate() const noexcept { return kind == Kind::rate_above || kind == Kind::rate_below; }
    bool fires(double value) const noexcept;
    bool clears(double value) const noexcept;
};

// What one rule asks, compiled from its settings.
struct Rule {
    RuleName name;
    Condition first;
    Condition second;  // where join says so
    RuleJoin join = RuleJoin::none;
    RulePer per = RulePer::channel;
    std::int64_t for_ns = 0;
    std::int64_t absent_for_ns = 0;  // 0: learned
    std::int64_t cooldown_ns = 0;
    Severity severity = Severity::warning;
    bool is_default_anomaly = false;

    const Condition& condition(std::uint8_t part) const noexcept { return part == 0 ? first : second; }
    std::uint8_t parts() const noexcept { return join == RuleJoin::none ? 1 : 2; }
    bool absent() const noexcept { return first.kind == Condition::Kind::absent; }
};

Rule compile(const RuleSettings& settings);
Rule compile(const AnomalySettings& settings);  // the default rule `anomaly`
Rule compile(const AlertSettings& settings);    // the rule `broker-lost`

inline constexpr std::string_view broker_lost_name = "broker-lost";

}  // namespace redshank
