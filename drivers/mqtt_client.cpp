#include "drivers/mqtt_client.hpp"

// Opens message::c_struct(), the only way to the packet identifier, which redeliveries are told by. It adds inline
// accessors and changes no layout.
#define UNIT_TESTS
#include <mqtt/async_client.h>
#undef UNIT_TESTS
#include <MQTTReasonCodes.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "drivers/mqtt_backoff.hpp"
#include "drivers/mqtt_outgoing.hpp"

namespace redshank {

namespace {

constexpr std::size_t outgoing_bytes = 64 * 1024;
constexpr std::int64_t handshake_ns = 30'000'000'000;  // from CONNECT to the last SUBACK
constexpr std::int64_t idle_step_ns = 100'000'000;     // how late a lost connection may be noticed by step
constexpr std::uint32_t subscription_identifier_max = 268'435'455;
constexpr int refused = 0x80;  // MQTT 5: reason codes from here on are failures

// What a publish of our own is known by in Paho's user context; MqttInFlight's slots count from slot_base.
constexpr std::uintptr_t online_context = 1;
constexpr std::uintptr_t offline_context = 2;
constexpr std::uintptr_t slot_base = 16;

void* as_context(std::uintptr_t value) noexcept {
    return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr): a number, never followed
}

std::string reason_text(int code) {
    const char* const text = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
    return (text == nullptr ? std::string("reason code") : std::string(text)) + " (" + std::to_string(code) + ")";
}

std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    return seed;
}

bool can_be_published_to(std::string_view topic) noexcept {
    return !topic.empty() && topic.size() <= 65535 &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

// Paho 1.3.12 runs every callback under one mutex of its own; a publish from inside one may enter Paho without waiting,
// any other would wait for it. Which client's event this thread is in:
thread_local const void* event_of = nullptr;

class InsideEvent {
public:
    explicit InsideEvent(const void* client) noexcept : outer_(std::exchange(event_of, client)) {}
    ~InsideEvent() { event_of = outer_; }
    InsideEvent(const InsideEvent&) = delete;
    InsideEvent& operator=(const InsideEvent&) = delete;

private:
    const void* outer_;
};

// States: idle -start-> connecting -CONNACK-> subscribing -last SUBACK-> subscribed; any of them -trouble-> waiting
// -timer-> connecting. Callbacks only record trouble: Paho 1.3.12 must not be told to connect from inside them, so step
// does that, and where the trouble leaves unanswered requests behind (`broken_`) step builds the Paho client anew.
//
// CONNACK comes before messages: Paho's receive thread calls the connect listener in the same turn in which it has read
// CONNACK and reads the first PUBLISH in a later one (tested with 1,000 messages waiting in a resumed session).
class PahoClient final : public MqttClient, private mqtt::iaction_listener {
public:
    PahoClient(const MqttClientSettings& settings, MqttEvents& events);
    ~PahoClient() override;
    PahoClient(const PahoClient&) = delete;
    PahoClient& operator=(const PahoClient&) = delete;

    void start(std::int64_t now_ns) override;
    std::int64_t step(std::int64_t now_ns) override;
    bool connected() const noexcept override { return state_ == State::subscribed; }
    std::string last_error() const override;
    std::uint64_t publishes_refused() const noexcept override { return publishes_refused_; }
    bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                 std::uint64_t token) noexcept override;
    void stop(std::int64_t timeout_ns) override;

private:
    enum class State : std::uint8_t { idle, waiting, connecting, subscribing, subscribed };

    // On the caller's thread
    void connect(std::int64_t now_ns);
    void open_client();
    void drop_client(State next);
    void send_waiting_publishes();
    void run_sender();

    // On Paho's threads
    void on_success(const mqtt::token& token) override;
    void on_failure(const mqtt::token& token) override;
    void on_connack(const mqtt::token& token) noexcept;
    void on_suback() noexcept;
    void on_lost() noexcept;
    void on_publish_answered(const mqtt::token& token, bool success) noexcept;
    void deliver(const mqtt::message& message) noexcept;

    bool request_subscriptions(bool session_present) noexcept;
    bool send(const MqttOutgoing::Entry& entry) noexcept;
    bool say(const char* status, std::uintptr_t context) noexcept;
    std::uint32_t subscription_of(const mqtt::message& message) const noexcept;
    void fail(const std::string& why) noexcept;
    void set_error(const std::string& why) noexcept;
    void wake_stop() noexcept;

    const MqttClientSettings settings_;
    MqttEvents& events_;
    mqtt::connect_options options_;  // Paho keeps pointers into it while it connects
    std::unique_ptr<mqtt::async_client> owner_;
    mqtt::async_client* paho_ = nullptr;  // stays valid inside callbacks while owner_ is destroyed

    std::atomic<State> state_{State::idle};
    std::atomic<bool> announced_{false};  // on_connected without on_disconnected
    std::atomic<bool> broken_{false};     // step is to build the Paho client anew
    std::atomic<std::uint64_t> publishes_refused_{0};
    std::size_t answers_missing_ = 0;  // SUBACK and UNSUBACK; under Paho's lock

    // The timer: start's and step's thread only.
    Backoff backoff_;
    std::atomic<bool> backoff_done_{false};
    std::int64_t retry_at_ns_ = 0;  // 0: not drawn yet
    std::int64_t handshake_until_ns_ = 0;

    mutable std::mutex error_mutex_;
    std::string error_;

    std::mutex stop_mutex_;
    std::condition_variable stop_wake_;
    bool offline_answered_ = false;
    bool disconnected_ = false;

    // Publishes. One thread at a time hands them to Paho (`sending_`), in order.
    std::mutex outgoing_mutex_;
    std::condition_variable outgoing_wake_;
    MqttOutgoing outgoing_{outgoing_bytes};
    MqttInFlight in_flight_;
    std::uint64_t connection_ = 0;
    bool open_ = false;
    bool sending_ = false;
    bool ending_ = false;
    std::thread sender_;
};

