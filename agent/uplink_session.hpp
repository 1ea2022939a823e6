#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"
#include "storage/store.hpp"

namespace redshank {

// The agent's side of the uplink: seals rows of committed checkpoints into batches, sends a window of them, and removes
// rows when the collector acknowledged them, never before. docs/uplink.md has the protocol.
//   A connection begins with Hello; the collector says what it has. Sequences it never could have (an old card image, a
//   clone) start a new incarnation; ones that are gone here become a gap there (Skip).
//   Thread: the keeper's. Errors of the store come back from step; the caller reopens it before the next step.
class UplinkSession {
public:
    UplinkSession(std::unique_ptr<wire::DealerSocket> socket, std::string agent);

    // newest_number: of the results made so far. Takes what arrived, seals and sends what can be. now_ns: monotonic.
    Outcome<> step(Store& store, std::uint64_t boot, std::uint64_t newest_number, std::int64_t now_ns);
    // The store was reopened, or rows were committed by somebody else: nothing cached is believed.
    void forget() noexcept;

    wire::DealerSocket& socket() noexcept { return *socket_; }
    bool connected() const noexcept { return state_ == State::open; }  // the collector has answered Hello
    const std::string& last_report() const noexcept { return last_report_; }

private:
    enum class State : std::uint8_t { apart, greeted, skipping, open };
    struct Flight {
        std::uint64_t sequence = 0;
        std::vector<std::byte> frame;
        bool sent = false;
    };

    Outcome<> take(Store& store, const wire::Frame& frame, std::int64_t now_ns);
    Outcome<> welcome(Store& store, const wire::Welcome& welcome, std::int64_t now_ns);
    Outcome<> acknowledged(Store& store, std::uint64_t sequence, std::int64_t now_ns);
    Outcome<> begin_incarnation(Store& store, const std::string& why);
    void greet(Store& store, std::uint64_t boot, std::int64_t now_ns);
    Outcome<> load_sealed(Store& store);
    Outcome<> seal(Store& store);
    Outcome<> pick(Store& store, std::size_t bytes_max);
    std::vector<std::byte> frame_of(const Store& store, std::uint64_t sequence, std::span<const OutboxRow> rows) const;
    void send(std::int64_t now_ns);

    std::unique_ptr<wire::DealerSocket> socket_;
    std::string agent_;
    State state_ = State::apart;
    std::uint64_t connection_ = 0;  // the one we greeted on
    std::int64_t asked_ns_ = 0;     // when an answer was last due
    std::vector<Flight> flights_;   // sealed and unacknowledged, by sequence
    bool loaded_ = false;           // flights_ stand for the store's sealed batches
    std::uint64_t live_from_ = 0;   // rows above were made since this connection opened
    std::vector<OutboxRow> rows_;
    std::vector<std::byte> bytes_;
    std::vector<std::byte> frame_;
    std::string last_report_;
};

}  // namespace redshank
