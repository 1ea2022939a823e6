#include <gtest/gtest.h>

#include <csignal>

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

TEST_F(CollectorProgram, tells_its_version_and_its_options) {
    EXPECT_EQ(run({"--version"}), 0);
    EXPECT_NE(output_.find("redshank-collector "), std::string::npos) << output_;
    EXPECT_EQ(run({"--help"}), 0);
    EXPECT_NE(output_.find("--bind"), std::string::npos) << output_;
}

}  // namespace
}  // namespace redshank::test