PahoClient::PahoClient(const MqttClientSettings& settings, MqttEvents& events)
    : settings_(settings),
      events_(events),
      backoff_(settings.reconnect_first_ns, settings.reconnect_last_ns, random_seed()) {
    options_.set_mqtt_version(MQTTVERSION_5);
    options_.set_clean_start(false);
    options_.set_automatic_reconnect(false);
    options_.set_keep_alive_interval(static_cast<int>(settings_.keep_alive_s));
    options_.set_connect_timeout(20);
    options_.set_properties(mqtt::properties{
        {mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(settings_.session_expiry_s)},
        {mqtt::property::RECEIVE_MAXIMUM, settings_.receive_maximum},
        {mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(settings_.packet_bytes_max)},
    });
    if (!settings_.will_topic.empty()) {
        options_.set_will(mqtt::will_options(settings_.will_topic, std::string("offline"), 1, true));
    }
    sender_ = std::thread([this] { run_sender(); });
}

PahoClient::~PahoClient() {
    stop(1'000'000'000);
    {
        const std::lock_guard lock(outgoing_mutex_);
        ending_ = true;
    }
    outgoing_wake_.notify_all();
    sender_.join();
}

void PahoClient::start(std::int64_t now_ns) {
    if (state_ != State::idle) return;
    backoff_.reset();
    connect(now_ns);
}

std::int64_t PahoClient::step(std::int64_t now_ns) {
    if (state_ == State::idle) return now_ns + idle_step_ns;
    if (broken_) drop_client(State::waiting);
    const State state = state_;
    if ((state == State::connecting || state == State::subscribing) && now_ns >= handshake_until_ns_) {
        set_error("the broker does not answer CONNECT or SUBSCRIBE");
        drop_client(State::waiting);
    }
    if (state_ != State::waiting) return now_ns + idle_step_ns;
    if (backoff_done_.exchange(false)) backoff_.reset();
    if (retry_at_ns_ == 0) retry_at_ns_ = now_ns + backoff_.next_ns();
    if (now_ns < retry_at_ns_) return retry_at_ns_;
    connect(now_ns);
    return now_ns + idle_step_ns;
}

std::string PahoClient::last_error() const {
    const std::lock_guard lock(error_mutex_);
    return error_;
}

void PahoClient::connect(std::int64_t now_ns) {
    retry_at_ns_ = 0;
    handshake_until_ns_ = now_ns + handshake_ns;
    try {
        if (!owner_) open_client();
        state_ = State::connecting;
        paho_->connect(options_, nullptr, *this);
    } catch (const std::exception& error) {
        fail(std::string("cannot connect: ") + error.what());
        state_ = State::waiting;
    }
}

void PahoClient::open_client() {
    const bool six = settings_.host.find(':') != std::string::npos && settings_.host.front() != '[';
    const std::string host = six ? "[" + settings_.host + "]" : settings_.host;
    mqtt::create_options options(MQTTVERSION_5);
    options.set_max_buffered_messages(static_cast<int>(2 * MqttInFlight::slots_max));
    auto client = std::make_unique<mqtt::async_client>("tcp://" + host + ":" + std::to_string(settings_.port),
                                                       settings_.client_id, options);
    client->set_message_callback([this](const mqtt::const_message_ptr& message) { deliver(*message); });
    client->set_connection_lost_handler([this](const std::string&) { on_lost(); });
    client->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
        set_error("the broker closed the connection: " + reason_text(reason));
    });
    owner_ = std::move(client);
    paho_ = owner_.get();
}

