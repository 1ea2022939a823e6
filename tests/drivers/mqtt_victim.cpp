// A client to be killed: subscribes to argv[3] as client argv[2] at port argv[1] with last will argv[4], says "ready",
// prints every message as "id=N dup=N payload" and, when argv[5] is "die", ends by SIGKILL inside on_message, before
// the PUBACK.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "drivers/clock.hpp"
#include "drivers/mqtt_client.hpp"

namespace {

class Victim : public redshank::MqttEvents {
public:
    explicit Victim(bool dies) : dies_(dies) {}
    void on_connected(bool) noexcept override {}
    void on_subscribed() noexcept override { say("ready\n"); }
    void on_disconnected() noexcept override {}
    void on_message(const redshank::Message& message) noexcept override {
        say("id=" + std::to_string(message.packet_id) + " dup=" + (message.duplicate ? "1 " : "0 ") +
            std::string(reinterpret_cast<const char*>(message.payload.data()), message.payload.size()) + "\n");
        if (dies_) raise(SIGKILL);
    }
    void on_published(std::uint64_t) noexcept override {}

private:
    static void say(const std::string& text) {
        if (write(STDOUT_FILENO, text.data(), text.size()) < 0) std::abort();
    }
    bool dies_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    redshank::MqttClientSettings settings;
    settings.port = static_cast<std::uint16_t>(std::atoi(argv[1]));  // NOLINT(cert-err34-c)
    settings.client_id = argv[2];
    settings.subscriptions = {{argv[3], 1}};
    settings.will_topic = argv[4];
    Victim victim(argc > 5 && std::string(argv[5]) == "die");
    auto client = redshank::MqttClient::create(settings, victim);
    if (!client) return 1;
    (*client)->start(redshank::monotonic_ns());
    for (;;) {
        (*client)->step(redshank::monotonic_ns());
        usleep(10'000);
    }
}
