#include "agent/record.hpp"

#include <pthread.h>

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <memory>

#include "agent/control_client.hpp"
#include "agent/record_lines.hpp"
#include "drivers/clock.hpp"
#include "drivers/topic.hpp"
#include "storage/inbox_tap.hpp"

namespace redshank {

namespace {

constexpr std::int64_t answer_within_ns = 10'000'000'000;
constexpr std::int32_t look_again_ns = 20'000'000;
constexpr std::int64_t last_look_ns = 1'000'000'000;  // at most, at what came before the end
constexpr int look_at_signals_every = 1024;           // records

class Recorder {
public:
    Recorder(const Settings& settings, const RecordOptions& options)
        : options_(options), inbox_(settings.agent.runtime_dir / "inbox"), file_(options.file) {
        for (const std::string& topic : options.topics) patterns_.push_back(*TopicPattern::parse(topic));
        sigemptyset(&signals_);
        for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals_, signal);
    }

    Outcome<> run();
    bool reader_gone() const noexcept { return file_.reader_gone(); }
    void say_how_it_ended() const;

private:
    Outcome<> follow();
    Outcome<bool> take();  // false: there is nothing more for now
    Outcome<> take_new_inbox();
    Outcome<> add(const Record& record, std::uint64_t missed);
    bool wanted(const Record& record) const;
    bool all_there() const noexcept { return options_.count && messages_ >= *options_.count; }
    bool signalled(std::int32_t wait_ns) const noexcept {
        const timespec wait{0, wait_ns};
        return sigtimedwait(&signals_, nullptr, &wait) > 0;
    }

    const RecordOptions& options_;
    std::filesystem::path inbox_;
    RecordingFile file_;
    RecordLines lines_;
    std::vector<TopicPattern> patterns_;
    sigset_t signals_{};
    std::unique_ptr<InboxTap> tap_;
    std::uint64_t messages_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t gaps_ = 0;
    std::uint64_t missed_ = 0;
};

bool Recorder::wanted(const Record& record) const {
    if (record.kind != RecordKind::message || patterns_.empty()) return true;
    const std::optional<Message> message = decode_message(record.body);
    return message && std::any_of(patterns_.begin(), patterns_.end(),
                                  [&](const TopicPattern& pattern) { return pattern.matches(message->topic); });
}

Outcome<> Recorder::add(const Record& record, std::uint64_t missed) {
    if (missed > 0) {
        ++gaps_;
        missed_ += missed;
        if (auto added = file_.add(lines_.gap(record.stamp_ns, missed)); !added) return added;
    }
    if (!wanted(record)) return {};
    const std::string_view line = lines_.line(record);
    if (line.empty()) return {};
    ++(record.kind == RecordKind::message ? messages_ : events_);
    return file_.add(line);
}

Outcome<bool> Recorder::take() {
    const auto read = tap_->next();
    if (!read) return failure(read.error());
    if (!read->record) return false;
    if (auto added = add(*read->record, read->missed); !added) return failure(added.error());
    return true;
}

// The one before has been read to its end. A changed configuration goes on in the same boot's positions.
Outcome<> Recorder::take_new_inbox() {
    auto opened = InboxTap::open(inbox_, InboxTap::Begin::oldest);
    if (!opened) return failure(opened.error());
    if (*opened == nullptr) return {};
    const std::uint64_t expected = tap_->position();
    const InboxIdentity before = tap_->identity();
    tap_ = std::move(*opened);
    const InboxIdentity& now = tap_->identity();
    const bool goes_on = before.boot == now.boot && before.incarnation == now.incarnation;
    const auto first = tap_->next();
    if (!first) return failure(first.error());
    if (!first->record) return {};
    const std::uint64_t position = first->record->position;
    return add(*first->record, goes_on && expected != 0 && position > expected ? position - expected : 0);
}

Outcome<> Recorder::follow() {
    const std::int64_t until_ns = options_.for_ns ? monotonic_ns() + *options_.for_ns : INT64_MAX;
    while (!all_there()) {
        const bool replaced = tap_->replaced();
        Outcome<bool> more = true;
        int taken = 0;
        while ((more = take()) && *more && !all_there()) {
            if (++taken % look_at_signals_every == 0 && (monotonic_ns() >= until_ns || signalled(0))) return {};
        }
        if (!more) return failure(more.error());
        if (auto flushed = file_.flush(); !flushed) return flushed;
        if (all_there()) break;
        if (replaced) {
            if (auto begun = take_new_inbox(); !begun) return begun;
            continue;
        }
        if (monotonic_ns() < until_ns && !signalled(look_again_ns)) continue;
        // What was published before the end belongs to it.
        const std::int64_t last_ns = monotonic_ns() + last_look_ns;
        while ((more = take()) && *more && !all_there() && monotonic_ns() < last_ns) {
        }
        return more ? Outcome<>() : failure(more.error());
    }
    return {};
}

Outcome<> Recorder::run() {
    auto opened = InboxTap::open(inbox_, options_.from_start ? InboxTap::Begin::oldest : InboxTap::Begin::now);
    if (!opened) return failure(opened.error());
    if (*opened == nullptr) return failure(inbox_.string() + ": is not there");
    tap_ = std::move(*opened);
    if (auto begun = file_.begin(); !begun) return begun;
    std::fprintf(stderr, "redshank: recording\n");
    auto followed = follow();
    auto flushed = reader_gone() ? Outcome<>() : file_.flush();
    return followed ? flushed : followed;
}

void Recorder::say_how_it_ended() const {
    std::fprintf(stderr,
                 "redshank: recorded %" PRIu64 " messages and %" PRIu64 " events, %" PRIu64 " bytes; %" PRIu64
                 " gaps with %" PRIu64 " records",
                 messages_, events_, file_.bytes(), gaps_, missed_);
    if (file_.rotations() > 0) std::fprintf(stderr, "; began a new file %" PRIu64 " times", file_.rotations());
    std::fputc('\n', stderr);
}

}  // namespace

int run_record(const Settings& settings, const RecordOptions& options) {
    const auto failed = [](const std::string& what) {
        std::fprintf(stderr, "redshank: %s\n", what.c_str());
        return 1;
    };
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM}) sigaddset(&ends, signal);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto good = RecordingFile::check(options.file); !good) return failed(good.error());
    const auto answer = ask(settings.agent.runtime_dir / "control", "status", answer_within_ns);
    if (!answer || !answer->ok) return failed(answer ? answer->body : answer.error());

    Recorder recorder(settings, options);
    const auto ran = recorder.run();
    recorder.say_how_it_ended();
    return ran || recorder.reader_gone() ? 0 : failed(ran.error());
}

}  // namespace redshank
