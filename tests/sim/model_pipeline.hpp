#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "tests/sim/model_broker.hpp"

namespace redshank::sim {

enum class Kind : std::uint8_t { message, tick, connected, down, flush };

// One record of the inbox.
struct Entry {
    std::uint64_t position = 0;
    std::int64_t stamp = 0;
    Kind kind = Kind::tick;
    Delivery delivery{};
    bool session_present = true;
};

struct AlertId {
    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    auto operator<=>(const AlertId&) const = default;
};

struct WindowKey {
    std::uint64_t boot = 0;
    std::uint32_t device = 0;
    std::int64_t index = 0;
    auto operator<=>(const WindowKey&) const = default;
};

// One row for upstream: a part of a window, an alert, or a gap.
struct Row {
    enum class Type : std::uint8_t { aggregate, alert, gap } type = Type::aggregate;
    std::uint64_t number = 0;
    WindowKey key;
    std::vector<std::uint32_t> messages;  // aggregate: whom it counts
    AlertId alert;
    std::uint64_t gap_first = 0, gap_last = 0;
};

struct Ledger {
    std::uint64_t messages = 0, decoded = 0, duplicate = 0, counted = 0;
    std::uint64_t made = 0, merged = 0;
};

struct PipelineRules {
    std::int64_t window_length = 50;
    std::int64_t lateness = 20;
    std::size_t receive_maximum = 8;
    std::size_t results_max = 32;
    bool duplicate_table = true;
};

// What the agent knows as of a position; all of it goes into a checkpoint. Records in, rows and alerts out, nothing
// else: the same records give the same rows.
struct PipelineState {
    struct Seen {
        std::uint32_t packet_id = 0;
        std::uint64_t hash = 0;
        std::uint64_t connection = 0;
    };
    struct Window {
        std::int64_t deadline = 0;
        std::vector<std::uint32_t> messages;
    };

    std::uint64_t boot = 0;
    std::uint64_t position = 0;
    std::uint64_t connection = 0;
    std::uint64_t next_row = 1;
    std::map<WindowKey, Window> windows;
    std::deque<Seen> table;
    std::map<std::uint32_t, bool> firing;
    std::deque<AlertId> ring;  // made and not yet acknowledged by the local broker
    Ledger ledger;

    std::uint64_t open_readings() const {
        std::uint64_t open = 0;
        for (const auto& [key, window] : windows) open += window.messages.size();
        return open;
    }
};

class Pipeline {
public:
    explicit Pipeline(const PipelineRules& rules) : rules_(rules) {}

    void on_record(const Entry& entry) {
        close_until(entry.stamp);
        state.position = entry.position;
        switch (entry.kind) {
            case Kind::message:
                on_message(entry);
                break;
            case Kind::connected:
                ++state.connection;
                if (!entry.session_present) state.table.clear();
                break;
            case Kind::flush:
                close_all();
                break;
            case Kind::tick:
            case Kind::down:
                break;
        }
    }
    // Windows of an older boot close under it.
    void begin_boot(std::uint64_t boot) {
        close_all();
        state.boot = boot;
        state.position = 0;
    }
    // A gap may hide a reconnect: what comes after it is of another connection than what came before.
    void skip_gap(std::uint64_t first, std::uint64_t last) {
        Row row;
        row.type = Row::Type::gap;
        row.key.boot = state.boot;
        row.gap_first = first;
        row.gap_last = last;
        make(std::move(row));
        state.position = last;
        ++state.connection;
    }
    bool due(std::int64_t now) const {
        return std::any_of(state.windows.begin(), state.windows.end(),
                           [now](const auto& window) { return window.second.deadline <= now; });
    }
    // The keeper has a copy of the results so far: they must not change any more.
    void freeze() { frozen_through_ = state.next_row - 1; }
    void drop_through(std::uint64_t number) {
        std::erase_if(results, [number](const Row& row) { return row.number <= number; });
    }

    PipelineState state;
    std::vector<Row> results;  // made and not yet in a checkpoint

private:
    void on_message(const Entry& entry) {
        const Delivery& delivery = entry.delivery;
        const Publication& publication = delivery.publication;
        ++state.ledger.messages;
        // A duplicate is remembered anew, too: the table holds the last messages received, in their order.
        const bool duplicate = delivery.duplicate_flag && rules_.duplicate_table && forget(delivery);
        state.table.push_back({delivery.packet_id, publication.hash, state.connection});
        if (state.table.size() > rules_.receive_maximum) state.table.pop_front();
        if (duplicate) {
            ++state.ledger.duplicate;
            return;
        }

        ++state.ledger.decoded;
        if (bool& firing = state.firing[publication.device]; firing != publication.spike) {
            firing = publication.spike;
            Row row;
            row.type = Row::Type::alert;
            row.alert = {state.boot, entry.position};
            state.ring.push_back(row.alert);
            make(std::move(row));
        }
        ++state.ledger.counted;
        const std::int64_t index = publication.device_stamp / rules_.window_length;
        auto& window = state.windows[{state.boot, publication.device, index}];
        if (window.messages.empty())
            window.deadline = std::min((index + 1) * rules_.window_length + rules_.lateness,
                                       entry.stamp + rules_.window_length + rules_.lateness);
        window.messages.push_back(publication.message);
    }
    bool forget(const Delivery& delivery) {
        const auto seen = std::find_if(state.table.begin(), state.table.end(), [&](const PipelineState::Seen& entry) {
            return entry.packet_id == delivery.packet_id && entry.hash == delivery.publication.hash &&
                   entry.connection < state.connection;
        });
        if (seen == state.table.end()) return false;
        state.table.erase(seen);
        return true;
    }
    void close_until(std::int64_t now) {
        for (auto window = state.windows.begin(); window != state.windows.end();)
            window = window->second.deadline <= now ? close(window) : std::next(window);
    }
    void close_all() {
        while (!state.windows.empty()) close(state.windows.begin());
    }
    std::map<WindowKey, PipelineState::Window>::iterator close(
        std::map<WindowKey, PipelineState::Window>::iterator window) {
        Row row;
        row.key = window->first;
        row.messages = std::move(window->second.messages);
        make(std::move(row));
        return state.windows.erase(window);
    }
    // A list that is full takes no further row for an aggregate: it is merged into one that no copy holds yet.
    void make(Row row) {
        ++state.ledger.made;
        if (row.type == Row::Type::aggregate && results.size() >= rules_.results_max) {
            const auto into = std::find_if(results.rbegin(), results.rend(), [this](const Row& candidate) {
                return candidate.type == Row::Type::aggregate && candidate.number > frozen_through_;
            });
            if (into != results.rend()) {
                into->messages.insert(into->messages.end(), row.messages.begin(), row.messages.end());
                ++state.ledger.merged;
                return;
            }
        }
        row.number = state.next_row++;
        results.push_back(std::move(row));
    }

    PipelineRules rules_;
    std::uint64_t frozen_through_ = 0;
};

}  // namespace redshank::sim
