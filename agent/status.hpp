#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "agent/alert_outputs.hpp"
#include "agent/alert_publisher.hpp"
#include "agent/associations.hpp"
#include "agent/checkpointer.hpp"
#include "agent/intake.hpp"
#include "agent/keeper.hpp"
#include "agent/model_desk.hpp"
#include "drivers/mqtt_client.hpp"

namespace redshank {

// What `redshank status --json` shows. The ledger is copied in one piece under the pipeline's mutex, so that it
// balances at any time; the text is written without the mutex.
//   Thread: one request at a time. Memory is acquired by the constructor.
class Status {
public:
    static constexpr std::size_t figures_max = 64;  // targets of groups that predict
    static constexpr std::size_t alerts_max = 256;  // firing ones first; `alerts_more` counts the rest

    Status(const Settings& settings, Intake& intake, Checkpointer& checkpointer, Keeper& keeper,
           AlertPublisher& publisher, const MqttClient& mqtt, const ModelDesk& models, std::uint64_t budget_bytes);

    // Part of start: what it says about predictions; nullptr: nothing.
    void show(const PredictionPublisher* predictions) noexcept { predictions_ = predictions; }

    // The same for outputs beside MQTT.
    void show(const AlertOutputs* outputs) noexcept { outputs_ = outputs; }
    // Part of start: one client for each broker.
    void show(const std::vector<std::unique_ptr<MqttClient>>& clients);

    // Groups by the state of their model.
    struct GroupCounts {
        std::uint32_t watching = 0;
        std::uint32_t warming = 0;
        std::uint32_t holding = 0;    // the alert fires: nothing is learned
        std::uint32_t following = 0;  // longer than the longest hold: learned all the same
        std::uint32_t accepting = 0;  // accepted or imported lately: not judged yet
    };

    // One JSON object; valid until the next call. Times are on the boot's time line, as those of alerts are.
    std::string_view json(bool ready) noexcept;

private:
    struct Copy {
        Ledger ledger;
        std::uint64_t open_readings = 0;
        Checkpointer::Counted counted;
        Checkpointer::InMemory in_memory;
        ResultTotals totals;
        std::uint64_t inbox_bytes = 0;
        std::uint64_t position = 0;
        std::uint64_t channels = 0;
        std::uint64_t groups = 0;
        std::uint64_t groups_refused = 0;
        std::uint64_t rule_states_refused = 0;
        std::uint64_t alerts_more = 0;
        std::uint32_t baskets = 0;
        std::uint64_t events_left_out = 0;
        std::array<std::uint64_t, brokers_max> broker_messages{};
        std::size_t association_count = 0;
        std::array<std::uint64_t, held_back_reasons> held_back{};
        std::size_t silence_count = 0;
        std::int64_t maintenance_until_ns = 0;  // 0: none
        GroupCounts group_counts;
        std::int64_t wall_offset_ns = 0;  // of the boot, frozen
        bool wall_trusted = false;
    };
    Copy copy() noexcept;
    static GroupCounts count_groups(const Pipeline& pipeline) noexcept;

    const Settings& settings_;
    Intake& intake_;
    Checkpointer& checkpointer_;
    Keeper& keeper_;
    AlertPublisher& publisher_;
    const MqttClient& mqtt_;
    const ModelDesk& models_;
    std::uint64_t budget_bytes_;
    std::vector<SourceLedger> sources_;
    std::vector<AlertRow> alerts_;
    const PredictionPublisher* predictions_ = nullptr;
    const AlertOutputs* outputs_ = nullptr;
    std::vector<const MqttClient*> clients_;  // by broker
    std::vector<PredictionFigures> figures_;
    std::array<AssociationRow, Associations::rules_most> associations_;
    std::array<AlertGate::Silence, AlertGate::silences_max> silences_;
    std::vector<char> text_;
    std::int64_t started_ns_;  // of the monotonic clock
};

}  // namespace redshank
