#pragma once

#include <cstdint>
#include <deque>

namespace redshank::sim {

struct Publication {
    std::uint32_t message = 0;  // identity in the world; neither broker nor agent decides anything by it
    std::uint32_t device = 0;
    std::uint64_t hash = 0;  // of the payload; different messages may have equal payloads
    std::int64_t device_stamp = 0;
    bool spike = false;
};

struct Delivery {
    Publication publication;
    std::uint32_t packet_id = 0;
    bool duplicate_flag = false;
};

// A QoS 1 broker as the agent sees it: a session with an unbounded queue, at most `receive_maximum` in flight, and
// after a reconnect everything in flight again, in order, with DUP and its old packet id.
//   Invariant: ids in flight are distinct; ids go round through `packet_ids`, many times receive_maximum.
class Broker {
public:
    Broker(std::uint32_t receive_maximum, std::uint32_t packet_ids)
        : receive_maximum_(receive_maximum), packet_ids_(packet_ids) {}

    void publish(const Publication& publication) {
        queue_.push_back(publication);
        fill();
    }
    // Returns session-present.
    bool connect() {
        const bool present = session_;
        session_ = connected_ = true;
        for (const Delivery& delivery : in_flight_) {
            to_agent.push_back(delivery);
            to_agent.back().duplicate_flag = true;
        }
        fill();
        return present;
    }
    // Of the acknowledgements on the wire the first `arrived` still get here; the rest and the deliveries are gone.
    void disconnect(std::uint64_t arrived) {
        for (; arrived > 0 && !from_agent.empty(); --arrived) take_acknowledgement();
        from_agent.clear();
        to_agent.clear();
        connected_ = false;
    }
    void take_acknowledgement() {
        if (from_agent.empty()) return;
        const std::uint32_t packet_id = from_agent.front();
        from_agent.pop_front();
        for (auto delivery = in_flight_.begin(); delivery != in_flight_.end(); ++delivery) {
            if (delivery->packet_id != packet_id) continue;
            acknowledged.push_back(delivery->publication.message);
            in_flight_.erase(delivery);
            break;
        }
        fill();
    }
    bool connected() const { return connected_; }
    bool idle() const { return queue_.empty() && in_flight_.empty(); }

    std::deque<Delivery> to_agent;
    std::deque<std::uint32_t> from_agent;
    std::deque<std::uint32_t> acknowledged;  // messages the agent took over since the world last looked

private:
    void fill() {
        while (connected_ && in_flight_.size() < receive_maximum_ && !queue_.empty()) {
            last_id_ = last_id_ % packet_ids_ + 1;
            in_flight_.push_back({queue_.front(), last_id_, false});
            queue_.pop_front();
            to_agent.push_back(in_flight_.back());
        }
    }

    std::uint32_t receive_maximum_;
    std::uint32_t packet_ids_;
    std::uint32_t last_id_ = 0;
    bool session_ = false;
    bool connected_ = false;
    std::deque<Publication> queue_;
    std::deque<Delivery> in_flight_;
};

}  // namespace redshank::sim
