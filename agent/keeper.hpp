#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/checkpointer.hpp"
#include "agent/intake.hpp"
#include "agent/uplink_session.hpp"

namespace redshank {

// What the keeper knows, as of its last round: for the status.
struct KeeperFigures {
    std::uint64_t incarnation = 0;
    std::uint64_t boot = 0;
    std::uint64_t last_sealed = 0;
    std::uint64_t last_acknowledged = 0;
    std::uint64_t disk_bytes = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t checkpoint_failures = 0;
    bool room = true;
    bool uplink_connected = false;
    std::string last_error;         // of the store
    std::string last_report;        // of the uplink
    std::string handshake_failure;  // of the uplink, since one succeeded
};

// The thread that waits for disk and uplink, so that nobody else does: checkpoints, seals, sends, removes what the
// collector has.
//   Thread: start and stop from the main thread; the rest from any.
class Keeper {
public:
    // session may be nullptr: no uplink configured, results stay in the buffer.
    Keeper(Checkpointer& checkpointer, Intake& intake, std::unique_ptr<UplinkSession> session,
           const Settings& settings);
    ~Keeper();

    void start();
    // Ends the thread; the last checkpoint, models included, is the caller's affair.
    void stop();
    void wake() noexcept;  // a checkpoint at once

    // Waits until every result with a number up to `number` has been acknowledged by the collector, and the checkpoint
    // covers `position`. False: the time was up, or there is no uplink.
    bool wait_delivered(std::uint64_t position, std::uint64_t number, std::int64_t timeout_ns);

    // Waits until a checkpoint covers `position`. False: the time was up.
    bool wait_covered(std::uint64_t position, std::int64_t timeout_ns);
    // An entry of saved state, empty when there is none. A failure: the time was up, or the store cannot be read.
    Outcome<std::vector<std::byte>> saved_entry(const std::string& key, std::int64_t timeout_ns);

    KeeperFigures figures() const;

private:
    void run();
    void round(std::int64_t now_ns);
    void step_uplink(std::int64_t now_ns);
    void publish_figures();
    void look_for_delivered();
    void look_for_entry();
    std::int64_t wait_ms(std::int64_t now_ns) const noexcept;

    Checkpointer& checkpointer_;
    Intake& intake_;
    std::unique_ptr<UplinkSession> session_;
    std::int64_t loss_window_ns_;
    std::int64_t model_interval_ns_;
    int wake_fd_ = -1;
    std::atomic<bool> wanted_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;

    std::int64_t next_checkpoint_ns_ = 0;
    std::int64_t next_models_ns_ = 0;
    bool failing_ = false;  // the last checkpoint did
    std::uint64_t failures_ = 0;
    std::string store_error_;
    std::string handshake_failure_;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable delivered_changed_;
    KeeperFigures figures_;
    std::uint64_t waited_for_ = 0;        // flushes that wait
    std::uint64_t covered_position_ = 0;  // by a checkpoint
    std::uint64_t oldest_undelivered_ = 0;
    std::uint64_t rounds_ = 0;
    std::uint64_t committed_position_ = 0;
    std::condition_variable committed_changed_;
    std::string wanted_entry_;  // empty: nobody asks
    Outcome<std::vector<std::byte>> found_entry_;
    std::condition_variable entry_found_;
};

}  // namespace redshank
