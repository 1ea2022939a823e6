#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "agent/settings_parse.hpp"
#include "drivers/uplink/curve_key.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

class SettingsUplink : public testing::Test {
protected:
    void SetUp() override {
        extras_.environment = {.host_name = "hall-3", .root = true};
        extras_.key_files = true;
        write(own_.text());
    }

    void write(const std::string& text, mode_t mode = 0600) const {
        std::filesystem::remove(file_);
        std::ofstream(file_) << text << '\n';
        chmod(file_.c_str(), mode);
    }

    std::string errors_of(const std::string& uplink) const {
        const ParsedSettings parsed = parse_settings("[uplink]\n" + uplink, "f.toml", extras_);
        if (parsed) return "";
        std::string all;
        for (const SettingsError& error : parsed.error()) all += error.text() + "\n";
        return all;
    }

    std::string server_key() const { return "server_key = \"" + wire::text_of(collector_.public_key()) + "\"\n"; }
    std::string key_file() const { return "key_file = \"" + file_.string() + "\"\n"; }
    static std::string url(const std::string& url) { return "url = \"" + url + "\"\n"; }

    const test::TemporaryDirectory directory_;
    const std::filesystem::path file_ = directory_ / "uplink.key";
    const wire::CurveSecretKey own_ = wire::CurveSecretKey::generate();
    const wire::CurveSecretKey collector_ = wire::CurveSecretKey::generate();
    const std::string far_ = url("tcp://collector.example:5555");
    const std::string near_ = url("tcp://127.0.0.1:5555");
    SettingsExtras extras_;
};

TEST_F(SettingsUplink, off_this_machine_it_is_encrypted_or_plain_by_name) {
    for (const char* const host : {"collector.example", "10.0.0.1", "[2001:db8::1]", "127.0.0.1.example.org"}) {
        const std::string there = url("tcp://" + std::string(host) + ":5555");
        EXPECT_EQ(errors_of(there),
                  "f.toml:2:7: url is not on this machine (127.0.0.0/8, localhost, [::1] or ipc://PATH): results leave "
                  "it encrypted, with server_key and key_file, or unencrypted with plain = true\n");
        EXPECT_EQ(errors_of(there + "plain = false\n").substr(0, 15), "f.toml:2:7: url");
        EXPECT_EQ(errors_of(there + "plain = true\n"), "");
        EXPECT_EQ(errors_of(there + server_key() + key_file()), "");
    }
    for (const char* const here :
         {"tcp://127.0.0.1:5555", "tcp://localhost:1", "tcp://[::1]:65535", "ipc:///run/redshank/uplink"}) {
        EXPECT_EQ(errors_of(url(here)), "");
        EXPECT_EQ(errors_of(url(here) + "plain = true\n"), "");
        EXPECT_EQ(errors_of(url(here) + server_key() + key_file()), "");
    }
}

TEST_F(SettingsUplink, addresses_that_cannot_be_connected_to_say_why) {
    EXPECT_EQ(errors_of(url("udp://127.0.0.1:5555")), "f.toml:2:7: url must be tcp://HOST:PORT or ipc://PATH\n");
    for (const char* const port : {"", ":", ":0", ":65536", ":*"}) {
        EXPECT_EQ(errors_of(url(std::string("tcp://127.0.0.1") + port)),
                  "f.toml:2:7: url must have a port from 1 to 65535: tcp://HOST:PORT\n");
    }
    for (const char* const host : {"*", "::1", "10.0.0.256", "10.0.0.1:0;10.0.0.2", "a b", ""}) {
        EXPECT_TRUE(errors_of(url("tcp://" + std::string(host) + ":5555") + "plain = true\n")
                        .starts_with("f.toml:2:7: url must name a host: tcp://HOST:PORT"))
            << host;
    }
}

TEST_F(SettingsUplink, the_keys_go_together) {
    EXPECT_EQ(errors_of(near_ + server_key()),
              "f.toml:3:14: server_key needs key_file beside it: this agent's secret key\n");
    EXPECT_EQ(errors_of(near_ + key_file()),
              "f.toml:3:12: key_file needs server_key beside it: the collector's public key\n");
    EXPECT_EQ(errors_of(near_ + server_key() + key_file() + "plain = true\n"),
              "f.toml:5:9: plain does not go with server_key and key_file: it says that nothing is encrypted\n");
    EXPECT_EQ(errors_of(server_key() + key_file()),
              "f.toml:2:14: server_key needs url beside it: the collector's address\n"
              "f.toml:3:12: key_file needs url beside it: the collector's address\n");
    EXPECT_EQ(errors_of(near_ + "plain = 1\n"), "f.toml:3:9: plain must be true or false, not a whole number\n");
    EXPECT_EQ(errors_of(near_ + "plain = \"true\"\n"), "f.toml:3:9: plain must be true or false, not a text\n");
}

TEST_F(SettingsUplink, a_wrong_server_key_is_named_and_a_secret_one_never_shown) {
    const auto with = [this](const std::string& key) {
        return errors_of(far_ + "server_key = \"" + key + "\"\n" + key_file());
    };
    EXPECT_EQ(with(wire::text_of(collector_.public_key()).substr(13)), "") << "as ZeroMQ's tools print it";
    EXPECT_EQ(with("nonsense"),
              "f.toml:3:14: server_key must be the collector's public key as `redshank keygen FILE` prints it: "
              "\"curve-public:\" and 40 characters\n");
    const std::string secret = with(collector_.text());
    EXPECT_EQ(secret,
              "f.toml:3:14: server_key is a secret key: put its public key here, and make a new pair, because this one "
              "is no secret any more\n");
    EXPECT_TRUE(with(wire::text_of(own_.public_key())).starts_with("f.toml:3:14: server_key is this agent's own"));
}

TEST_F(SettingsUplink, a_key_file_that_is_missing_open_to_others_or_holds_no_secret_is_refused) {
    const std::string uplink = far_ + server_key() + key_file();
    write(own_.text(), 0640);
    EXPECT_TRUE(errors_of(uplink).starts_with("f.toml:4:12: key_file has mode 0640: others than its owner may use"));
    write(wire::text_of(own_.public_key()));
    EXPECT_EQ(errors_of(uplink), "f.toml:4:12: key_file holds a public key; the secret one is needed\n");
    write(own_.text().substr(1));
    EXPECT_EQ(errors_of(uplink), "f.toml:4:12: key_file holds no secret key that `redshank keygen FILE` made\n");
    std::filesystem::remove(file_);
    EXPECT_EQ(errors_of(uplink), "f.toml:4:12: key_file cannot be read: No such file or directory\n");
}

TEST_F(SettingsUplink, a_secret_in_the_place_of_the_files_name_is_never_shown) {
    for (const std::string& secret : {own_.text(), own_.text().substr(13)}) {
        const std::string errors = errors_of(far_ + server_key() + "key_file = \"" + secret + "\"\n");
        EXPECT_TRUE(errors.starts_with("f.toml:4:12: key_file ")) << errors;
        EXPECT_EQ(errors.find(own_.text().substr(13)), std::string::npos) << errors;
    }
}

TEST_F(SettingsUplink, who_only_asks_the_agent_does_not_need_its_key) {
    std::filesystem::remove(file_);
    extras_.key_files = false;
    EXPECT_EQ(errors_of(far_ + server_key() + key_file()), "");
}

}  // namespace
}  // namespace redshank
