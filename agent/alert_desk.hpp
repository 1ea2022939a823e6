#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/alert_command.hpp"
#include "agent/control_socket.hpp"
#include "agent/intake.hpp"
#include "agent/keeper.hpp"
#include "agent/settings.hpp"
#include "model/outcome.hpp"
#include "model/record.hpp"

namespace redshank {

// Where people say what is to become of alerts: by the control socket ("alert ..." requests, the local operator's), and
// where [alerts] commands allows it over MQTT, by whoever may publish there:
//   <base>/command/silence[/<rule>[/<channel>]]   payload: a duration, "1h"; "0s" ends it
//   <base>/command/ack[/<rule>[/<channel>]]       payload: none
//   <base>/command/maintenance                  payload: "on", "on 2h" or "off"
//   A retained one is refused: it would be said again at every start.
//   Thread: message from the client's events; answer one request at a time; the rest from any.
class AlertDesk {
public:
    // subscription_id 0: nothing over MQTT.
    AlertDesk(const Settings& settings, Intake& intake, Keeper& keeper, std::uint32_t subscription_id);

    bool takes(const Message& message) const noexcept;
    void message(const Message& message) noexcept;

    static bool is_request(std::string_view request) noexcept { return request.starts_with("alert "); }
    ControlAnswer answer(std::string_view request);

    // Over MQTT, since start.
    std::uint64_t accepted() const noexcept { return accepted_.load(); }
    std::uint64_t refused() const noexcept { return refused_.load(); }

private:
    Intake& intake_;
    Keeper& keeper_;
    const std::uint32_t subscription_id_;
    const std::string prefix_;  // <base>/command/
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> refused_{0};
};

// What stands behind <base>/command/, with its payload. The failure is a sentence. Views into the arguments.
Outcome<AlertCommand> read_alert_command(std::string_view topic, std::string_view payload);

// The same as the control socket takes it, between tabs: action, rule, channel, nanoseconds.
std::string alert_request(const AlertCommand& command);

}  // namespace redshank
