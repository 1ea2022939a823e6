#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/settings_parse.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank {
namespace {

SettingsExtras in_a_test(bool files = false) {
    SettingsExtras extras;
    extras.environment = {.host_name = "hall-3", .root = true};
    extras.files = files;
    return extras;
}

std::string errors_of(const std::string& text, bool files = false) {
    const ParsedSettings parsed = parse_settings(text, "f.toml", in_a_test(files));
    if (parsed) return "";
    std::string all;
    for (const SettingsError& error : parsed.error()) all += error.text() + "\n";
    return all;
}

TEST(Brokers, are_those_of_mqtt_and_of_every_broker_table) {
    const ParsedSettings parsed = parse_settings(
        "[mqtt]\nurl = \"mqtts://main\"\nusername = \"u\"\n"
        "[[broker]]\nname = \"hall\"\nurl = \"mqtt://10.0.0.7\"\nversion = 3\nqos = 2\nclient_id = \"c\"\n"
        "[[broker]]\nname = \"yard\"\nurl = \"mqtts://yard:1884\"\n"
        "[[source]]\ntopic = \"a/#\"\nbroker = \"yard\"\n[[source]]\ntopic = \"a/#\"\n"
        "[[source]]\ntopic = \"a/#\"\nbroker = \"hall\"\n[[source]]\ntopic = \"b\"\nbroker = \"mqtt\"\n",
        "f", in_a_test());
    ASSERT_TRUE(parsed) << parsed.error().front().text();
    EXPECT_TRUE(parsed->mqtt.tls);
    EXPECT_EQ(parsed->mqtt.port, 8883);
    EXPECT_EQ(parsed->mqtt.username, "u");
    ASSERT_EQ(broker_count(*parsed), 3U);
    EXPECT_EQ(broker_at(*parsed, 0).name, "mqtt");
    EXPECT_EQ(broker_at(*parsed, 1).host, "10.0.0.7");
    EXPECT_EQ(broker_at(*parsed, 1).port, 1883);
    EXPECT_EQ(broker_at(*parsed, 1).version, 3);
    EXPECT_EQ(broker_at(*parsed, 1).qos, 2);
    EXPECT_EQ(broker_at(*parsed, 1).client_id, "c");
    EXPECT_EQ(broker_at(*parsed, 2).client_id, "redshank-hall-3");
    EXPECT_TRUE(broker_at(*parsed, 2).tls);
    EXPECT_EQ(broker_at(*parsed, 2).port, 1884);
    EXPECT_EQ(parsed->sources[0].broker_index, 2);
    EXPECT_EQ(parsed->sources[1].broker_index, 0);
    EXPECT_EQ(parsed->sources[2].broker_index, 1);
    EXPECT_EQ(parsed->sources[3].broker_index, 0);
    const ParsedSettings again = parse_settings(parsed->text, "stored", in_a_test());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text, parsed->text);
    EXPECT_EQ(again->brokers.size(), 2U);
}

TEST(Brokers, names_are_their_own_and_one_level) {
    const std::string hall = "[[broker]]\nname = \"hall\"\nurl = \"mqtt://h\"\n";
    EXPECT_EQ(
        errors_of("[[broker]]\nname = \"a/b\"\nurl = \"mqtt://h\"\n"),
        "f.toml:2:8: name must be made of letters, digits, '_' and '-': it is the first level of channel names\n");
    EXPECT_EQ(errors_of("[[broker]]\nname = \"mqtt\"\nurl = \"mqtt://h\"\n"), "f.toml:2:8: name is that of [mqtt]\n");
    EXPECT_EQ(errors_of(hall + "[[broker]]\nname = \"hall\"\nurl = \"mqtt://i\"\n"),
              "f.toml:5:8: name is that of another [[broker]]: \"hall\"\n");
    EXPECT_EQ(errors_of("[[broker]]\nurl = \"mqtt://h\"\n"), "f.toml:1:1: [[broker]] needs the key \"name\"\n");
    EXPECT_EQ(errors_of("[[broker]]\nname = \"h\"\n"), "f.toml:1:1: [[broker]] needs the key \"url\"\n");
    EXPECT_EQ(errors_of("[[broker]]\nname = \"h\"\nurl = \"http://h\"\n"),
              "f.toml:3:7: url must be mqtt://HOST, mqtts://HOST or one of these with :PORT\n");
    EXPECT_EQ(errors_of(hall + "[[source]]\ntopic = \"a\"\nbroker = \"hal\"\n"),
              "f.toml:6:10: broker \"hal\" is no [[broker]]: did you mean \"hall\"?\n");
    EXPECT_EQ(
        errors_of(hall + "[[source]]\ntopic = \"hall/a\"\n"),
        "f.toml:5:9: topic begins with \"hall\", the name of a [[broker]], whose channels are called so: name one "
        "of both otherwise\n");
    EXPECT_EQ(errors_of(hall + "[[source]]\ntopic = \"hall/a\"\nbroker = \"hall\"\n"), "");
    EXPECT_EQ(errors_of(hall + "[[broker]]\nname = \"b\"\nurl = \"mqtt://h:1883\"\n"),
              "f.toml:6:7: url and client_id are those of hall: each would end the other's connection\n");
    EXPECT_EQ(errors_of(hall + "[[broker]]\nname = \"b\"\nurl = \"mqtt://h\"\nclient_id = \"other\"\n"), "");
    EXPECT_EQ(errors_of(hall + "[[source]]\ntopic = \"a\"\n[[source]]\ntopic = \"a\"\nbroker = \"hall\"\n"), "");
    EXPECT_NE(errors_of(hall + "[[source]]\ntopic = \"a\"\nbroker = \"hall\"\n[[source]]\ntopic = \"a\"\n"
                               "broker = \"hall\"\n"),
              "");
}

