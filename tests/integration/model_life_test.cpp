#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "agent/model_file.hpp"
#include "drivers/signature.hpp"
#include "tests/integration/gateway.hpp"

// Models that come and go: the real programs, a real broker.

namespace redshank::test {
namespace {

const std::string group = "load/1:value";

std::string read_all(const std::filesystem::path& file) {
    return read_text(file);
}

void write_all(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

std::string snapshot_in(const std::string& file) {
    const auto read = read_model_file(bytes_of(file));
    if (!read) return "";
    return {reinterpret_cast<const char*>(read->snapshot.data()), read->snapshot.size()};
}

class ModelLife : public testing::Test {
protected:
    void SetUp() override {
        key_ = files_.path() / "key";
        ASSERT_EQ(gateway_.command({"keygen", "--sign", key_.string()}), 0) << gateway_.said();
        public_key_ = gateway_.said().substr(0, gateway_.said().find('\n'));
    }
    // With a model that has learned something.
    void start(bool trusting = true, const std::string& more = "") {
        Configuration configuration;
        configuration.more = "[anomaly]\nwarmup = 40\n" + more;
        if (trusting) configuration.more += "[models]\ntrusted_keys = [\"" + public_key_ + "\"]\n";
        configuration.uplink = false;
        gateway_.configure(configuration);
        gateway_.start_ready();
        devices_ = gateway_.devices();
        teach(200);
    }
    void teach(int readings, std::uint64_t level = 100) {
        for (int i = 0; i < readings; ++i) {
            ASSERT_TRUE(devices_->send("load/1", value_json(level + taught_ * 7 % 5)));
            ++taught_;
        }
        ASSERT_TRUE(devices_->settled());
        ASSERT_TRUE(gateway_.until_messages(taught_));
    }
    int model(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "model");
        return gateway_.command(arguments);
    }
    // The model file of the group, signed when a key is given.
    std::string exported(const std::filesystem::path& key = {}) {
        const std::filesystem::path out = files_.path() / "exported";
        std::vector<std::string> arguments{"export", group, "--out", out.string()};
        if (!key.empty()) arguments.insert(arguments.end(), {"--sign", key.string()});
        EXPECT_EQ(model(arguments), 0) << gateway_.said();
        return read_all(out);
    }
    std::string snapshot() { return snapshot_in(exported()); }
    std::filesystem::path file_of(const std::string& bytes) {
        write_all(files_.path() / "given", bytes);
        return files_.path() / "given";
    }
    std::uint64_t refused(const std::string& reason) { return gateway_.status()->count("models.refused." + reason); }
    std::string state() {
        EXPECT_EQ(model({"show", group, "--json"}), 0) << gateway_.said();
        return Json::parse(gateway_.said()).text("state");
    }

    Gateway gateway_;
    TemporaryDirectory files_;
    std::filesystem::path key_;
    std::string public_key_;
    std::unique_ptr<MqttPeer> devices_;
    std::uint64_t taught_ = 0;
};

TEST_F(ModelLife, a_pair_of_keys_is_made_once_and_the_secret_one_is_its_owners) {
    struct stat info {};
    ASSERT_EQ(stat(key_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(read_all(key_.string() + ".pub"), public_key_ + "\n");
    const std::string secret = read_all(key_);
    EXPECT_EQ(gateway_.command({"keygen", "--sign", key_.string()}), 1);
    EXPECT_EQ(read_all(key_), secret);
    EXPECT_EQ(gateway_.command({"keygen"}), 2);
    std::filesystem::remove(key_);
    EXPECT_EQ(gateway_.command({"keygen", "--sign", key_.string()}), 1) << "the public one is in its way";
}

TEST_F(ModelLife, they_are_listed_shown_and_named_when_they_are_not_there) {
    start();
    ASSERT_EQ(model({"list", "--json"}), 0) << gateway_.said();
    const Json list = Json::parse(gateway_.said());
    ASSERT_EQ(list.at("models").size(), 1U);
    EXPECT_EQ(list.text("models.0.group"), group);
    EXPECT_EQ(list.text("models.0.state"), "watching");
    ASSERT_EQ(model({"show", group, "--json"}), 0) << gateway_.said();
    const Json shown = Json::parse(gateway_.said());
    EXPECT_EQ(shown.text("channels.0"), group);
    EXPECT_EQ(shown.text("can_roll_back"), "false");
    EXPECT_EQ(shown.count("vectors"), 200U);
    EXPECT_EQ(model({"list"}), 0);
    EXPECT_NE(gateway_.said().find(group), std::string::npos);
    EXPECT_EQ(model({"show", "load/1:valu"}), 1);
    EXPECT_NE(gateway_.said().find("did you mean \"" + group + "\"?"), std::string::npos) << gateway_.said();
    for (const std::string what : {"accept", "reset", "rollback"}) EXPECT_EQ(model({what, "elsewhere"}), 1) << what;
    EXPECT_EQ(model({"rollback", group}), 1) << "there is nothing to go back to";
    EXPECT_EQ(model({}), 2);
    EXPECT_EQ(model({"accept"}), 2);
    EXPECT_EQ(gateway_.agent().terminate(), 0);
    EXPECT_EQ(model({"list"}), 1);
}

TEST_F(ModelLife, an_acknowledged_import_survives_sigkill_and_so_does_the_way_back) {
    start();
    const std::string file = exported(key_);
    teach(50, 105);
    const std::string before = snapshot();
    ASSERT_NE(before, snapshot_in(file));
    ASSERT_EQ(model({"import", file_of(file).string()}), 0) << gateway_.said();
    gateway_.agent().kill();
    gateway_.start_ready();
    EXPECT_EQ(snapshot(), snapshot_in(file));
    ASSERT_EQ(model({"rollback", group}), 0) << gateway_.said();
    gateway_.agent().kill();
    gateway_.start_ready();
    EXPECT_EQ(snapshot(), before);
    ASSERT_EQ(model({"rollback", group}), 0) << "and forth again: " << gateway_.said();
    gateway_.power_cut();
    gateway_.start_ready();
    EXPECT_EQ(snapshot(), snapshot_in(file));
    ASSERT_EQ(model({"reset", group}), 0) << gateway_.said();
    EXPECT_EQ(state(), "warming");
    ASSERT_EQ(model({"rollback", group}), 0) << gateway_.said();
    EXPECT_EQ(snapshot(), snapshot_in(file));
}

TEST_F(ModelLife, an_import_needs_a_trusted_signature_where_any_key_is_trusted) {
    start();
    const std::filesystem::path other = files_.path() / "other";
    ASSERT_EQ(gateway_.command({"keygen", "--sign", other.string()}), 0);
    const std::string before = snapshot();
    EXPECT_EQ(model({"import", file_of(exported()).string()}), 1);
    EXPECT_EQ(model({"import", file_of(exported(other)).string()}), 1);
    std::string altered = exported(key_);
    altered.back() = static_cast<char>(altered.back() ^ 1);
    EXPECT_EQ(model({"import", file_of(altered).string()}), 1);
    EXPECT_EQ(model({"import", file_of(altered).string(), "--unsigned"}), 1) << "a wrong signature is never waived";
    EXPECT_EQ(model({"import", file_of("no model").string(), "--unsigned"}), 1);
    EXPECT_EQ(refused("unsigned"), 1U);
    EXPECT_EQ(refused("untrusted_key"), 1U);
    EXPECT_EQ(refused("signature"), 2U);
    EXPECT_EQ(refused("malformed"), 1U);
    EXPECT_EQ(gateway_.status()->count("models.accepted"), 0U);
    EXPECT_EQ(snapshot(), before);
    EXPECT_EQ(model({"import", file_of(exported()).string(), "--unsigned"}), 0) << gateway_.said();
    EXPECT_EQ(model({"import", file_of(exported(key_)).string()}), 0) << gateway_.said();
    EXPECT_EQ(model({"import", file_of(exported(key_)).string(), "--group", "elsewhere"}), 1);
    EXPECT_EQ(gateway_.status()->count("models.accepted"), 2U);
    EXPECT_EQ(refused("unknown_group"), 1U);
}

TEST_F(ModelLife, without_trusted_keys_the_local_operator_decides) {
    start(false);
    EXPECT_EQ(model({"import", file_of(exported()).string()}), 0) << gateway_.said();
    EXPECT_EQ(model({"import", file_of(exported(key_)).string()}), 0) << gateway_.said();
}

TEST_F(ModelLife, over_mqtt_only_what_is_signed_whole_ours_and_new_is_taken) {
    start();
    const std::string topic = "redshank/t/model/" + group;
    const std::string file = exported(key_);
    const std::filesystem::path other = files_.path() / "other";
    ASSERT_EQ(gateway_.command({"keygen", "--sign", other.string()}), 0);
    const std::string unknown = exported(other);
    const std::string plain = exported();
    teach(20, 103);
    const std::string before = snapshot();

    std::string altered = file;
    altered[80] = static_cast<char>(altered[80] ^ 4);
    std::string signature = file;
    signature.back() = static_cast<char>(signature.back() ^ 1);
    std::string version = file;
    version[4] = 9;
    ASSERT_TRUE(devices_->publish(topic, altered));
    ASSERT_TRUE(devices_->publish(topic, signature));
    ASSERT_TRUE(devices_->publish(topic, version));
    ASSERT_TRUE(devices_->publish(topic, plain));
    ASSERT_TRUE(devices_->publish(topic, unknown));
    ASSERT_TRUE(devices_->publish(topic, "hello"));
    ASSERT_TRUE(devices_->publish(topic, std::string(60000, 'x')));
    ASSERT_TRUE(devices_->publish(topic + "x", file));
    ASSERT_TRUE(devices_->publish(topic, ""));
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.count("models.refused.other_group") == 1; }));
    for (const std::string reason :
         {"checksum", "signature", "version", "unsigned", "untrusted_key", "malformed", "too_large"}) {
        EXPECT_EQ(refused(reason), 1U) << reason;
    }
    EXPECT_EQ(snapshot(), before);

