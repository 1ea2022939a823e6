#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/exactly_once_model.hpp"
#include "tests/sim/model_stores.hpp"
#include "tests/sim/random.hpp"

namespace redshank::sim {

// Thrown at a step boundary: the process is no more. Nothing of the agent survives but inbox and database.
struct Died {
    bool power_cut = false;
};

struct AgentRules {
    PipelineRules pipeline;
    std::size_t inbox_max = 64;  // records; several times receive_maximum
    std::int64_t loss_window = 60;
    std::size_t batch_rows = 4;
    std::uint64_t batches_in_flight = 3;
    std::int64_t resend_after = 25;
    Mistake mistake = Mistake::none;
};

// What the agent stands in; the world fills it.
struct Surroundings {
    Database& database;
    std::optional<Inbox>& inbox;
    Broker& broker;
    std::function<void()> boundary;              // may throw Died
    std::function<std::int64_t()> commit_takes;  // how long the card needs now
    std::function<bool()> commit_fails;
    Random& random;
    std::function<void(const Batch&)> send;      // onto a link that may lose it
    std::function<void()> hello;                 // asks the collector for its last sequence
    std::function<void(AlertId)> publish_alert;  // to the local broker, answered by its PUBACK
    std::function<void(std::string)> violation;  // the agent itself sees a broken promise
    std::function<void(const Entry&)> appended;  // for the world's own books
};

// One run of the agent process, from its start to its death, by the eight rules. Keeper, uplink and callback are
// stepped by the world in any order.
class Agent {
public:
    Agent(const AgentRules& rules, Surroundings& surroundings, std::int64_t now);

    void connected(bool session_present, std::int64_t now);
    void receive(const Delivery& delivery, std::int64_t now);
    void tick(std::int64_t now);
    void flush(std::int64_t now);
    void keeper_step(std::int64_t now);
    void uplink_step(std::int64_t now);
    void drain_alerts();
    void on_acknowledgement(std::uint64_t last_sequence);
    // The process dies now: a transaction under way is there or not, never half.
    void die();
    bool nothing_left() const;

    std::uint64_t given_up_through = 0;
    Pipeline pipeline;

private:
    struct Seal {
        std::uint64_t sequence = 0;
        std::vector<std::uint64_t> numbers;
    };
    struct Transaction {
        enum class Type : std::uint8_t { checkpoint, seal, acknowledge } type = Type::checkpoint;
        PipelineState state;
        std::vector<Row> rows;
        std::vector<Seal> seals;
        std::uint64_t acknowledged = 0;
        std::int64_t done_at = 0;
    };

    void recover(std::int64_t now);
    void append(Entry entry, std::int64_t now);
    void apply(const Transaction& transaction);
    void after(const Transaction& transaction);
    void begin_checkpoint(std::int64_t now);
    bool begin_seal(std::int64_t now);
    bool is_applied(const Transaction& transaction) const;
    Batch batch_of(std::uint64_t sequence) const;

    AgentRules rules_;
    Surroundings& world_;
    std::optional<Transaction> busy_;
    bool checkpoint_wanted_ = true;
    std::int64_t last_checkpoint_ = 0;
    std::uint64_t acknowledged_ = 0;  // by the collector, not yet committed here
    std::uint64_t sent_through_ = 0;
    std::int64_t last_progress_ = 0;
    std::vector<Batch> early_;  // of the mistakes that send what is not committed
};

}  // namespace redshank::sim