TEST(Brokers, are_eight_at_most) {
    std::string text;
    for (int i = 1; i <= 7; ++i) {
        text += "[[broker]]\nname = \"b" + std::to_string(i) + "\"\nurl = \"mqtt://b" + std::to_string(i) + "\"\n";
    }
    EXPECT_EQ(errors_of(text), "");
    EXPECT_EQ(errors_of(text + "[[broker]]\nname = \"b8\"\nurl = \"mqtt://b8\"\n"),
              "f.toml:22:1: [[broker]] is there too often: at most 7 beside [mqtt]\n");
}

TEST(Brokers, keys_of_tls_and_passwords_go_together) {
    EXPECT_EQ(errors_of("[mqtt]\nca = \"x\"\n"), "f.toml:2:6: ca goes with mqtts:// only\n");
    EXPECT_EQ(errors_of("[[broker]]\nname = \"b\"\nurl = \"mqtt://b\"\ncert = \"x\"\nkey = \"y\"\n"),
              "f.toml:4:8: cert goes with mqtts:// only\nf.toml:5:7: key goes with mqtts:// only\n");
    EXPECT_EQ(errors_of("[mqtt]\nurl = \"mqtts://h\"\ncert = \"x\"\n"), "f.toml:3:8: cert needs its key\n");
    EXPECT_EQ(errors_of("[mqtt]\nurl = \"mqtts://h\"\nkey = \"x\"\n"), "f.toml:3:7: key needs its cert\n");
    EXPECT_EQ(errors_of("[mqtt]\npassword_file = \"x\"\n"), "f.toml:2:17: password_file needs a username\n");
    EXPECT_EQ(errors_of("[mqtt]\nurl = \"mqtts://h\"\nca = \"/no/such\"\nusername = \"u\"\n"), "")
        << "files are looked for only where they are needed";
    EXPECT_NE(errors_of("[mqtt]\nurl = \"mqtt://u:p@h\"\n").find("username and password_file"), std::string::npos);
}

class BrokerFiles : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text, unsigned mode) const {
        const std::filesystem::path file = directory_ / name;
        std::ofstream(file) << text;
        std::filesystem::permissions(file, std::filesystem::perms{mode});
        return file.string();
    }
    std::string errors_with(const std::string& ca, const std::string& cert, const std::string& key,
                            const std::string& password) const {
        std::string errors =
            errors_of("[mqtt]\nurl = \"mqtts://h\"\nca = \"" + ca + "\"\ncert = \"" + cert + "\"\nkey = \"" + key +
                          "\"\nusername = \"u\"\npassword_file = \"" + password + "\"\n",
                      true);
        for (std::size_t at = errors.find(directory_.path().string()); at != std::string::npos;
             at = errors.find(directory_.path().string())) {
            errors.replace(at, directory_.path().string().size(), "D");
        }
        return errors;
    }

    test::TemporaryDirectory directory_;
    std::string pem_ = "-----BEGIN CERTIFICATE-----\n";
};

TEST_F(BrokerFiles, that_are_as_they_should_be_are_taken) {
    EXPECT_EQ(errors_with(write("ca", pem_, 0644), write("cert", pem_, 0644),
                          write("key", "-----BEGIN PRIVATE KEY-----\n", 0640), write("password", "secret\n", 0600)),
              "");
}

TEST_F(BrokerFiles, that_are_missing_are_named_with_their_place) {
    EXPECT_EQ(errors_with((directory_ / "1").string(), (directory_ / "2").string(), (directory_ / "3").string(),
                          (directory_ / "4").string()),
              "f.toml:3:6: ca D/1: cannot be read: No such file or directory\n"
              "f.toml:4:8: cert D/2: cannot be read: No such file or directory\n"
              "f.toml:5:7: key D/3: cannot be read: No such file or directory\n"
              "f.toml:7:17: password_file D/4: cannot be read: No such file or directory\n");
}

TEST_F(BrokerFiles, that_are_open_empty_encrypted_or_something_else_are_refused) {
    EXPECT_EQ(errors_with(directory_.path().string(), write("cert", "no certificate", 0644),
                          write("key", "-----BEGIN PRIVATE KEY-----\n", 0644), write("password", "secret\n", 0640)),
              "f.toml:3:6: ca D: is not a file\n"
              "f.toml:4:8: cert D/cert: is no PEM file\n"
              "f.toml:5:7: key D/key: is open to everyone: chmod o-r\n"
              "f.toml:7:17: password_file D/password: is open to others than its owner: chmod 600\n");
    EXPECT_EQ(errors_with(write("ca", pem_, 0644), write("cert", pem_, 0644),
                          write("key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0600), write("password", "", 0600)),
              "f.toml:5:7: key D/key: is encrypted, and nobody is there to type its password\n"
              "f.toml:7:17: password_file D/password: has no password in its first line\n");
}

}  // namespace
}  // namespace redshank