    ASSERT_TRUE(devices_->publish(topic, file, true));
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.count("models.accepted") == 1; }));
    EXPECT_EQ(snapshot(), snapshot_in(file));
    ASSERT_TRUE(devices_->publish(topic, file));
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.count("models.refused.not_newer") == 1; }));
    EXPECT_NE(gateway_.agent().errors().find("is refused"), std::string::npos);
    EXPECT_EQ(gateway_.agent().errors().find(public_key_), std::string::npos);
    EXPECT_EQ(out_of_balance(*gateway_.status()), "");
    EXPECT_EQ(gateway_.status()->count("ledger.messages"), taught_) << "models are no readings";
    EXPECT_EQ(gateway_.status()->count("heap.allocations_after_start"), 0U);

    gateway_.agent().kill();
    gateway_.start_ready();
    EXPECT_EQ(snapshot(), snapshot_in(file));
}

// A source that matches everything brings a second copy, which is refused as ever.
TEST_F(ModelLife, a_source_for_everything_is_not_in_their_way) {
    Configuration configuration;
    configuration.sources = "[[source]]\ntopic = \"#\"\nfields = [\"value\"]\n";
    configuration.more = "[models]\ntrusted_keys = [\"" + public_key_ + "\"]\n";
    configuration.uplink = false;
    gateway_.configure(configuration);
    gateway_.start_ready();
    devices_ = gateway_.devices();
    teach(50);
    const std::string file = exported(key_);
    ASSERT_TRUE(devices_->publish("redshank/t/model/" + group, file));
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.count("models.accepted") == 1; }));
    EXPECT_EQ(gateway_.status()->at("models.refused").size(), 0U);
    EXPECT_EQ(out_of_balance(*gateway_.status()), "");
}

