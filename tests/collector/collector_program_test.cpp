#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "storage/sqlite/database.hpp"
#include "tests/collector/sending_agent.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;

constexpr auto deadline = 60s;
using wire::text_of;

class CollectorProgram : public testing::Test {
protected:
    std::unique_ptr<ChildProcess> start() {
        auto collector = std::make_unique<ChildProcess>(
            std::vector<std::string>{REDSHANK_COLLECTOR, "--bind", url_, "--db", file().string()});
        EXPECT_TRUE(collector->says("READY\n", deadline)) << collector->errors();
        return collector;
    }

    std::filesystem::path file() const { return directory_ / "collector.db"; }

    std::uint64_t integer(const std::string& sql) const {
        auto database = Database::open(file());
        EXPECT_TRUE(database.has_value()) << database.error();
        const auto value = (*database)->integer(sql);
        EXPECT_TRUE(value.has_value()) << value.error();
        return static_cast<std::uint64_t>(value.value_or(-1));
    }

    int run(const std::vector<std::string>& arguments) {
        std::vector<std::string> argv{REDSHANK_COLLECTOR};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        ChildProcess process(argv);
        const int code = process.wait(deadline).value_or(-1);
        output_ = process.output();
        errors_ = process.errors();
        return code;
    }

    TemporaryDirectory directory_;
    std::string url_ = "tcp://127.0.0.1:" + std::to_string(free_port());
    std::string output_;
    std::string errors_;
};

TEST_F(CollectorProgram, rows_arrive_exactly_once_through_thirty_sigkills) {
    constexpr int kills = 30;
    constexpr std::uint64_t seed = 20'261'120;
    Random random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    SendingAgent hall(url_, "hall-3", 7, seed);
    SendingAgent yard(url_, "yard-1", 7, seed + 1);
    auto collector = start();

    int during = 0;
    for (int kill = 0; kill < kills; ++kill) {
        // Either everything is acknowledged when it dies, or it dies at some point of a full window.
        const std::uint64_t more = 4 + random.below(40);
        for (std::uint64_t i = 0; i < more; ++i) {
            hall.seal();
            yard.seal();
        }
        const bool between = kill % 4 == 0;
        const std::uint64_t enough = between ? hall.sealed() : hall.acknowledged() + 1 + random.below(more);
        ASSERT_TRUE(eventually(deadline,
                               [&] {
                                   hall.step();
                                   yard.step();
                                   return hall.acknowledged() >= enough &&
                                          (!between || yard.acknowledged() == yard.sealed());
                               }))
            << "kill " << kill << ": " << hall.acknowledged() << " of " << hall.sealed() << " acknowledged";
        if (hall.sent() > hall.acknowledged() || yard.sent() > yard.acknowledged()) ++during;
        collector->kill();
        collector = start();
    }
    ASSERT_TRUE(eventually(deadline, [&] {
        hall.step();
        yard.step();
        return hall.acknowledged() == hall.sealed() && yard.acknowledged() == yard.sealed();
    }));
    EXPECT_EQ(collector->terminate(), 0);
    EXPECT_EQ(hall.flaws() + yard.flaws(), "");
    EXPECT_GT(during, 0) << "no kill met a batch under way: the test has lost its point";
    EXPECT_GT(hall.connections(), static_cast<std::uint64_t>(kills) / 2);

    for (const SendingAgent* agent : {&hall, &yard}) {
        const std::string of = agent == &hall ? " WHERE agent = 'hall-3'" : " WHERE agent = 'yard-1'";
        EXPECT_EQ(integer("SELECT last_seq FROM agents" + of), agent->sealed());
        EXPECT_EQ(integer("SELECT sum(count) FROM aggregates" + of), agent->counted());
        EXPECT_EQ(integer("SELECT count(*) FROM aggregates" + of),
                  2 * agent->sealed() + 1);  // one key in three is shared
        EXPECT_EQ(integer("SELECT count(*) FROM alerts" + of), agent->sealed());
    }
    EXPECT_EQ(integer("SELECT count(*) FROM gaps"), 0U);
    EXPECT_EQ(integer("SELECT count(*) FROM agents"), 2U);
}

