#include "drivers/uplink/zap_door.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace redshank::wire {
namespace {

enum Part : std::size_t { version, request, domain, address, identity, mechanism, credentials, part_count };

std::string_view text_in(const std::vector<std::byte>& part) noexcept {
    return {reinterpret_cast<const char*>(part.data()), part.size()};
}

void send_part(void* socket, std::string_view text, int flags) noexcept {
    zmq_send(socket, text.data(), text.size(), ZMQ_DONTWAIT | flags);
}

}  // namespace

Outcome<ZapDoor> ZapDoor::open(void* context) {
    ZmqSocket socket(zmq_socket(context, ZMQ_REP));
    const int linger = 0;
    if (!socket || zmq_setsockopt(socket.get(), ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(socket.get(), "inproc://zeromq.zap.01") != 0) {
        return failure(std::string("the check of keys: ") + zmq_strerror(zmq_errno()));
    }
    return ZapDoor(std::move(socket));
}

void ZapDoor::allow(const std::vector<CurvePublicKey>& keys) {
    keys_.clear();
    for (const CurvePublicKey& key : keys) keys_.push_back(text_of(key));
    std::sort(keys_.begin(), keys_.end());
}

bool ZapDoor::allows(const std::string& key) const noexcept {
    return std::binary_search(keys_.begin(), keys_.end(), key);
}

void ZapDoor::answer() {
    std::array<std::vector<std::byte>*, part_count> into{};
    for (std::size_t i = 0; i < part_count; ++i) into[i] = &parts_[i];
    std::size_t parts = 0;
    while (receive_parts(socket_.get(), into, parts)) {
        // Whatever ZeroMQ asks must be answered before the next question can be read.
        if (parts != part_count) parts_[credentials].clear();
        answer_one();
    }
}

void ZapDoor::answer_one() {
    CurvePublicKey key{};
    const bool curve = text_in(parts_[version]) == "1.0" && text_in(parts_[mechanism]) == "CURVE" &&
                       parts_[credentials].size() == key.size();
    if (curve) std::copy(parts_[credentials].begin(), parts_[credentials].end(), key.begin());
    const std::string name = text_of(key);
    const bool welcome = curve && allows(name);
    if (!welcome) {
        ++refusals_.count;
        refusals_.key = key;
        refusals_.address.assign(text_in(parts_[address]));
    }
    send_part(socket_.get(), "1.0", ZMQ_SNDMORE);
    send_part(socket_.get(), text_in(parts_[request]), ZMQ_SNDMORE);
    send_part(socket_.get(), welcome ? "200" : "400", ZMQ_SNDMORE);
    send_part(socket_.get(), welcome ? "" : "key not allowed", ZMQ_SNDMORE);
    send_part(socket_.get(), welcome ? std::string_view(name) : "", ZMQ_SNDMORE);
    send_part(socket_.get(), "", 0);  // no metadata
}

}  // namespace redshank::wire
