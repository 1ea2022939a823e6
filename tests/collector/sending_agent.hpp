#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drivers/uplink/digest.hpp"
#include "drivers/uplink/sockets.hpp"
#include "drivers/uplink/wire.hpp"
#include "tests/collector/random_rows.hpp"

namespace redshank::test {

// An agent as far as the uplink sees it: an outbox of sealed batches, a window of them under way, Hello on every new
// connection. It notes what a collector must never do.
class SendingAgent {
public:
    static constexpr std::uint64_t batches_in_flight_max = 16;

    SendingAgent(const std::string& url, std::string name, std::uint64_t incarnation, std::uint64_t seed)
        : name_(std::move(name)), incarnation_(incarnation), random_(seed) {
        auto socket = wire::DealerSocket::create(url);
        if (socket) socket_ = std::move(*socket);
        if (!socket) flaws_ = socket.error() + '\n';
    }

    // A batch of a few aggregates, one of which has the key of one in the batch before, and an alert.
    void seal() {
        const std::uint64_t sequence = outbox_.size() + 1;
        std::vector<std::vector<std::byte>> rows;
        for (std::uint64_t i = 0; i < 3; ++i) {
            const std::uint64_t count = 1 + random_.below(50);
            counted_ += count;
            const auto start = static_cast<std::int64_t>(sequence * 2 + i) * 1'000'000'000;
            rows.push_back(wire_of(plain_aggregate(sequence, "plant/pump:temperature", start, count)));
        }
        AlertRow alert;
        alert.id = {1, sequence, 0};
        alert.rule.assign("anomaly");
        alert.channel.assign("plant/pump:temperature");
        rows.push_back(wire_of(alert));
        wire::Batch batch{name_, incarnation_, sequence, {}};
        for (const auto& row : rows) batch.rows.emplace_back(row);
        outbox_.push_back(wire::encode_frame(batch));
    }

    // Takes what has come, says Hello where it is due, sends what the window lets through; waits a little for more.
    void step() {
        if (socket_->connections() != greeted_) {
            greeted_ = socket_->connections();
            welcomed_ = false;
            if (!socket_->send(wire::encode_frame(wire::Hello{name_, incarnation_, 1}))) greeted_ = 0;
        }
        while (socket_->receive(frame_)) take();
        while (welcomed_ && sent_ < outbox_.size() && sent_ < acknowledged_ + batches_in_flight_max) {
            if (!socket_->send(batch(sent_ + 1))) break;
            ++sent_;
            sent_ever_ = std::max(sent_ever_, sent_);
        }
        socket_->wait(-1, 5);
    }

    std::uint64_t sealed() const { return outbox_.size(); }
    std::uint64_t sent() const { return sent_; }
    std::uint64_t acknowledged() const { return acknowledged_; }
    std::uint64_t counted() const { return counted_; }
    std::uint64_t connections() const { return greeted_; }
    const std::string& flaws() const { return flaws_; }

private:
    void take() {
        const auto frame = wire::decode_frame(frame_);
        if (!frame) return note("unreadable: " + frame.error());
        if (const auto* welcome = std::get_if<wire::Welcome>(&*frame)) {
            const std::uint64_t last = welcome->last_sequence;
            if (last < acknowledged_)
                note("acknowledged " + std::to_string(acknowledged_) + " and forgot after " + std::to_string(last));
            if (last > outbox_.size()) return note("knows a batch that was never sealed");
            if (last > 0 && welcome->digest != wire::digest_of(batch(last))) note("another digest");
            acknowledged_ = last;
            sent_ = last - std::min(last, random_.below(4));  // an agent may repeat what it is not sure of
            welcomed_ = true;
        } else if (const auto* acknowledge = std::get_if<wire::Acknowledge>(&*frame)) {
            if (acknowledge->sequence > sent_ever_) note("acknowledged what was not sent");
            acknowledged_ = std::max(acknowledged_, acknowledge->sequence);
        } else {
            note("an answer that nothing called for");
        }
    }

    const std::vector<std::byte>& batch(std::uint64_t sequence) const {
        return outbox_[static_cast<std::size_t>(sequence - 1)];
    }

    void note(const std::string& flaw) { flaws_ += name_ + ": " + flaw + '\n'; }

    std::string name_;
    std::uint64_t incarnation_;
    Random random_;
    std::unique_ptr<wire::DealerSocket> socket_;
    std::vector<std::vector<std::byte>> outbox_;  // batch of sequence i + 1
    std::vector<std::byte> frame_;
    std::uint64_t greeted_ = 0;
    bool welcomed_ = false;
    std::uint64_t sent_ = 0;
    std::uint64_t sent_ever_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t counted_ = 0;
    std::string flaws_;
};

}  // namespace redshank::test