TEST_F(ModelLife, one_agent_sends_to_another) {
    start();
    const auto listener = gateway_.listener("redshank/other/model/#");
    ASSERT_EQ(model({"send", group, "--to", "redshank/other", "--sign", key_.string()}), 0) << gateway_.said();
    ASSERT_TRUE(
        listener->receives([](const Received& message) { return message.topic == "redshank/other/model/" + group; }));
    const std::string sent = listener->received("redshank/other/model/" + group).front();
    EXPECT_EQ(snapshot_in(sent), snapshot());
    // What arrives there is what this agent itself would take from there.
    teach(20, 103);
    ASSERT_TRUE(devices_->publish("redshank/t/model/" + group, sent));
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.count("models.accepted") == 1; }));
    EXPECT_EQ(snapshot(), snapshot_in(sent));

    EXPECT_EQ(model({"send", group, "--to", "redshank/t", "--sign", key_.string()}), 1) << "to itself";
    EXPECT_EQ(model({"send", group, "--to", "a/#", "--sign", key_.string()}), 2);
    EXPECT_EQ(model({"send", group, "--to", "redshank/other"}), 2) << "unsigned ones are refused everywhere";
    EXPECT_EQ(model({"send", group, "--to", "redshank/other", "--sign", key_.string() + ".pub"}), 1);
    gateway_.broker().stop();
    ASSERT_TRUE(gateway_.until([](const Json& now) { return !now.is("mqtt.connected"); }));
    EXPECT_EQ(model({"send", group, "--to", "redshank/other", "--sign", key_.string()}), 1);
}

TEST_F(ModelLife, an_accepted_level_clears_its_alert_and_raises_none_again) {
    start();
    teach(3, 900);
    ASSERT_TRUE(gateway_.until([](const Json& now) { return now.text("alerts.0.state") == "firing"; }));
    EXPECT_EQ(state(), "holding");
    ASSERT_EQ(model({"accept", group}), 0) << gateway_.said();
    EXPECT_EQ(gateway_.status()->text("alerts.0.state"), "clear");
    EXPECT_EQ(state(), "accepting");
    teach(600, 900);
    EXPECT_EQ(gateway_.status()->text("alerts.0.state"), "clear");
    EXPECT_EQ(state(), "watching");
    EXPECT_EQ(gateway_.status()->count("heap.allocations_after_start"), 0U);
}

}  // namespace
}  // namespace redshank::test
