#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

// A certificate and its key, PEM.
struct Certificate {
    std::filesystem::path cert;
    std::filesystem::path key;
};

// A certificate authority of a test's own, by the `openssl` program. Throws std::runtime_error when that fails.
class CertificateAuthority {
public:
    CertificateAuthority();

    std::filesystem::path ca() const { return directory_ / "ca.pem"; }
    // names: as a subjectAltName has them, "DNS:localhost,IP:127.0.0.1". days: -1 is over.
    Certificate issue(const std::string& file, const std::string& names, int days = 2) const;

private:
    TemporaryDirectory directory_;
};

}  // namespace redshank::test