TEST_F(CollectorProgram, ends_on_sigterm_and_sigint_with_code_0_and_goes_on_where_it_was) {
    SendingAgent agent(url_, "hall-3", 7, 1);
    for (const int signal : {SIGTERM, SIGINT}) {
        auto collector = start();
        agent.seal();
        ASSERT_TRUE(eventually(deadline, [&] {
            agent.step();
            return agent.acknowledged() == agent.sealed();
        }));
        collector->signal(signal);
        EXPECT_EQ(collector->wait(deadline), 0);
        EXPECT_EQ(collector->output(), "READY\n");
        EXPECT_NE(collector->errors().find(url_), std::string::npos) << collector->errors();
    }
    EXPECT_EQ(agent.flaws(), "");
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates"), agent.counted());
}

TEST_F(CollectorProgram, while_somebody_else_locks_the_database_acknowledgements_wait_and_then_come) {
    SendingAgent agent(url_, "hall-3", 7, 1);
    auto collector = start();
    const auto all_acknowledged = [&] {
        agent.step();
        return agent.acknowledged() == agent.sealed();
    };
    agent.seal();
    ASSERT_TRUE(eventually(deadline, all_acknowledged));
    {
        auto database = Database::open(file());
        ASSERT_TRUE(database.has_value());
        auto locked = Transaction::begin(**database);
        ASSERT_TRUE(locked.has_value());
        agent.seal();
        ASSERT_TRUE(eventually(deadline, [&] {
            agent.step();
            return collector->errors().find("acknowledgements wait") != std::string::npos;
        }));
        EXPECT_EQ(agent.acknowledged(), 1U);
    }
    ASSERT_TRUE(eventually(deadline, all_acknowledged)) << collector->errors();
    EXPECT_EQ(collector->terminate(), 0);
    EXPECT_EQ(integer("SELECT sum(count) FROM aggregates"), agent.counted());
}

TEST_F(CollectorProgram, a_database_that_was_removed_or_replaced_ends_it_before_it_acknowledges) {
    for (const bool replaced : {false, true}) {
        SendingAgent agent(url_, "hall-3", 7, 1);
        auto collector = start();
        agent.seal();
        ASSERT_TRUE(eventually(deadline, [&] {
            agent.step();
            return agent.acknowledged() == 1;
        }));
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
        const bool made = !replaced || Database::open(file()).has_value();
        ASSERT_TRUE(made);
        agent.seal();
        ASSERT_TRUE(eventually(deadline, [&] {
            agent.step();
            return collector->errors().find("removed or replaced") != std::string::npos;
        })) << collector->errors();
        EXPECT_EQ(collector->wait(deadline), 1);
        EXPECT_EQ(agent.acknowledged(), 1U);
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
    }
}

TEST_F(CollectorProgram, nonsense_from_one_peer_is_logged_sparingly_and_hurts_no_other) {
    auto collector = start();
    auto peer = wire::DealerSocket::create(url_);
    ASSERT_TRUE(peer.has_value());
    int sent = 0;
    ASSERT_TRUE(eventually(deadline, [&] {
        while (sent < 1'000 && (*peer)->send(std::vector<std::byte>(20, std::byte{0xff}))) ++sent;
        return sent == 1'000;
    }));
    SendingAgent agent(url_, "hall-3", 7, 1);
    agent.seal();
    ASSERT_TRUE(eventually(deadline, [&] {
        agent.step();
        return agent.acknowledged() == 1;
    }));
    EXPECT_EQ(collector->terminate(), 0);
    const std::string log = collector->errors();
    EXPECT_NE(log.find("not taken (1 so far)"), std::string::npos) << log;
    EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 20) << log;
}

TEST_F(CollectorProgram, wrong_usage_has_code_2_and_a_failure_code_1) {
    EXPECT_EQ(run({}), 2);
    EXPECT_EQ(run({"--bind", url_}), 2);
    EXPECT_EQ(run({"--bind", url_, "--db", file().string(), "--nonsense"}), 2);
    EXPECT_EQ(run({"--bind", "tcp://0.0.0.0:5555", "--db", file().string()}), 2);
    EXPECT_NE(errors_.find("encryption"), std::string::npos) << errors_;
    EXPECT_FALSE(std::filesystem::exists(file()));

    EXPECT_EQ(run({"--bind", url_, "--db", (directory_ / "no" / "such.db").string()}), 1);
    auto collector = start();
    EXPECT_EQ(run({"--bind", url_, "--db", (directory_ / "other.db").string()}), 1);
    EXPECT_NE(errors_.find("cannot listen"), std::string::npos) << errors_;
    EXPECT_EQ(output_, "");
}

