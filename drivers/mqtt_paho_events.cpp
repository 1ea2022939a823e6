#include "drivers/mqtt_paho_events.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "drivers/mqtt_paho_client.hpp"
#include "drivers/tcp_no_delay.hpp"

namespace redshank {

namespace {

constexpr int refused = 0x80;  // MQTT 5: reason codes from here on are failures

}  // namespace

std::string reason_text(int code) {
    const char* const text = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
    return (text == nullptr ? std::string("reason code") : std::string(text)) + " (" + std::to_string(code) + ")";
}

// MQTT 3.1.1, 3.2.2.3.
std::string connect_return_text(int code) {
    constexpr std::array<const char*, 6> words{
        "accepted",           "unacceptable protocol version", "identifier rejected",
        "server unavailable", "bad user name or password",     "not authorized"};
    const auto at = static_cast<std::size_t>(code);
    return (at < words.size() ? words[at] : "return code") + std::string(" (") + std::to_string(code) + ")";
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
        case mqtt::token::DISCONNECT:
            return tell_stop(&PahoClient::disconnected_);
    }
}

void PahoClient::on_failure(const mqtt::token& token) {
    const InsideEvent inside(this);
    switch (token.get_type()) {
        case mqtt::token::CONNECT:
            return on_connect_failed(token);
        case mqtt::token::SUBSCRIBE:
        case mqtt::token::UNSUBSCRIBE: {
            if (state_ != State::subscribing) return;  // the connection went first
            const auto filters = token.get_topics();
            const std::string filter = filters && !filters->empty() ? (*filters)[0] : std::string();
            return fail("the broker refuses a subscription: " + filter +
                        (is_5() ? ": " + reason_text(token.get_reason_code()) : ""));
        }
        case mqtt::token::PUBLISH:
            return on_publish_answered(token, false);
        case mqtt::token::DISCONNECT:
            return tell_stop(&PahoClient::disconnected_);
    }
}

void PahoClient::on_connack(const mqtt::token& token) noexcept {
    bool session_present = false;
    std::size_t window = 65535;
    try {
        const mqtt::connect_response response = token.get_connect_response();
        const mqtt::properties& properties = response.get_properties();
        session_present = response.is_session_present();
        if (is_5() && properties.contains(mqtt::property::RECEIVE_MAXIMUM)) {
            window = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
        }
    } catch (const std::exception& error) {
        fail(std::string("cannot read CONNACK: ") + error.what());
    }
    window_ = window > 1 ? window - 1 : 1;
    no_delay_towards(settings_.port);
    // In any case: messages follow, and they will be acknowledged.
    announced_ = true;
    events_.on_connected(session_present);
    State expected = State::connecting;
    if (!state_.compare_exchange_strong(expected, State::subscribing)) return;
    answers_missing_ = 1;  // ours, for the case that there is nothing to ask
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
            ++answers_missing_;
            if (!is_5()) {
                paho_->subscribe(subscription.filter, settings_.qos, nullptr, *this);
                continue;
            }
            // One SUBSCRIBE each, because the identifier belongs to the packet. No Local is not allowed when shared.
            const bool shared = subscription.filter.starts_with("$share/");
            const mqtt::subscribe_options options(!shared, mqtt::subscribe_options::NO_RETAIN_AS_PUBLISHED,
                                                  mqtt::subscribe_options::SEND_RETAINED_ON_NEW);
            const mqtt::properties identifier{
                {mqtt::property::SUBSCRIPTION_IDENTIFIER, static_cast<std::int32_t>(subscription.identifier)}};
            paho_->subscribe(subscription.filter, settings_.qos, nullptr, *this, options, identifier);
        }
        return true;
    } catch (const std::exception& error) {
        fail(std::string("cannot subscribe: ") + error.what());
        return false;
    }
}

void PahoClient::on_suback() noexcept {
    if (state_ != State::subscribing || --answers_missing_ != 0) return;
    if (!settings_.will_topic.empty() && !send_status("online", online_context)) return;
    set_error({});
    State expected = State::subscribing;
    if (!state_.compare_exchange_strong(expected, State::subscribed)) return;
    went_well_ = true;
    publisher_.open(window_);
    events_.on_subscribed();
}

void PahoClient::on_connect_failed(const mqtt::token& token) noexcept {
    const int code = token.get_return_code();
    if (code > 0) {
        set_error("the broker refuses the connection: " + (is_5() ? reason_text(code) : connect_return_text(code)));
    } else {
        try {
            token.get_connect_response();  // throws what Paho has to say
        } catch (const std::exception& error) {
            cannot_connect(error.what());
        }
    }
    on_lost();
}

// With TLS that is no more than "TCP/TLS connect failure", and step looks for the reason.
void PahoClient::cannot_connect(const std::string& paho_says) noexcept {
    if (!settings_.tls) return set_error(cannot_connect_text() + paho_says);
    const std::lock_guard lock(error_mutex_);
    unexplained_ = paho_says;
}

void PahoClient::on_lost() noexcept {
    const InsideEvent inside(this);
    publisher_.close();
    broken_ = true;
    State was = state_;
    while (was != State::idle && was != State::waiting && !state_.compare_exchange_weak(was, State::waiting)) {
    }
    if (announced_.exchange(false)) {
        if (last_error().empty()) set_error("the connection broke");
        events_.on_disconnected();
    }
    tell_stop(nullptr);
}

void PahoClient::on_publish_answered(const mqtt::token& token, bool success) noexcept {
    const auto context = reinterpret_cast<std::uintptr_t>(token.get_user_context());
    const int reason = token.get_reason_code();
    const bool answered = success || reason >= refused;
    if (answered && !success) {
        ++publishes_refused_;
        set_error("the broker refuses a publish: " + reason_text(reason));
    }
    if (context == offline_context) return tell_stop(&PahoClient::offline_answered_);
    if (context < slot_base) return;
    const std::uint64_t of_caller = publisher_.answered(static_cast<std::uint16_t>(context - slot_base));
    publisher_.pump();
    if (answered) events_.on_published(of_caller);
}

// Wakes a stop that waits, with an answer or for want of a connection.
void PahoClient::tell_stop(bool PahoClient::*answer) noexcept {
    {
        const std::lock_guard lock(stop_mutex_);
        if (answer != nullptr) this->*answer = true;
    }
    stop_wake_.notify_all();
}

}  // namespace redshank
