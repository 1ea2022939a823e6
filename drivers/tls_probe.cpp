#include "drivers/tls_probe.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <memory>

#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t refusal_within_ns = 500'000'000;
constexpr std::int64_t seconds_per_day = 24 * 3600;
constexpr const char* trusted_by_the_system = "/etc/ssl/certs";

struct Freed {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* connection) const noexcept { SSL_free(connection); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

std::string last_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == nullptr ? "" : reason;
}

std::string load_files(SSL_CTX* context, const TlsProbeSettings& settings) {
    const auto wrong = [](const char* key, const std::filesystem::path& file) {
        return std::string(key) + " " + file.string() + ": " + last_reason();
    };
    if (settings.ca.empty()) {
        if (SSL_CTX_load_verify_dir(context, trusted_by_the_system) != 1) return wrong("ca", trusted_by_the_system);
    } else if (SSL_CTX_load_verify_file(context, settings.ca.c_str()) != 1) {
        return wrong("ca", settings.ca);
    }
    if (settings.cert.empty()) return "";
    if (SSL_CTX_use_certificate_chain_file(context, settings.cert.c_str()) != 1) return wrong("cert", settings.cert);
    if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong("key", settings.key);
    }
    return "";
}

// The result of a call that may have to wait; below 1: it failed, or the time is up.
template <class Call>
int patiently(SSL* tls, int file, std::int64_t until_ns, Call call) {
    for (;;) {
        ERR_clear_error();
        const int result = call();
        const int error = SSL_get_error(tls, result);
        const bool reads = error == SSL_ERROR_WANT_READ;
        if (result > 0 || (!reads && error != SSL_ERROR_WANT_WRITE)) return result;
        if (!wait_for_file(file, reads ? POLLIN : POLLOUT, until_ns)) return -1;
    }
}

void expect_name(SSL* tls, const std::string& host) {
    const bool brackets = host.starts_with('[');
    const std::string name = brackets ? host.substr(1, host.size() - 2) : host;
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), name.c_str()) == 1) return;
    SSL_set1_host(tls, name.c_str());
    SSL_set_tlsext_host_name(tls, name.c_str());
}

std::int64_t seconds_left(SSL* tls) {
    const std::unique_ptr<X509, Freed> certificate(SSL_get1_peer_certificate(tls));
    int days = 0;
    int seconds = 0;
    if (certificate == nullptr ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1) {
        return 0;
    }
    return std::int64_t{days} * seconds_per_day + seconds;
}

}  // namespace

Outcome<TlsPeer> shake_hands(const TcpConnection& connection, const TlsProbeSettings& settings,
                             std::int64_t timeout_ns) {
    const std::int64_t until_ns = monotonic_ns() + timeout_ns;
    ERR_clear_error();
    const std::unique_ptr<SSL_CTX, Freed> context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) return failure(last_reason());
    if (std::string wrong = load_files(context.get(), settings); !wrong.empty()) return failure(wrong);
    const std::unique_ptr<SSL, Freed> owner(SSL_new(context.get()));
    SSL* const tls = owner.get();
    if (tls == nullptr || SSL_set_fd(tls, connection.file()) != 1) return failure(last_reason());
    SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    expect_name(tls, settings.host);
    if (patiently(tls, connection.file(), until_ns, [tls] { return SSL_connect(tls); }) != 1) {
        if (const auto verified = SSL_get_verify_result(tls); verified != X509_V_OK) {
            return failure(std::string("the certificate: ") + X509_verify_cert_error_string(verified));
        }
        const std::string reason = last_reason();
        return failure(reason.empty() ? "the other end does not go on with the handshake: does it speak TLS?" : reason);
    }
    // Under TLS 1.3 a refusal of our own certificate comes after our side of the handshake.
    char byte = 0;
    const std::int64_t refusal_ns = std::min(until_ns, monotonic_ns() + refusal_within_ns);
    patiently(tls, connection.file(), refusal_ns, [&] { return SSL_peek(tls, &byte, 1); });
    if (const std::string reason = last_reason(); !reason.empty()) return failure(reason);
    return TlsPeer{SSL_get_version(tls), seconds_left(tls)};
}

}  // namespace redshank