TEST_F(CollectorProgram, a_bad_address_has_code_2_its_own_reason_and_leaves_no_file) {
    const std::vector<std::pair<std::string, std::string>> wrong{{"tcp://127.0.0.1:99999", "1 to 65535"},
                                                                 {"tcp://127.0.0.1:0", "1 to 65535"},
                                                                 {"tcp://127.0.0.1", "port is missing"},
                                                                 {"tcp://127.0.0.1:", "port is missing"},
                                                                 {"tcp://[::1]", "port is missing"},
                                                                 {"ipc://", "path is missing"},
                                                                 {"udp://x:1", "neither tcp"}};
    for (const auto& [url, reason] : wrong) {
        EXPECT_EQ(run({"--bind", url, "--db", file().string()}), 2) << url;
        EXPECT_NE(errors_.find(reason), std::string::npos) << errors_;
    }
    auto collector = start();
    EXPECT_EQ(run({"--bind", url_, "--db", (directory_ / "other.db").string()}), 1);
    EXPECT_FALSE(std::filesystem::exists(directory_ / "other.db"));
}

// Keys beside the collector's database.
class EncryptedCollector : public CollectorProgram {
protected:
    void SetUp() override {
        write_secret(directory_ / "key", server_.text());
        write_allow(text_of(hall_.public_key()) + "\n");
    }