// Afterwards Paho calls nothing more. Events that are due before that are raised as ever, because what they carry will
// be acknowledged.
void PahoClient::drop_client(State next) {
    state_ = next;
    broken_ = false;
    {
        std::unique_lock lock(outgoing_mutex_);
        open_ = false;
        outgoing_wake_.wait(lock, [this] { return !sending_; });
    }
    owner_.reset();
    {
        const std::lock_guard lock(outgoing_mutex_);
        while (!outgoing_.empty()) outgoing_.pop();
        in_flight_.clear();
    }
    state_ = next;
    broken_ = false;
    retry_at_ns_ = 0;
    if (announced_.exchange(false)) events_.on_disconnected();
}

void PahoClient::stop(std::int64_t timeout_ns) {
    if (state_ == State::idle && !owner_) return;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
    const auto wait_for = [&](const bool& answer) {
        std::unique_lock lock(stop_mutex_);
        stop_wake_.wait_until(lock, deadline, [&] { return answer || !announced_; });
    };
    {
        const std::lock_guard lock(stop_mutex_);
        offline_answered_ = disconnected_ = false;
    }
    if (connected()) {
        send_waiting_publishes();
        if (say("offline", offline_context)) wait_for(offline_answered_);
    }
    if (announced_) {
        try {
            paho_->disconnect(0, nullptr, *this);
            wait_for(disconnected_);
        } catch (const std::exception& error) {
            set_error(std::string("cannot disconnect: ") + error.what());
        }
    }
    drop_client(State::idle);
}

void PahoClient::wake_stop() noexcept {
    { const std::lock_guard lock(stop_mutex_); }
    stop_wake_.notify_all();
}

bool PahoClient::publish(std::string_view topic, std::span<const std::byte> payload, bool retain,
                         std::uint64_t token) noexcept {
    if (!can_be_published_to(topic)) return false;
    {
        const std::lock_guard lock(outgoing_mutex_);
        if (!open_) return false;
        const auto slot = in_flight_.take(token);
        if (!slot) return false;
        if (!outgoing_.push({topic, payload, connection_, *slot, retain})) {
            in_flight_.give_back(*slot);
            return false;
        }
    }
    if (event_of == this) {
        send_waiting_publishes();
    } else {
        outgoing_wake_.notify_all();
    }
    return true;
}

void PahoClient::send_waiting_publishes() {
    std::unique_lock lock(outgoing_mutex_);
    if (sending_) return;  // who is at it sends these too
    sending_ = true;
    while (const auto entry = outgoing_.front()) {
        bool sent = false;
        if (open_ && entry->connection == connection_) {
            lock.unlock();
            sent = send(*entry);
            lock.lock();
            if (!sent) open_ = false;
        }
        if (!sent) in_flight_.give_back(entry->slot);
        outgoing_.pop();
    }
    sending_ = false;
    lock.unlock();
    outgoing_wake_.notify_all();
}

void PahoClient::run_sender() {
    std::unique_lock lock(outgoing_mutex_);
    for (;;) {
        outgoing_wake_.wait(lock, [this] { return ending_ || (!outgoing_.empty() && !sending_); });
        if (ending_) return;
        lock.unlock();
        send_waiting_publishes();
        lock.lock();
    }
}

bool PahoClient::send(const MqttOutgoing::Entry& entry) noexcept {
    try {
        paho_->publish(mqtt::string_ref(std::string(entry.topic)), entry.payload.data(), entry.payload.size(), 1,
                       entry.retain, as_context(slot_base + entry.slot), *this);
        return true;
    } catch (const std::exception& error) {
        fail(std::string("cannot publish: ") + error.what());
        return false;
    }
}

