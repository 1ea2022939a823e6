#include "tests/support/certificates.hpp"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/support/child_process.hpp"

namespace redshank::test {

namespace {

using namespace std::chrono_literals;

void openssl(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"openssl"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ChildProcess process(argv);
    if (process.wait(20s) != 0) throw std::runtime_error("openssl: " + process.errors());
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
             directory_ / "ca.key", "-out", ca(), "-subj", "/CN=an authority", "-days", "2"});
}

Certificate CertificateAuthority::issue(const std::string& file, const std::string& names, int days) const {
    const Certificate made{directory_ / (file + ".pem"), directory_ / (file + ".key")};
    const std::filesystem::path request = directory_ / (file + ".csr");
    const std::filesystem::path extensions = directory_ / (file + ".ext");
    std::ofstream(extensions) << "subjectAltName=" << names << "\n";
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", made.key, "-out",
             request, "-subj", "/CN=" + file});
    openssl({"x509", "-req", "-in", request, "-CA", ca(), "-CAkey", directory_ / "ca.key", "-CAcreateserial", "-days",
             std::to_string(days), "-extfile", extensions, "-out", made.cert});
    return made;
}

}  // namespace redshank::test