    static void write_secret(const std::filesystem::path& name, const std::string& text) {
        std::ofstream(name) << text << '\n';
        std::filesystem::permissions(name, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    void write_allow(const std::string& text) { std::ofstream(directory_ / "allow") << text; }

    std::vector<std::string> encrypted(const std::string& url) const {
        return {"--bind",     url,
                "--db",       file().string(),
                "--key-file", (directory_ / "key").string(),
                "--allow",    (directory_ / "allow").string()};
    }

    std::unique_ptr<ChildProcess> start_encrypted() {
        std::vector<std::string> argv{REDSHANK_COLLECTOR};
        const auto arguments = encrypted(url_);
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        auto collector = std::make_unique<ChildProcess>(argv);
        EXPECT_TRUE(collector->says("READY\n", deadline)) << collector->errors();
        return collector;
    }

    std::unique_ptr<wire::DealerSocket> dealer(const wire::CurveSecretKey& own) {
        auto dealer = wire::DealerSocket::create(
            url_, wire::ClientKeys{server_.public_key(), std::move(*wire::CurveSecretKey::parse(own.text()))});
        EXPECT_TRUE(dealer.has_value()) << dealer.error();
        return std::move(*dealer);
    }

    static bool connects(wire::DealerSocket& dealer) {
        return eventually(deadline, [&] {
            dealer.wait(-1, 20);
            return dealer.connected();
        });
    }

    static std::string failure_of(wire::DealerSocket& dealer) {
        eventually(deadline, [&] {
            dealer.wait(-1, 20);
            return !dealer.connected() && !dealer.handshake_failure().empty();
        });
        return dealer.handshake_failure();
    }

    wire::CurveSecretKey server_ = wire::CurveSecretKey::generate();
    wire::CurveSecretKey hall_ = wire::CurveSecretKey::generate();
    wire::CurveSecretKey yard_ = wire::CurveSecretKey::generate();
};

TEST_F(EncryptedCollector, sighup_takes_the_allow_file_up_and_who_is_gone_from_it_is_out_at_once) {
    auto collector = start_encrypted();
    const auto hall = dealer(hall_);
    const auto yard = dealer(yard_);
    EXPECT_TRUE(connects(*hall));
    EXPECT_NE(failure_of(*yard).find("allow file"), std::string::npos);

    write_allow("# the yard comes in\n" + text_of(hall_.public_key()) + "\n" + text_of(yard_.public_key()) + "\n");
    collector->signal(SIGHUP);
    EXPECT_TRUE(connects(*yard));
    EXPECT_EQ(hall->connections(), 1U) << "nobody else was disturbed";

    write_allow(text_of(yard_.public_key()) + "\n");
    collector->signal(SIGHUP);
    EXPECT_NE(failure_of(*hall).find("allow file"), std::string::npos);
    EXPECT_TRUE(connects(*yard));

    write_allow(hall_.text());
    collector->signal(SIGHUP);
    EXPECT_TRUE(eventually(deadline, [&] { return collector->errors().find("not good") != std::string::npos; }));
    EXPECT_TRUE(connects(*yard)) << "the list before goes on";
    EXPECT_EQ(collector->terminate(), 0);
    const std::string log = collector->errors();
    EXPECT_NE(log.find("refused: " + text_of(yard_.public_key()) + " from 127.0.0.1"), std::string::npos) << log;
    EXPECT_EQ(log.find(hall_.text().substr(13)), std::string::npos) << "a secret was shown";
}

TEST_F(EncryptedCollector, sighup_without_an_allow_file_changes_nothing) {
    auto collector = start();
    collector->signal(SIGHUP);
    EXPECT_TRUE(eventually(deadline, [&] { return collector->errors().find("no allow file") != std::string::npos; }));
    EXPECT_EQ(collector->terminate(), 0);
}

TEST_F(EncryptedCollector, off_loopback_it_listens_with_keys_or_plain_by_name_and_not_otherwise) {
    const std::string everywhere = "tcp://0.0.0.0:" + std::to_string(free_port());
    EXPECT_EQ(run({"--bind", everywhere, "--db", file().string()}), 2);
    EXPECT_NE(errors_.find("--key-file"), std::string::npos) << errors_;
    EXPECT_FALSE(std::filesystem::exists(file()));
    for (const auto& options :
         {encrypted(everywhere), std::vector<std::string>{"--bind", everywhere, "--db", file().string(), "--plain"}}) {
        std::vector<std::string> argv{REDSHANK_COLLECTOR};
        argv.insert(argv.end(), options.begin(), options.end());
        ChildProcess collector(argv);
        EXPECT_TRUE(collector.says("READY\n", deadline)) << collector.errors();
        EXPECT_EQ(collector.terminate(), 0);
    }
}

TEST_F(EncryptedCollector, options_that_do_not_go_together_have_code_2_and_bad_files_code_1) {
    const std::string key = (directory_ / "key").string();
    const std::string allow = (directory_ / "allow").string();
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"--bind", url_, "--db", file().string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    };
    EXPECT_EQ(with({"--key-file", key}), 2);
    EXPECT_NE(errors_.find("--key-file needs --allow"), std::string::npos) << errors_;
    EXPECT_EQ(with({"--allow", allow}), 2);
    EXPECT_EQ(with({"--allow", allow, "--key-file", key, "--plain"}), 2);

    EXPECT_EQ(with({"--key-file", key + ".none", "--allow", allow}), 1);
    EXPECT_EQ(with({"--key-file", key, "--allow", allow + ".none"}), 1);
    EXPECT_NE(errors_.find("allow.none: cannot be read"), std::string::npos) << errors_;
    std::filesystem::permissions(key, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    EXPECT_EQ(with({"--key-file", key, "--allow", allow}), 1);
    EXPECT_NE(errors_.find("chmod 600"), std::string::npos) << errors_;
    write_secret(key, text_of(server_.public_key()));
    EXPECT_EQ(with({"--key-file", key, "--allow", allow}), 1);
    EXPECT_NE(errors_.find("holds a public key"), std::string::npos) << errors_;
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(CollectorProgram, tells_its_version_and_its_options) {
    EXPECT_EQ(run({"--version"}), 0);
    EXPECT_NE(output_.find("redshank-collector "), std::string::npos) << output_;
    EXPECT_EQ(run({"--help"}), 0);
    for (const char* const option : {"--bind", "--db", "--key-file", "--allow", "--plain"}) {
        EXPECT_NE(output_.find(option), std::string::npos) << output_;
    }
}

}  // namespace
}  // namespace redshank::test
