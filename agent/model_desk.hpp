#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/control_socket.hpp"
#include "agent/intake.hpp"
#include "agent/json_writer.hpp"
#include "agent/keeper.hpp"
#include "agent/model_refusal.hpp"
#include "drivers/mqtt_client.hpp"
#include "drivers/signature.hpp"

namespace redshank {

// Where models come and go: by the control socket ("model ..." requests, the local operator's) and over MQTT
// (<base>/model/<group>, anybody's). A command is answered when a checkpoint covers it.
//   Over MQTT a model is taken only when a trusted key signed it, when it stands under its own group's topic, and when
//   it was made after the one taken last, so that nobody can send an old one again.
//   Thread: message and acknowledged from the client's events; answer one request at a time; the rest from any.
class ModelDesk {
public:
    ModelDesk(const Settings& settings, Intake& intake, Keeper& keeper, std::uint32_t subscription_id);

    // Under <base>/model/, by the subscription for models: for message(), not for the pipeline.
    bool takes(const Message& message) const noexcept;
    void message(const Message& message) noexcept;

    void attach(MqttClient* client) noexcept { client_ = client; }  // before the first request
    // False: a token of somebody else's.
    bool acknowledged(std::uint64_t token) noexcept;

    static bool is_request(std::string_view request) noexcept { return request.starts_with("model "); }
    ControlAnswer answer(std::string_view request);

    void write_figures(JsonWriter& json) const noexcept;  // {"accepted", "refused": {reason}}, since start
    // What happened since the last call, for the log.
    void report(const std::function<void(const std::string& sentence, bool refused)>& say);

private:
    struct Note {
        ChannelName group;
        std::optional<ModelRefusal> refusal;  // none: taken
        bool by_mqtt = false;
    };
    static constexpr std::size_t notes_max = 16;  // later ones of one interval are counted alone

    std::optional<ModelRefusal> take_message(const Message& message, ChannelName& group) noexcept;
    void count(const ChannelName& group, std::optional<ModelRefusal> refusal, bool by_mqtt) noexcept;

    ControlAnswer list();
    ControlAnswer show(std::string_view group);
    ControlAnswer export_file(std::string_view group);
    ControlAnswer import_file(std::string_view arguments);
    ControlAnswer command(ModelCommand::Action action, std::string_view group);
    ControlAnswer rollback(std::string_view group);
    ControlAnswer send(std::string_view arguments);
    ControlAnswer publish(std::string_view topic, std::span<const std::byte> file, bool retain,
                          std::int64_t timeout_ns);
    ControlAnswer run(const ModelCommand& command, const ModelOrigin& origin, const std::string& done);
    Outcome<std::vector<std::byte>> kept_before(std::string_view group);
    ControlAnswer no_such_group(std::string_view group);

    const Settings& settings_;
    Intake& intake_;
    Keeper& keeper_;
    const std::uint32_t subscription_id_;  // 0: no models over MQTT
    const std::string prefix_;             // <base>/model/
    std::vector<PublicKey> trusted_;
    MqttClient* client_ = nullptr;

    mutable std::mutex mutex_;  // of what follows
    std::uint64_t accepted_ = 0;
    std::array<std::uint64_t, model_refusals> refused_{};
    std::array<Note, notes_max> notes_{};
    std::size_t note_count_ = 0;
    std::uint64_t last_sent_ = 0;  // ordinals of publishes
    std::uint64_t last_acknowledged_ = 0;
    std::condition_variable acknowledged_;
};

}  // namespace redshank
