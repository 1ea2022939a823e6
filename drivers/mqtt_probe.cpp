#include "drivers/mqtt_probe.hpp"

#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t disconnect_within_ns = 500'000'000;
constexpr std::int64_t never_ns = 3'600'000'000'000;

class Unheard final : public MqttEvents {
public:
    void on_connected(bool) noexcept override {}
    void on_subscribed() noexcept override {}
    void on_disconnected() noexcept override {}
    void on_message(const Message&) noexcept override {}
    void on_published(std::uint64_t) noexcept override {}
};

// 3.1.1 promises client ids of 23 characters only.
std::string new_client_id() {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        random = static_cast<std::uint64_t>(monotonic_ns());
    }
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), random, 36);
    return "doctor-" + std::string(digits.data(), end.ptr);
}

}  // namespace

std::string why_not_accepted(MqttClientSettings settings, std::int64_t timeout_ns) {
    settings.client_id = new_client_id();
    settings.session_expiry_s = 0;
    settings.will_topic.clear();
    settings.subscriptions.clear();
    settings.unsubscriptions.clear();
    settings.reconnect_first_ns = settings.reconnect_last_ns = never_ns;
    const std::int64_t until_ns = monotonic_ns() + timeout_ns;
    Unheard unheard;
    auto client = MqttClient::create(settings, unheard);
    if (!client) return client.error();
    (*client)->start(monotonic_ns());
    std::string why;
    while (!(*client)->connected() && why.empty() && monotonic_ns() < until_ns) {
        (*client)->step(monotonic_ns());
        constexpr timespec pause{0, 5'000'000};
        nanosleep(&pause, nullptr);
        why = (*client)->last_error();
    }
    const bool accepted = (*client)->connected();
    (*client)->stop(disconnect_within_ns);
    if (accepted) return "";
    return why.empty() ? "the broker does not answer CONNECT in time" : why;
}

}  // namespace redshank
