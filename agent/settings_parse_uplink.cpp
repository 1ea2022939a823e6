#include "agent/settings_parse_uplink.hpp"

#include <optional>
#include <string>

#include "drivers/uplink/curve_key.hpp"
#include "drivers/uplink/curve_key_file.hpp"
#include "drivers/uplink/sockets.hpp"

namespace redshank {

namespace {

constexpr const char* url_path = "uplink.url";
constexpr const char* server_key_path = "uplink.server_key";
constexpr const char* key_file_path = "uplink.key_file";

void check_server_key(const std::string& text, SettingsReport& report) {
    if (wire::parse_curve_public_key(text)) return;
    if (wire::is_secret_key_text(text)) {
        report.error(server_key_path,
                     "server_key is a secret key: put its public key here, and make a new pair, because this one is no "
                     "secret any more");
    } else {
        report.error(server_key_path,
                     "server_key must be the collector's public key as `redshank keygen FILE` prints it: "
                     "\"curve-public:\" and 40 characters");
    }
}

// The file's name is never shown: it may be the secret itself, put in the wrong place.
void check_key_file(const Settings::Uplink& uplink, bool read, SettingsReport& report) {
    if (wire::is_secret_key_text(uplink.key_file.string())) {
        return report.error(key_file_path,
                            "key_file is a secret key: it must be the name of a file that holds one; make a new pair, "
                            "because this one is no secret any more");
    }
    if (!read) return;
    const Outcome<wire::CurveSecretKey> secret = wire::read_curve_secret_key(uplink.key_file);
    if (!secret) return report.error(key_file_path, "key_file " + secret.error());
    if (wire::parse_curve_public_key(uplink.server_key) == secret->public_key()) {
        report.error(server_key_path,
                     "server_key is this agent's own public key: the collector's belongs here, and this one into the "
                     "collector's allow file");
    }
}

}  // namespace

void check_uplink(const Settings& settings, bool read_key_file, SettingsReport& report) {
    const Settings::Uplink& uplink = settings.uplink;
    // By what was written: a value that was refused already is not missing.
    const bool server_key = report.has(server_key_path);
    const bool key_file = report.has(key_file_path);
    if (!uplink.server_key.empty()) check_server_key(uplink.server_key, report);
    if (!uplink.key_file.empty()) check_key_file(uplink, read_key_file, report);
    if (server_key && !key_file) {
        report.error(server_key_path, "server_key needs key_file beside it: this agent's secret key");
    }
    if (key_file && !server_key) {
        report.error(key_file_path, "key_file needs server_key beside it: the collector's public key");
    }
    if (uplink.plain && (server_key || key_file)) {
        report.error("uplink.plain",
                     "plain does not go with server_key and key_file: it says that nothing is encrypted");
    }
    if (!report.has(url_path)) {
        for (const char* const path : {server_key_path, key_file_path}) {
            if (report.has(path)) {
                report.error(path, std::string(path).substr(7) + " needs url beside it: the collector's address");
            }
        }
        return;
    }
    if (uplink.url.empty()) return;  // refused already
    if (const std::string wrong = wire::why_no_address_to_connect(uplink.url); !wrong.empty()) {
        report.error(url_path, "url " + wrong);
    } else if (!wire::on_loopback(uplink.url) && !server_key && !key_file && !uplink.plain) {
        report.error(url_path,
                     "url is not on this machine (127.0.0.0/8, localhost, [::1] or ipc://PATH): results leave it "
                     "encrypted, with server_key and key_file, or unencrypted with plain = true");
    }
}

}  // namespace redshank
