#include "drivers/tls_diagnosis.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t alert_within_ns = 500 * ns_per_ms;

struct Freed {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* connection) const noexcept { SSL_free(connection); }
    void operator()(addrinfo* found) const noexcept { freeaddrinfo(found); }
};

struct Socket {
    int file = -1;
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (file >= 0) close(file);
    }
};

// False: the time is up.
bool wait_for(int file, short events, std::int64_t until_ns) noexcept {
    pollfd ready{file, events, 0};
    const std::int64_t left_ms = (until_ns - monotonic_ns()) / ns_per_ms;
    return left_ms > 0 && poll(&ready, 1, static_cast<int>(left_ms)) > 0;
}

bool connect_to(Socket& socket, const std::string& host, std::uint16_t port, std::int64_t until_ns) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return false;
    const std::unique_ptr<addrinfo, Freed> freed(found);
    socket.file = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket.file < 0) return false;
    if (connect(socket.file, found->ai_addr, found->ai_addrlen) == 0) return true;
    int error = 0;
    socklen_t size = sizeof error;
    return errno == EINPROGRESS && wait_for(socket.file, POLLOUT, until_ns) &&
           getsockopt(socket.file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

std::string last_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == nullptr ? "" : reason;
}

// The result of a call that may have to wait; 1: done.
template <class Call>
int patiently(SSL* connection, int file, std::int64_t until_ns, Call call) {
    for (;;) {
        ERR_clear_error();
        const int result = call();
        const int error = SSL_get_error(connection, result);
        const bool reads = error == SSL_ERROR_WANT_READ;
        if (result > 0 || (!reads && error != SSL_ERROR_WANT_WRITE)) return result;
        if (!wait_for(file, reads ? POLLIN : POLLOUT, until_ns)) return -1;
    }
}

std::string load_files(SSL_CTX* context, const MqttClientSettings& settings) {
    const bool trusted = settings.ca.empty() ? SSL_CTX_load_verify_dir(context, "/etc/ssl/certs") == 1
                                             : SSL_CTX_load_verify_file(context, settings.ca.c_str()) == 1;
    if (!trusted) return "ca: " + last_reason();
    if (settings.cert.empty()) return "";
    if (SSL_CTX_use_certificate_chain_file(context, settings.cert.c_str()) != 1) return "cert: " + last_reason();
    if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return "key: " + last_reason();
    }
    return "";
}

}  // namespace

std::string why_tls_fails(const MqttClientSettings& settings, std::int64_t timeout_ns) {
    const std::int64_t until_ns = monotonic_ns() + timeout_ns;
    ERR_clear_error();
    const std::unique_ptr<SSL_CTX, Freed> context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) return last_reason();
    if (std::string wrong = load_files(context.get(), settings); !wrong.empty()) return wrong;
    const std::unique_ptr<SSL, Freed> connection(SSL_new(context.get()));
    Socket socket;
    if (connection == nullptr || !connect_to(socket, settings.host, settings.port, until_ns)) return "";

    SSL* const tls = connection.get();
    SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    SSL_set_tlsext_host_name(tls, settings.host.c_str());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), settings.host.c_str()) != 1) {
        SSL_set1_host(tls, settings.host.c_str());
    }
    SSL_set_fd(tls, socket.file);
    if (patiently(tls, socket.file, until_ns, [tls] { return SSL_connect(tls); }) != 1) {
        const auto verified = SSL_get_verify_result(tls);
        if (verified != X509_V_OK) {
            return std::string("the broker's certificate: ") + X509_verify_cert_error_string(verified);
        }
        const std::string reason = last_reason();
        return reason.empty() ? "the other end does not go on with the handshake: does it speak TLS?" : reason;
    }
    // Under TLS 1.3 a refusal of our own certificate comes after our side of the handshake.
    char byte = 0;
    patiently(tls, socket.file, std::min(until_ns, monotonic_ns() + alert_within_ns),
              [&] { return SSL_peek(tls, &byte, 1); });
    return last_reason();
}

}  // namespace redshank