bool PahoClient::say(const char* status, std::uintptr_t context) noexcept {
    if (settings_.will_topic.empty()) return false;
    try {
        const std::string text = status;
        paho_->publish(settings_.will_topic, text.data(), text.size(), 1, true, as_context(context), *this);
        return true;
    } catch (const std::exception& error) {
        fail(std::string("cannot publish: ") + error.what());
        return false;
    }
}

void PahoClient::on_success(const mqtt::token& token) {
    const InsideEvent inside(this);
    switch (token.get_type()) {
        case mqtt::token::CONNECT:
            return on_connack(token);
        case mqtt::token::SUBSCRIBE:
        case mqtt::token::UNSUBSCRIBE:
            return on_suback();
        case mqtt::token::PUBLISH:
            return on_publish_answered(token, true);
        case mqtt::token::DISCONNECT: {
            {
                const std::lock_guard lock(stop_mutex_);
                disconnected_ = true;
            }
            return wake_stop();
        }
    }
}

void PahoClient::on_failure(const mqtt::token& token) {
    const InsideEvent inside(this);
    const int reason = token.get_reason_code();
    switch (token.get_type()) {
        case mqtt::token::CONNECT:
            try {
                const int code = token.get_return_code();
                if (code > 0) {
                    set_error("the broker refuses the connection: " + reason_text(code));
                } else {
                    token.get_connect_response();  // throws what Paho has to say
                }
            } catch (const std::exception& error) {
                set_error("cannot connect to " + settings_.host + ":" + std::to_string(settings_.port) + ": " +
                          error.what());
            }
            return on_lost();
        case mqtt::token::SUBSCRIBE:
        case mqtt::token::UNSUBSCRIBE:
            if (state_ != State::subscribing) return;  // the connection went first
            return fail("the broker refuses a subscription: " +
                        (token.get_topics() && !token.get_topics()->empty() ? (*token.get_topics())[0] : "") + ": " +
                        reason_text(reason));
        case mqtt::token::PUBLISH:
            return on_publish_answered(token, false);
        case mqtt::token::DISCONNECT:
            return wake_stop();
    }
}

void PahoClient::on_connack(const mqtt::token& token) noexcept {
    bool session_present = false;
    try {
        session_present = token.get_connect_response().is_session_present();
    } catch (const std::exception& error) {
        fail(std::string("cannot read CONNACK: ") + error.what());
    }
    // Announced in any case: messages follow, and they will be acknowledged.
    announced_ = true;
    events_.on_connected(session_present);
    State expected = State::connecting;
    if (!state_.compare_exchange_strong(expected, State::subscribing)) return;
    answers_missing_ = 1;  // ours, so that no answer comes to the last one while we ask
    if (request_subscriptions(session_present)) on_suback();
}

bool PahoClient::request_subscriptions(bool session_present) noexcept {
    try {
        for (const std::string& filter : settings_.unsubscriptions) {
            const bool stays = std::any_of(settings_.subscriptions.begin(), settings_.subscriptions.end(),
                                           [&](const MqttSubscription& other) { return other.filter == filter; });
            if (!session_present || stays) continue;
            ++answers_missing_;
            paho_->unsubscribe(filter, nullptr, *this);
        }
        for (const MqttSubscription& subscription : settings_.subscriptions) {
            // One SUBSCRIBE each, because the identifier belongs to the packet. No Local is not allowed when shared.
            const bool shared = subscription.filter.starts_with("$share/");
            const mqtt::subscribe_options options(!shared, mqtt::subscribe_options::NO_RETAIN_AS_PUBLISHED,
                                                  mqtt::subscribe_options::SEND_RETAINED_ON_NEW);
            const mqtt::properties identifier{
                {mqtt::property::SUBSCRIPTION_IDENTIFIER, static_cast<std::int32_t>(subscription.identifier)}};
            ++answers_missing_;
            paho_->subscribe(subscription.filter, 1, nullptr, *this, options, identifier);
        }
        return true;
    } catch (const std::exception& error) {
        fail(std::string("cannot subscribe: ") + error.what());
        return false;
    }
}

void PahoClient::on_suback() noexcept {
    if (state_ != State::subscribing || --answers_missing_ != 0) return;
    if (!settings_.will_topic.empty() && !say("online", online_context)) return;
    State expected = State::subscribing;
    if (!state_.compare_exchange_strong(expected, State::subscribed)) return;
    set_error({});
    backoff_done_ = true;
    {
        const std::lock_guard lock(outgoing_mutex_);
        open_ = true;
        ++connection_;
    }
    events_.on_subscribed();
}

