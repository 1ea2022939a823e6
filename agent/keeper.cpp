#include "agent/keeper.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "agent/heap.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t retry_ns = 1'000'000'000;  // after a failed checkpoint
constexpr std::int64_t uplink_tick_ms = 200;      // how soon a change of the connection is seen
constexpr std::int64_t ns_per_ms = 1'000'000;

}  // namespace

Keeper::Keeper(Checkpointer& checkpointer, Intake& intake, std::unique_ptr<UplinkSession> session,
               const Settings& settings)
    : checkpointer_(checkpointer),
      intake_(intake),
      session_(std::move(session)),
      loss_window_ns_(settings.storage.loss_window_ns),
      model_interval_ns_(settings.storage.model_interval_ns),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    publish_figures();
}

Keeper::~Keeper() {
    stop();
    if (wake_fd_ >= 0) close(wake_fd_);
}

void Keeper::start() {
    const std::int64_t now_ns = monotonic_ns();
    next_checkpoint_ns_ = now_ns + loss_window_ns_;
    next_models_ns_ = now_ns + model_interval_ns_;
    thread_ = std::thread([this] { run(); });
}

void Keeper::stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    wake();
    thread_.join();
}

void Keeper::wake() noexcept {
    if (wanted_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

std::int64_t Keeper::wait_ms(std::int64_t now_ns) const noexcept {
    const std::int64_t until_ms = std::max<std::int64_t>(0, (next_checkpoint_ns_ - now_ns) / ns_per_ms + 1);
    return session_ ? std::min(until_ms, uplink_tick_ms) : until_ms;
}

void Keeper::run() {
    const heap::Sealed sealed;
    while (!stopping_.load()) {
        const std::int64_t wait = wait_ms(monotonic_ns());
        if (session_) {
            const heap::LibraryScope library;  // a socket that lost its peer is made anew in there
            session_->socket().wait(wake_fd_, wait);
        } else {
            pollfd wake{.fd = wake_fd_, .events = POLLIN, .revents = 0};
            poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(wait, 60'000)));
        }
        std::uint64_t wakes = 0;
        [[maybe_unused]] const ssize_t taken = read(wake_fd_, &wakes, sizeof wakes);
        // SQLite and ZeroMQ allocate, bounded by their own limits; the keeper's own buffers are reserved.
        const heap::LibraryScope library;
        round(monotonic_ns());
    }
}

void Keeper::round(std::int64_t now_ns) {
    // After a failure the next try has its time; a wish stays until then, so that nobody wakes the keeper for it.
    const bool due = now_ns >= next_checkpoint_ns_;
    const bool wanted = (due || !failing_) && wanted_.exchange(false);
    if (wanted || due) {
        const bool with_models = now_ns >= next_models_ns_;
        const auto made = checkpointer_.checkpoint(with_models);
        next_checkpoint_ns_ = monotonic_ns() + (made ? loss_window_ns_ : std::min(loss_window_ns_, retry_ns));
        failing_ = !made;
        if (made && with_models) next_models_ns_ = now_ns + model_interval_ns_;
        if (!made) {
            ++failures_;
            if (made.error() != store_error_) spdlog::error("storage: {}", made.error());
            if (session_) session_->forget();
        } else if (!store_error_.empty()) {
            spdlog::info("storage: checkpoints succeed again");
        }
        store_error_ = made ? std::string() : made.error();
    }
    if (session_) step_uplink(now_ns);
    publish_figures();
    look_for_delivered();
    look_for_entry();
}

void Keeper::step_uplink(std::int64_t now_ns) {
    Store* store = checkpointer_.store();
    if (store == nullptr) return;
    std::uint64_t newest = 0;
    {
        Intake::Held held(intake_);
        newest = held.pipeline().ledger().made;
    }
    const std::string before = session_->last_report();
    const auto stepped = session_->step(*store, store->boot(), newest, now_ns);
    {
        Intake::Held held(intake_);
        checkpointer_.count(held);
    }
    if (session_->last_report() != before) spdlog::warn("uplink: {}", session_->last_report());
    if (const std::string& failed = session_->socket().handshake_failure(); failed != handshake_failure_) {
        failed.empty() ? spdlog::info("uplink: the handshake succeeds again") : spdlog::warn("uplink: {}", failed);
        handshake_failure_ = failed;
    }
    if (stepped) return;
    ++failures_;
    if (stepped.error() != store_error_) spdlog::error("storage: {}", stepped.error());
    store_error_ = stepped.error();
    session_->forget();
    if (const auto opened = checkpointer_.reopen(); !opened) store_error_ = opened.error();
}

void Keeper::publish_figures() {
    const std::lock_guard lock(mutex_);
    if (const Store* store = checkpointer_.store()) {
        figures_.incarnation = store->incarnation();
        figures_.boot = store->boot();
        figures_.last_sealed = store->last_sealed();
        figures_.last_acknowledged = store->last_acknowledged();
        figures_.disk_bytes = store->bytes();
        figures_.room = store->room_for_results();
    }
    committed_position_ = checkpointer_.committed_position();
    committed_changed_.notify_all();
    figures_.checkpoints = checkpointer_.checkpoints();
    figures_.checkpoint_failures = failures_;
    figures_.uplink_connected = session_ && session_->connected();
    figures_.last_error = store_error_;
    if (session_) figures_.last_report = session_->last_report();
    figures_.handshake_failure = handshake_failure_;
}

void Keeper::look_for_delivered() {
    std::unique_lock lock(mutex_);
    if (waited_for_ == 0) return;
    lock.unlock();
    std::uint64_t oldest = 0;
    {
        Intake::Held held(intake_);
        oldest = checkpointer_.in_memory(held).oldest_number;
    }
    if (Store* store = checkpointer_.store()) {
        const auto in_outbox = store->oldest_number();
        if (!in_outbox) return;
        if (*in_outbox != 0 && (oldest == 0 || *in_outbox < oldest)) oldest = *in_outbox;
    } else {
        return;
    }
    lock.lock();
    oldest_undelivered_ = oldest;
    covered_position_ = checkpointer_.committed_position();
    ++rounds_;
    delivered_changed_.notify_all();
}

bool Keeper::wait_delivered(std::uint64_t position, std::uint64_t number, std::int64_t timeout_ns) {
    if (!session_) return false;
    std::unique_lock lock(mutex_);
    ++waited_for_;
    const std::uint64_t from_round = rounds_;
    wake();
    const bool delivered = delivered_changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [&] {
        return rounds_ > from_round && covered_position_ >= position &&
               (oldest_undelivered_ == 0 || oldest_undelivered_ > number);
    });
    --waited_for_;
    return delivered;
}

bool Keeper::wait_covered(std::uint64_t position, std::int64_t timeout_ns) {
    std::unique_lock lock(mutex_);
    wake();
    return committed_changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                                       [&] { return committed_position_ >= position; });
}

Outcome<std::vector<std::byte>> Keeper::saved_entry(const std::string& key, std::int64_t timeout_ns) {
    std::unique_lock lock(mutex_);
    wanted_entry_ = key;
    wake();
    const bool found =
        entry_found_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [this] { return wanted_entry_.empty(); });
    wanted_entry_.clear();
    if (!found) return failure("the store does not answer in time");
    return std::move(found_entry_);
}

void Keeper::look_for_entry() {
    std::unique_lock lock(mutex_);
    if (wanted_entry_.empty()) return;
    const std::string key = wanted_entry_;
    lock.unlock();
    Outcome<std::vector<std::byte>> found;
    if (Store* store = checkpointer_.store()) {
        const auto read = store->each_state([&](std::string_view each, std::span<const std::byte> value) {
            if (each == key) found->assign(value.begin(), value.end());
        });
        if (!read) found = failure(read.error());
    } else {
        found = failure("the store cannot be opened");
    }
    lock.lock();
    if (wanted_entry_ != key) return;
    found_entry_ = std::move(found);
    wanted_entry_.clear();
    entry_found_.notify_all();
}

KeeperFigures Keeper::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

}  // namespace redshank
