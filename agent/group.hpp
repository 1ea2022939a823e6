#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "agent/alert_rules.hpp"
#include "model/model.hpp"
#include "model/preprocess.hpp"
#include "model/suppression.hpp"
#include "model/text.hpp"

namespace redshank {

class Predictor;

// Channels judged together by one model; a channel alone is a group of one. It is scored when every member has a new
// value, or when a member comes again; missing ones are held.
struct Group {
    static constexpr std::size_t members_max = group_members_most;
    static constexpr std::size_t rules_max = 8;
    static constexpr std::uint16_t alone = UINT16_MAX;

    bool used = false;
    ChannelName name;
    std::uint16_t settings = alone;  // index of the [[group]]
    std::uint8_t members = 1;
    std::uint8_t broker = 0;                  // of the channel that it was first seen with
    std::uint64_t known = 0;                  // members that ever had a value, a bit each
    std::uint64_t fresh = 0;                  // members with a value since the last scoring
    std::array<float, members_max> values{};  // distances from the pivot, in the channel's unit
    std::array<float, members_max> standardised{};
    Suppression suppression;
    std::unique_ptr<Model> model;
    Predictor* predictor = nullptr;  // the model, where it predicts
    std::uint64_t vectors = 0;       // scored, since the standardisation began
    std::int64_t hold_ns = 0;
    bool firing = false;  // its own anomaly, as of the last scoring
    std::int64_t firing_since_ns = 0;
    bool held = false;             // firing, and not longer than hold_ns: the model does not learn
    std::uint32_t unjudged = 0;    // vectors to come that are not judged: something was accepted
    std::int64_t imported_ns = 0;  // when the model taken last was made, since the epoch; 0: none was
    Score last_score;              // not saved
    std::uint32_t anomaly_rule = UINT32_MAX;
    std::array<RuleLink, rules_max> rules{};  // on the score, the default one included
    std::uint8_t rule_count = 0;
    std::uint64_t changed_at = 0;        // position
    std::uint64_t model_changed_at = 0;  // position
    std::uint64_t commanded_at = 0;      // position of the last command that changed the model, since start
    std::uint64_t late_row = 0;          // the last backfilled row, which has a row of scores but is not judged

    std::uint8_t label = members_max;  // the member that a row does not wait for: its label comes later

    bool labelled_later(std::uint8_t member) const noexcept { return member == label; }
    std::uint64_t all() const noexcept {  // members that make a row
        const std::uint64_t each = UINT64_MAX >> (members_max - members);
        return label < members_max ? each & ~(std::uint64_t{1} << label) : each;
    }
};

}  // namespace redshank