void PahoClient::on_lost() noexcept {
    const InsideEvent inside(this);
    {
        const std::lock_guard lock(outgoing_mutex_);
        open_ = false;
    }
    State was = state_;
    while ((was == State::connecting || was == State::subscribing || was == State::subscribed) &&
           !state_.compare_exchange_weak(was, State::waiting)) {
    }
    if (was == State::subscribing) broken_ = true;  // its SUBSCRIBEs would stay with Paho for ever
    if (announced_.exchange(false)) {
        if (last_error().empty()) set_error("the connection broke");
        events_.on_disconnected();
    }
    send_waiting_publishes();  // which now are dropped
    wake_stop();
}

void PahoClient::on_publish_answered(const mqtt::token& token, bool success) noexcept {
    const auto context = reinterpret_cast<std::uintptr_t>(token.get_user_context());
    const int reason = token.get_reason_code();
    const bool answered = success || reason >= refused;
    if (answered && !success) {
        ++publishes_refused_;
        set_error("the broker refuses a publish: " + reason_text(reason));
    }
    if (context == offline_context) {
        {
            const std::lock_guard lock(stop_mutex_);
            offline_answered_ = true;
        }
        return wake_stop();
    }
    if (context < slot_base) return;
    std::uint64_t of_caller = 0;
    {
        const std::lock_guard lock(outgoing_mutex_);
        of_caller = in_flight_.give_back(static_cast<std::uint16_t>(context - slot_base));
    }
    if (answered) events_.on_published(of_caller);
}

void PahoClient::deliver(const mqtt::message& message) noexcept {
    const InsideEvent inside(this);
    const MQTTAsync_message& wire = message.c_struct();
    Message out;
    out.topic = message.get_topic();
    out.payload = std::as_bytes(std::span(message.get_payload()));
    out.qos = static_cast<std::uint8_t>(wire.qos);
    out.retain = wire.retained != 0;
    out.duplicate = wire.dup != 0;
    out.packet_id = static_cast<std::uint16_t>(wire.msgid);
    out.subscription_id = subscription_of(message);
    events_.on_message(out);
}

// A broker may put the identifiers of all matching subscriptions into one message: then the first one configured is it.
std::uint32_t PahoClient::subscription_of(const mqtt::message& message) const noexcept {
    const MQTTProperties& properties = message.get_properties().c_struct();
    std::uint32_t found = 0;
    std::size_t found_at = settings_.subscriptions.size();
    for (const MQTTProperty& property : std::span(properties.array, static_cast<std::size_t>(properties.count))) {
        if (property.identifier != MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) continue;
        const std::uint32_t identifier = property.value.integer4;
        if (found == 0) found = identifier;
        if (properties.count == 1) break;
        for (std::size_t at = 0; at < found_at; ++at) {
            if (settings_.subscriptions[at].identifier != identifier) continue;
            found = identifier;
            found_at = at;
        }
    }
    return found;
}

// The connection is of no use: step drops it and tries again.
void PahoClient::fail(const std::string& why) noexcept {
    set_error(why);
    broken_ = true;
}

void PahoClient::set_error(const std::string& why) noexcept {
    const std::lock_guard lock(error_mutex_);
    error_ = why;
}

}  // namespace

Outcome<std::unique_ptr<MqttClient>> MqttClient::create(const MqttClientSettings& settings, MqttEvents& events) {
    if (settings.host.empty()) return failure("MQTT: no host");
    if (settings.client_id.empty()) return failure("MQTT: a session that is kept needs a client id");
    if (settings.receive_maximum == 0) return failure("MQTT: Receive Maximum must be 1 or more");
    if (!settings.will_topic.empty() && !can_be_published_to(settings.will_topic)) {
        return failure("MQTT: not a topic: " + settings.will_topic);
    }
    for (const MqttSubscription& subscription : settings.subscriptions) {
        if (subscription.filter.empty()) return failure("MQTT: an empty topic filter");
        if (subscription.identifier == 0 || subscription.identifier > subscription_identifier_max) {
            return failure("MQTT: subscription identifier out of 1..268435455 for " + subscription.filter);
        }
    }
    try {
        return std::make_unique<PahoClient>(settings, events);
    } catch (const std::exception& error) {
        return failure(std::string("MQTT: ") + error.what());
    }
}

}  // namespace redshank
