#include "agent/output_workers.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "agent/alert_outputs.hpp"
#include "agent/output_thread.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t ms = 1'000'000;

AlertRow alert(std::uint64_t position, AlertState state = AlertState::firing, Severity severity = Severity::critical,
               std::string_view rule = "hot") {
    AlertRow row;
    row.id = {.boot = 3, .position = position, .ordinal = 1};
    row.rule.assign(rule);
    row.channel.assign("plant/press 4:temperature");
    row.state = state;
    row.severity = severity;
    row.since_ns = 1'700'000'000'000'000'123;
    row.value = 85.25;
    return row;
}

OutputSettings command_of(const std::string& script) {
    OutputSettings settings;
    settings.kind = OutputKind::command;
    settings.command = {"/bin/sh", "-c", script};
    return settings;
}

std::size_t lines_of(const std::filesystem::path& file) {
    const std::string text = read_text(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(OutputQueue, takes_what_passes_the_filter_only) {
    OutputSettings settings;
    settings.severity = Severity::warning;
    settings.rules = {"hot", "silent"};
    OutputQueue queue(settings);
    EXPECT_FALSE(queue.add(alert(1, AlertState::firing, Severity::info)));
    EXPECT_FALSE(queue.add(alert(2, AlertState::firing, Severity::critical, "cold")));
    EXPECT_TRUE(queue.add(alert(3, AlertState::firing, Severity::warning, "silent")));
    EXPECT_TRUE(queue.add(alert(4)));
    EXPECT_EQ(queue.figures().waiting, 2U);
    EXPECT_EQ(queue.take()->id.position, 3U);
}

TEST(OutputQueue, drops_the_oldest_that_waits_and_never_the_one_under_way) {
    OutputSettings settings;
    settings.queue = 2;
    OutputQueue queue(settings);
    queue.add(alert(1));
    EXPECT_EQ(queue.take()->id.position, 1U);
    for (std::uint64_t position = 2; position <= 5; ++position) queue.add(alert(position));
    EXPECT_EQ(queue.figures().dropped, 2U);
    EXPECT_EQ(queue.figures().waiting, 3U);
    EXPECT_EQ(queue.take()->id.position, 1U) << "until it is done";
    queue.done(Handed::delivered, {});
    EXPECT_EQ(queue.take()->id.position, 4U);
    queue.done(Handed::failed, "exit code 1");
    EXPECT_EQ(queue.figures().last_error.view(), "exit code 1");
    EXPECT_EQ(queue.take()->id.position, 5U);
    queue.done(Handed::delivered, {});
    EXPECT_EQ(queue.take(), std::nullopt);
    EXPECT_EQ(queue.figures().delivered, 2U);
    EXPECT_EQ(queue.figures().failed, 1U);
    EXPECT_TRUE(queue.figures().last_error.empty());
}

TEST(AlertOutputs, what_waits_and_what_is_under_way_is_there_again_where_the_output_still_is) {
    OutputSettings horn = command_of("horn");
    OutputSettings lamp = command_of("lamp");
    OutputSettings syslog;
    syslog.kind = OutputKind::syslog;
    AlertOutputs before({horn, lamp, syslog, lamp});
    for (std::uint64_t position = 1; position <= 3; ++position) before.add(alert(position));
    ASSERT_TRUE(before[0].take());
    ASSERT_TRUE(before[1].take());
    before[1].done(Handed::delivered, {});
    before[3].take();
    before[3].done(Handed::delivered, {});
    before[3].take();
    before[3].done(Handed::delivered, {});
    std::vector<std::byte> room(before.saved_bytes_max());
    ByteWriter out(room);
    before.save(out);
    ASSERT_TRUE(out.ok());

    lamp.severity = Severity::critical;
    lamp.queue = 1;
    AlertOutputs after({lamp, lamp, horn});
    ByteReader in(out.written());
    after.restore(in);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(after[0].take()->id, alert(3).id) << "its queue is shorter now";
    EXPECT_EQ(after[0].figures().dropped, 1U);
    EXPECT_EQ(after[1].take()->id, alert(3).id);
    ASSERT_EQ(after[2].figures().waiting, 3U);
    const auto first = after[2].take();
    EXPECT_EQ(first->id, alert(1).id) << "the one that was under way comes again";
    EXPECT_EQ(first->rule.view(), "hot");
    EXPECT_EQ(first->channel.view(), "plant/press 4:temperature");
    EXPECT_EQ(first->value, 85.25);
    EXPECT_EQ(first->since_ns, 1'700'000'000'000'000'123);
    EXPECT_EQ(first->severity, Severity::critical);
}

TEST(AlertOutputs, the_version_changes_when_something_is_done_with) {
    AlertOutputs outputs({command_of("true")});
    const std::uint64_t before = outputs.version();
    outputs.add(alert(1));
    ASSERT_TRUE(outputs[0].take());
    EXPECT_EQ(outputs.version(), before);
    outputs[0].done(Handed::timed_out, "");
    EXPECT_NE(outputs.version(), before);
}

TEST(CommandWorker, tells_the_command_what_the_alert_says_and_nothing_else) {
    const TemporaryDirectory directory;
    OutputSettings settings;
    settings.command = {"/bin/cp", "/proc/self/environ", directory / "environment"};
    OutputQueue queue(settings);
    const auto worker = make_command_worker(settings, "hall-3", queue);
    queue.add(alert(41));
    ASSERT_TRUE(eventually(30s, [&] {
        worker->step(0);
        return !worker->busy();
    }));
    std::string environment = read_text(directory / "environment");
    std::replace(environment.begin(), environment.end(), '\0', '\n');
    EXPECT_EQ(environment,
              "REDSHANK_ID=hall-3\nREDSHANK_RULE=hot\nREDSHANK_CHANNEL=plant/press 4:temperature\n"
              "REDSHANK_STATE=firing\nREDSHANK_SEVERITY=critical\nREDSHANK_VALUE=85.25\n"
              "REDSHANK_SINCE_NS=1700000000000000123\nREDSHANK_ALERT_ID=3-41-1\n"
              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    EXPECT_EQ(queue.figures().delivered, 1U);
}

TEST(CommandWorker, the_longest_names_fit) {
    OutputSettings settings = command_of(
        "test ${#REDSHANK_CHANNEL} = 192 && test ${#REDSHANK_RULE} = 48 && test ${#REDSHANK_ID} = 64 && "
        "test $REDSHANK_VALUE = -1.7976931348623157e+308");
    OutputQueue queue(settings);
    const auto worker = make_command_worker(settings, std::string(64, 'i'), queue);
    AlertRow row = alert(UINT64_MAX);
    row.id = {UINT64_MAX, UINT64_MAX, UINT32_MAX};
    row.rule.assign(std::string(rule_name_bytes_max, 'r'));
    row.channel.assign(std::string(channel_name_bytes_max, 'c'));
    row.value = -1.7976931348623157e+308;
    row.since_ns = INT64_MIN;
    queue.add(row);
    ASSERT_TRUE(eventually(30s, [&] {
        worker->step(0);
        return !worker->busy();
    }));
    EXPECT_EQ(queue.figures().delivered, 1U) << queue.figures().last_error.view();
}

TEST(CommandWorker, runs_one_at_a_time_in_order_and_counts_what_became_of_each) {
    const TemporaryDirectory directory;
    const std::string file = directory / "order";
    OutputSettings settings =
        command_of("echo begin $REDSHANK_ALERT_ID >> " + file + "; echo end $REDSHANK_ALERT_ID >> " + file +
                   "; test $REDSHANK_ALERT_ID != 3-2-1");
    OutputQueue queue(settings);
    const auto worker = make_command_worker(settings, "t", queue);
    for (std::uint64_t position = 1; position <= 3; ++position) queue.add(alert(position));
    ASSERT_TRUE(eventually(30s, [&] {
        worker->step(0);
        return !worker->busy();
    }));
    EXPECT_EQ(read_text(file), "begin 3-1-1\nend 3-1-1\nbegin 3-2-1\nend 3-2-1\nbegin 3-3-1\nend 3-3-1\n");
    EXPECT_EQ(queue.figures().delivered, 2U);
    EXPECT_EQ(queue.figures().failed, 1U);
}

TEST(CommandWorker, one_that_takes_too_long_is_counted_and_the_next_one_runs) {
    OutputSettings settings = command_of("test $REDSHANK_ALERT_ID != 3-1-1 || exec sleep 600");
    settings.timeout_ns = 500 * ms;
    OutputQueue queue(settings);
    const auto worker = make_command_worker(settings, "t", queue);
    queue.add(alert(1));
    queue.add(alert(2));
    worker->step(0);
    EXPECT_EQ(worker->next_ns(), 500 * ms);
    ASSERT_TRUE(eventually(30s, [&] {
        worker->step(500 * ms);
        return !worker->busy();
    }));
    EXPECT_EQ(queue.figures().timed_out, 1U);
    EXPECT_EQ(queue.figures().delivered, 1U);
}

TEST(CommandWorker, a_program_that_is_gone_is_a_failure_with_its_reason) {
    OutputSettings settings;
    settings.command = {"/no/such/horn"};
    OutputQueue queue(settings);
    const auto worker = make_command_worker(settings, "t", queue);
    queue.add(alert(1));
    worker->step(0);
    EXPECT_EQ(queue.figures().failed, 1U);
    EXPECT_EQ(queue.figures().last_error.view(), "No such file or directory");
}

class FakeLine final : public GpioLine {
public:
    FakeLine(std::vector<bool>& levels, bool& broken) : levels_(levels), broken_(broken) {}
    bool set(bool active) noexcept override {
        if (!broken_) levels_.push_back(active);
        return !broken_;
    }

private:
    std::vector<bool>& levels_;
    bool& broken_;
};

class GpioWorkerTest : public testing::Test {
protected:
    GpioWorkerTest() {
        settings_.kind = OutputKind::gpio;
        settings_.line = 17;
        settings_.active_low = true;
        queue_ = std::make_unique<OutputQueue>(settings_);
        worker_ = make_gpio_worker(
            settings_, *queue_, [this] { return firing_; },
            [this](const GpioLine::Place& place, bool active) -> Outcome<std::unique_ptr<GpioLine>> {
                EXPECT_EQ(place.line, 17U);
                EXPECT_TRUE(place.active_low);
                ++opened_;
                if (missing_) return failure("/dev/gpiochip0: No such file or directory");
                levels_.push_back(active);
                return std::make_unique<FakeLine>(levels_, broken_);
            });
    }
    void alert_with(bool firing) {
        firing_ = firing;
        queue_->add(alert(1));
    }

    OutputSettings settings_;
    std::unique_ptr<OutputQueue> queue_;
    std::unique_ptr<OutputWorker> worker_;
    std::vector<bool> levels_;
    int opened_ = 0;
    bool firing_ = false;
    bool missing_ = false;
    bool broken_ = false;
};

TEST_F(GpioWorkerTest, follows_what_is_firing_and_is_set_only_where_it_changes) {
    worker_->step(0);
    alert_with(true);
    worker_->step(1);
    alert_with(true);
    worker_->step(2);
    alert_with(false);
    worker_->step(3);
    worker_->step(4);
    EXPECT_EQ(levels_, (std::vector<bool>{false, true, false}));
    EXPECT_EQ(queue_->figures().delivered, 3U);
    EXPECT_EQ(queue_->figures().waiting, 0U);
}

TEST_F(GpioWorkerTest, begins_with_what_was_firing_before_the_start) {
    firing_ = true;
    worker_->step(0);
    EXPECT_EQ(levels_, std::vector<bool>{true});
}

TEST_F(GpioWorkerTest, a_chip_that_comes_late_shows_how_things_stand_then) {
    missing_ = true;
    worker_->step(0);
    EXPECT_EQ(queue_->figures().last_error.view(), "/dev/gpiochip0: No such file or directory");
    alert_with(true);
    worker_->step(1);
    EXPECT_EQ(opened_, 1) << "not at every alert";
    EXPECT_EQ(queue_->figures().waiting, 1U);
    missing_ = false;
    worker_->step(worker_->next_ns());
    EXPECT_EQ(levels_, std::vector<bool>{true});
    EXPECT_TRUE(queue_->figures().last_error.empty());
    EXPECT_EQ(worker_->next_ns(), OutputWorker::never);
}

TEST_F(GpioWorkerTest, a_line_that_cannot_be_set_is_opened_anew) {
    worker_->step(0);
    broken_ = true;
    alert_with(true);
    worker_->step(1);
    EXPECT_EQ(queue_->figures().failed, 1U);
    EXPECT_EQ(queue_->figures().waiting, 1U);
    broken_ = false;
    worker_->step(worker_->next_ns());
    EXPECT_EQ(levels_, (std::vector<bool>{false, true}));
}

// Where the journal would listen.
class JournalSocket {
public:
    explicit JournalSocket(const std::filesystem::path& path) : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~JournalSocket() { close(socket_); }
    JournalSocket(const JournalSocket&) = delete;
    JournalSocket& operator=(const JournalSocket&) = delete;

    std::string take() const {
        std::array<char, 8192> room{};
        const ssize_t size = recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
        return size < 0 ? "" : std::string(room.data(), static_cast<std::size_t>(size));
    }

private:
    int socket_;
};

class SyslogWorkerTest : public testing::Test {
protected:
    TemporaryDirectory directory_;
    JournalSocket journal_{directory_ / "journal"};
    OutputSettings settings_ = [] {
        OutputSettings settings;
        settings.kind = OutputKind::syslog;
        settings.queue = 1024;
        return settings;
    }();
    OutputQueue queue_{settings_};
    std::unique_ptr<OutputWorker> worker_ =
        make_syslog_worker("hall-3", queue_, {directory_ / "journal", directory_ / "log"});
};

TEST_F(SyslogWorkerTest, an_alert_is_an_entry_with_its_priority_and_its_fields) {
    queue_.add(alert(41));
    queue_.add(alert(42, AlertState::clear, Severity::warning));
    queue_.add(alert(43, AlertState::clear, Severity::info));
    worker_->step(0);
    EXPECT_EQ(journal_.take(),
              "MESSAGE=ALERT firing hot plant/press 4:temperature value 85.25\nPRIORITY=2\n"
              "SYSLOG_IDENTIFIER=redshank\nSYSLOG_FACILITY=3\nREDSHANK_ID=hall-3\nREDSHANK_RULE=hot\n"
              "REDSHANK_CHANNEL=plant/press 4:temperature\nREDSHANK_STATE=firing\nREDSHANK_SEVERITY=critical\n"
              "REDSHANK_VALUE=85.25\nREDSHANK_SINCE_NS=1700000000000000123\nREDSHANK_ALERT_ID=3-41-1\n");
    const std::string second = journal_.take();
    EXPECT_NE(second.find("MESSAGE=ALERT clear hot"), std::string::npos) << second;
    EXPECT_NE(second.find("\nPRIORITY=4\n"), std::string::npos) << second;
    EXPECT_NE(journal_.take().find("\nPRIORITY=6\n"), std::string::npos);
    EXPECT_EQ(queue_.figures().delivered, 3U);
}

TEST_F(SyslogWorkerTest, while_the_log_is_full_alerts_wait_and_then_all_of_them_come) {
    std::uint64_t handed = 0;
    for (; worker_->next_ns() == OutputWorker::never && handed < 1000; ++handed) {
        queue_.add(alert(handed + 1));
        worker_->step(0);
    }
    ASSERT_EQ(worker_->next_ns(), 100 * ms) << "the kernel takes so many";
    EXPECT_EQ(queue_.figures().waiting, 1U);
    std::uint64_t taken = 0;
    while (taken < handed) {
        const std::string entry = journal_.take();
        if (entry.empty()) {
            worker_->step(100 * ms);
            continue;
        }
        EXPECT_NE(entry.find("REDSHANK_ALERT_ID=3-" + std::to_string(++taken) + "-1\n"), std::string::npos) << entry;
    }
    EXPECT_EQ(queue_.figures().delivered, handed);
    EXPECT_EQ(queue_.figures().failed, 0U);
}

TEST(SyslogWorker, without_a_log_alerts_are_counted_as_failed) {
    const TemporaryDirectory directory;
    OutputSettings settings;
    settings.kind = OutputKind::syslog;
    OutputQueue queue(settings);
    const auto worker = make_syslog_worker("t", queue, {directory / "journal", directory / "log"});
    queue.add(alert(1));
    worker->step(0);
    EXPECT_EQ(queue.figures().failed, 1U);
    EXPECT_EQ(queue.figures().last_error.view(), "No such file or directory");
}

class OutputThreadTest : public testing::Test {
protected:
    void begin(const std::vector<OutputSettings>& settings) {
        outputs_ = std::make_unique<AlertOutputs>(settings);
        std::vector<std::unique_ptr<OutputWorker>> workers;
        std::vector<std::string> names;
        for (std::size_t i = 0; i < settings.size(); ++i) {
            workers.push_back(make_command_worker(settings[i], "t", (*outputs_)[i]));
            names.push_back(name_of(settings[i]));
        }
        thread_ = std::make_unique<OutputThread>(*outputs_, std::move(workers), std::move(names));
        thread_->start();
    }
    void hand_over(std::uint64_t position) {
        outputs_->add(alert(position));
        outputs_->wake();
    }

    TemporaryDirectory directory_;
    std::unique_ptr<AlertOutputs> outputs_;
    std::unique_ptr<OutputThread> thread_;
};

TEST_F(OutputThreadTest, a_slow_command_holds_up_no_other_output) {
    const std::string file = directory_ / "lines";
    begin({command_of("exec sleep 600"), command_of("echo $REDSHANK_ALERT_ID >> " + file)});
    for (std::uint64_t position = 1; position <= 5; ++position) hand_over(position);
    EXPECT_TRUE(eventually(30s, [&] { return (*outputs_)[1].figures().delivered == 5; }));
    EXPECT_EQ(lines_of(file), 5U);
    EXPECT_EQ((*outputs_)[0].figures().waiting, 5U);
    EXPECT_EQ((*outputs_)[0].figures().delivered, 0U);
}

TEST_F(OutputThreadTest, stopping_ends_what_runs_and_keeps_what_waits) {
    const std::string file = directory_ / "begun";
    begin({command_of("echo $REDSHANK_ALERT_ID >> " + file + "; trap '' TERM; while :; do sleep 600; done")});
    hand_over(1);
    hand_over(2);
    ASSERT_TRUE(eventually(30s, [&] { return lines_of(file) == 1; }));
    thread_->stop();
    EXPECT_EQ((*outputs_)[0].figures().timed_out, 1U);
    EXPECT_EQ((*outputs_)[0].figures().waiting, 1U);
    EXPECT_EQ((*outputs_)[0].take()->id.position, 2U);
    EXPECT_EQ(lines_of(file), 1U);
}

}  // namespace
}  // namespace redshank::test
