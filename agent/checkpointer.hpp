#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/alert_outputs.hpp"
#include "agent/alert_publisher.hpp"
#include "agent/intake.hpp"
#include "drivers/uplink/wire.hpp"
#include "model/outcome.hpp"
#include "storage/store.hpp"

namespace redshank {

// Rows that went another way than into the outbox, over the life of the database.
struct ResultTotals {
    std::uint64_t merged = 0;           // into another row, because a buffer was full
    std::uint64_t alerts_lost = 0;      // more alerts between two checkpoints than fit
    std::uint64_t aggregates_lost = 0;  // no room, and nothing to merge with
};

// Makes checkpoints: copies what changed under the pipeline's mutex, commits it in one transaction without the mutex,
// and only then frees the inbox. When the disk budget is used up, results stay in memory, merged, and the checkpoint
// carries them as state, so that a kill loses none of them.
//   Thread: the keeper's (or the main thread's before the keeper runs and after it ended).
class Checkpointer {
public:
    Checkpointer(std::unique_ptr<Store> store, std::filesystem::path file, Intake& intake, AlertPublisher& publisher,
                 AlertOutputs& outputs, const Settings& settings);

    // Puts back what the checkpointer itself saved (results without room, alerts on their way, totals).
    static bool is_own_state(std::string_view key) noexcept;
    void restore(std::string_view key, std::span<const std::byte> value);

    // How the store of these settings is opened, here and by whoever opens it before.
    static Store::Limits limits_of(const Settings& settings);

    // A failed commit keeps everything for the next one; the store is reopened first.
    Outcome<> checkpoint(bool with_models);

    // Part of start.
    void add_gap(const wire::GapRow& gap) { gaps_.push_back({.row = gap}); }
    // An entry of state that the wiring keeps, saved with the next checkpoint.
    void keep(std::string key, std::vector<std::byte> value) { extra_.push_back({std::move(key), std::move(value)}); }

    Store* store() noexcept { return store_.get(); }  // nullptr while it cannot be opened
    std::uint64_t committed_position() const noexcept { return committed_; }
    std::uint64_t checkpoints() const noexcept { return checkpoints_; }
    ResultTotals totals(Intake::Held& held) const noexcept;
    // Rows made that are neither in the outbox nor gone.
    struct InMemory {
        std::uint64_t rows = 0;
        std::uint64_t readings = 0;
        std::uint64_t oldest_number = 0;
    };
    InMemory in_memory(Intake::Held& held) const noexcept;
    // The outbox as of the last change that a reader may see, so that every row is in exactly one place for whoever
    // holds the mutex.
    struct Counted {
        OutboxCounts outbox;
        std::uint64_t delivered_rows = 0;
        std::uint64_t delivered_readings = 0;
    };
    const Counted& counted(Intake::Held&) const noexcept { return counted_; }
    void count(Intake::Held& held) noexcept;  // after the uplink changed the outbox

    // After an error of the store: nothing that was not read back again is believed.
    Outcome<> reopen();

private:
    struct Gap {
        wire::GapRow row;
        std::uint64_t number = 0;  // 0: no result yet
    };
    struct Extra {
        std::string key;
        std::vector<std::byte> value;
    };

    void copy_state(Intake::Held& held, bool with_models, bool room);
    void add_state(std::string_view key, std::span<const std::byte> value);
    void save_own(Intake::Held& held, bool room);
    void save_gaps(bool room);
    void restore_gaps(ByteReader& in);
    bool rows_fit(Intake::Held& held) const noexcept;
    void encode_rows(bool room);
    template <class Row>
    void add_row(RowKind kind, std::uint64_t readings, const Row& row, std::uint64_t number);
    Outcome<> commit(std::uint64_t boot, std::uint64_t position);
    void take_back();

    std::unique_ptr<Store> store_;
    std::filesystem::path file_;
    Store::Limits limits_;
    Intake& intake_;
    AlertPublisher& publisher_;
    AlertOutputs& outputs_;
    std::unique_ptr<ResultList> taken_;  // empty between checkpoints
    std::size_t shrunk_aggregates_max_;

    std::vector<std::byte> scratch_;
    std::vector<std::byte> state_bytes_;
    std::vector<StateEntry> state_;
    std::vector<std::byte> row_bytes_;
    std::vector<OutboxRow> rows_;
    std::vector<Gap> gaps_;  // not yet in the outbox; after start under the pipeline's mutex
    std::vector<Extra> extra_;

    Counted counted_;  // under the pipeline's mutex
    std::uint64_t committed_ = 0;
    std::uint64_t models_committed_ = 0;
    std::uint64_t checkpoints_ = 0;
    std::uint64_t outputs_copied_ = 0;     // version of what the copy holds
    std::uint64_t outputs_committed_ = 0;  // and of what the last checkpoint does
    bool outputs_saved_ = false;
    bool held_results_saved_ = false;
    bool gaps_saved_ = false;
    ResultTotals restored_;
};

}  // namespace redshank
