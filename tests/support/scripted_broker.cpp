#include "tests/support/scripted_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/support/network.hpp"

namespace redshank::test {

namespace {

bool read_all(int file, char* at, std::size_t bytes) {
    while (bytes > 0) {
        const ssize_t got = read(file, at, bytes);
        if (got <= 0) return false;
        at += got;
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

}  // namespace

ScriptedBroker::ScriptedBroker(Script script) : script_(std::move(script)), port_(free_port()) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 4) != 0) {
        close(listener_);
        throw std::runtime_error("scripted broker cannot listen");
    }
    thread_ = std::thread([this] { run(); });
}

ScriptedBroker::~ScriptedBroker() {
    ending_ = true;
    thread_.join();
    close(listener_);
}

bool ScriptedBroker::wait_readable(int file) const {
    while (!ending_) {
        pollfd ready{file, POLLIN, 0};
        if (poll(&ready, 1, 20) > 0) return true;
    }
    return false;
}

void ScriptedBroker::run() {
    while (wait_readable(listener_)) {
        const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        serve(connection);
        close(connection);
    }
}

void ScriptedBroker::serve(int connection) {
    while (wait_readable(connection)) {
        char first = 0;
        if (!read_all(connection, &first, 1)) return;
        std::size_t length = 0;
        for (unsigned shift = 0;; shift += 7) {
            char byte = 0;
            if (!read_all(connection, &byte, 1)) return;
            length |= static_cast<std::size_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) break;
        }
        std::string body(length, '\0');
        if (!read_all(connection, body.data(), length)) return;
        const std::string answer = script_(static_cast<std::uint8_t>(first), body);
        if (answer == "close") return;
        if (!answer.empty() && send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
}

namespace mqtt5 {

namespace {

std::string two_bytes(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string variable(std::size_t value) {
    std::string out;
    do {
        const bool more = value > 0x7f;
        out.push_back(static_cast<char>((value & 0x7f) | (more ? 0x80U : 0U)));
        value >>= 7;
    } while (value != 0);
    return out;
}

}  // namespace

std::string packet(std::uint8_t first_byte, const std::string& body) {
    return static_cast<char>(first_byte) + variable(body.size()) + body;
}

std::string connack(std::uint8_t reason, bool session_present) {
    return packet(0x20, {static_cast<char>(session_present ? 1 : 0), static_cast<char>(reason), '\0'});
}

std::string suback(const std::string& subscribe_body, std::uint8_t reason) {
    return packet(0x90, subscribe_body.substr(0, 2) + '\0' + static_cast<char>(reason));
}

std::string publish(const std::string& topic, const std::string& payload, std::uint16_t packet_id,
                    const std::string& properties) {
    return packet(0x32, two_bytes(topic.size()) + topic + two_bytes(packet_id) + variable(properties.size()) +
                            properties + payload);
}

}  // namespace mqtt5

}  // namespace redshank::test
