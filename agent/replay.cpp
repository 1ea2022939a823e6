#include "agent/replay.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "agent/json_writer.hpp"
#include "agent/pipeline.hpp"
#include "agent/replay_files.hpp"
#include "agent/sources.hpp"
#include "drivers/clock.hpp"
#include "drivers/mqtt_lines_reader.hpp"
#include "drivers/topic.hpp"
#include "drivers/wide_reader.hpp"

namespace redshank {

namespace {

constexpr std::uint64_t replay_boot = 1;

// A field as the decoder names it: a top-level key, or a pointer when the key holds '/' or '~'.
std::string field_name(const std::string& column) {
    if (column.find_first_of("/~") == std::string::npos) return column;
    std::string pointer = "/";
    for (const char byte : column) pointer += byte == '/' ? "~1" : byte == '~' ? "~0" : std::string(1, byte);
    return pointer;
}

// The file's name as a topic: what no topic may hold becomes '_'.
std::string topic_of(const std::filesystem::path& path) {
    std::string topic = stem(path);
    for (char& byte : topic) {
        if (byte == '+' || byte == '#' || static_cast<unsigned char>(byte) < 0x20) byte = '_';
    }
    return topic.empty() ? "_" : topic;
}

// Limits that were not given grow until a message with as many fields fits, each of them a channel.
void grow(Settings& settings, std::size_t fields) {
    Capacities& limits = settings.capacities;
    const auto at_least = [](bool given, std::size_t& limit, std::size_t least) {
        if (!given) limit = std::max(limit, least);
    };
    at_least(settings.given.fields_per_message, limits.fields_per_message_max, fields);
    at_least(settings.given.channels, limits.channels_max, fields);
    if (settings.groups.empty()) at_least(settings.given.groups, limits.groups_max, limits.channels_max);
    if (settings.groups.empty()) limits.channels_max = std::min(limits.channels_max, limits.groups_max);
    at_least(settings.given.rule_states, limits.rule_states_max, limits.groups_max);
    at_least(settings.given.results, limits.results_max, 4 * limits.channels_max);
}

// The source that this file is of.
SourceSettings source_of(const Settings& settings, const std::string& topic) {
    for (const SourceSettings& source : settings.sources) {
        const auto pattern = TopicPattern::parse(source.topic);
        if (pattern && pattern->matches(topic)) return source;
    }
    return {};
}

void note(const std::filesystem::path& path, const std::string& what) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), what.c_str());
}

class Replay {
public:
    Replay(const Settings& settings, const ReplayOptions& options)
        : settings_(settings), options_(options), files_(options.out) {}

    Outcome<> run();
    const Ledger& totals() const noexcept { return totals_; }
    std::uint64_t rows() const noexcept { return rows_; }
    ReplayFiles& files() noexcept { return files_; }

private:
    Outcome<> wide(const std::filesystem::path& path);
    Outcome<> recording(const std::filesystem::path& path);
    void begin(const Settings& settings, const std::string& input, std::int64_t first_ns);
    void end();
    std::optional<std::uint8_t> broker_index(const std::string& name) const;
    void event(RecordKind kind, std::int64_t time_ns, std::span<const std::byte> body = {});
    void message(const Message& message, std::int64_t time_ns);

    const Settings& settings_;
    const ReplayOptions& options_;
    ReplayFiles files_;
    std::unique_ptr<Pipeline> pipeline_;
    std::string topic_;  // of the stream under way
    std::uint64_t position_ = 0;
    std::int64_t stamp_ns_ = INT64_MIN;
    std::vector<std::byte> body_;
    Ledger totals_;
    std::uint64_t rows_ = 0;
    std::size_t fields_max_ = 0;  // of the stream under way
};

std::optional<std::uint8_t> Replay::broker_index(const std::string& name) const {
    if (name.empty()) return std::uint8_t{0};
    for (std::size_t broker = 0; broker < broker_count(settings_); ++broker) {
        if (broker_at(settings_, broker).name == name) return static_cast<std::uint8_t>(broker);
    }
    return std::nullopt;
}

void Replay::begin(const Settings& settings, const std::string& input, std::int64_t first_ns) {
    topic_ = input;
    pipeline_ = std::make_unique<Pipeline>(settings, replay_boot);
    position_ = 0;
    stamp_ns_ = first_ns;
    files_.begin_input(input);
    const std::byte yes{1};
    const std::byte no{0};
    event(RecordKind::began, first_ns, {&yes, 1});
    event(RecordKind::connected, first_ns, {&no, 1});
    event(RecordKind::subscribed, first_ns);
}

void Replay::end() {
    if (pipeline_ == nullptr) return;
    pipeline_->finish(files_);
    files_.end_input(*pipeline_);
    const Ledger& ledger = pipeline_->ledger();
    totals_.messages += ledger.messages;
    totals_.decoded += ledger.decoded;
    totals_.duplicate += ledger.duplicate;
    totals_.readings += ledger.readings;
    totals_.counted += ledger.counted;
    totals_.made += ledger.made;
    for (std::size_t reason = 0; reason < error_count; ++reason) totals_.rejected[reason] += ledger.rejected[reason];
    pipeline_.reset();
}

void Replay::event(RecordKind kind, std::int64_t time_ns, std::span<const std::byte> body) {
    stamp_ns_ = std::max(stamp_ns_, time_ns);
    pipeline_->on_record({.position = ++position_, .stamp_ns = stamp_ns_, .kind = kind, .body = body}, files_);
}

void Replay::message(const Message& message, std::int64_t time_ns) {
    body_.resize(encoded_bytes(message));
    ByteWriter out(body_);
    encode(message, out);
    event(RecordKind::message, time_ns, body_);
}

Outcome<> Replay::wide(const std::filesystem::path& path) {
    const SourceSettings source_of_file = source_of(settings_, topic_of(path));
    auto reader = WideReader::open(path, {.time_column = options_.time_column,
                                          .time_column_if_there = source_of_file.time,
                                          .times = time_reading_of(source_of_file),
                                          .fields = options_.fields});
    if (!reader) return failure(reader.error());
    WideRow row;
    Outcome<bool> more = (*reader)->next(row);
    if (!options_.one_stream) end();
    if (pipeline_ == nullptr) {
        Settings settings = settings_;
        if (settings.sources.empty()) {
            SourceSettings source;
            source.topic = "{file}";
            for (const std::string& column : (*reader)->fields()) source.fields.push_back(field_name(column));
            settings.sources.push_back(std::move(source));
        }
        grow(settings, (*reader)->fields().size());
        fields_max_ = settings.capacities.fields_per_message_max;
        begin(settings, topic_of(path), more && *more ? row.time_ns : 0);
    }
    if ((*reader)->fields().size() > fields_max_) {
        return failure(path.string() + ": has " + std::to_string((*reader)->fields().size()) +
                       " columns of values, more than limits.fields_per_message = " + std::to_string(fields_max_) +
                       (options_.one_stream ? " (with --continue, as many as the first file)" : ""));
    }
    const std::uint64_t rows_before = rows_;
    for (; more && *more; more = (*reader)->next(row)) {
        ++rows_;
        files_.begin_row(row.timestamp);
        message({.topic = topic_,
                 .payload = std::as_bytes(std::span(row.payload.data(), row.payload.size())),
                 .row_end = true},
                row.time_ns);
    }
    if (!more) return failure(more.error());
    if (rows_ == rows_before) {
        note(path, "has a header and no rows");
    } else if ((*reader)->numbers() == 0) {
        std::string names;
        for (const std::string& name : (*reader)->fields()) names.append(names.empty() ? "" : ", ").append(name);
        return failure(path.string() + ": no cell of " + std::to_string(rows_ - rows_before) +
                       " rows is a number, the columns are: " + names +
                       " (columns are separated by comma, semicolon or tab)");
    }
    if ((*reader)->ragged_rows() > 0 || (*reader)->bad_stamps() > 0) {
        std::fprintf(stderr, "%s: %llu rows with more or fewer cells than the header, %llu stamps that are no time\n",
                     path.c_str(), static_cast<unsigned long long>((*reader)->ragged_rows()),
                     static_cast<unsigned long long>((*reader)->bad_stamps()));
    }
    return {};
}

Outcome<> Replay::recording(const std::filesystem::path& path) {
    auto reader = MqttLinesReader::open(path);
    if (!reader) return failure(reader.error());
    RecordedEvent recorded;
    Outcome<bool> more = (*reader)->next(recorded);
    if (!options_.one_stream) end();
    if (pipeline_ == nullptr) {
        Settings settings = settings_;
        if (settings.sources.empty()) {
            SourceSettings source;
            source.topic = "#";
            source.fields = options_.fields;
            settings.sources.push_back(std::move(source));
        }
        begin(settings, topic_of(path), more && *more ? recorded.time_ns : 0);
    }
    const std::uint64_t rows_before = rows_;
    for (; more && *more; more = (*reader)->next(recorded)) {
        ++rows_;
        files_.begin_event(recorded.written_ns);
        const auto broker = broker_index(recorded.broker);
        if (!broker) return failure(path.string() + ": broker \"" + recorded.broker + "\" is no [[broker]]");
        if (recorded.kind == RecordKind::message) {
            message({.topic = recorded.topic,
                     .payload = recorded.payload,
                     .qos = recorded.qos,
                     .retain = recorded.retain,
                     .duplicate = recorded.duplicate,
                     .packet_id = recorded.packet_id,
                     .broker = *broker},
                    recorded.time_ns);
        } else {
            const std::array body{static_cast<std::byte>(recorded.session_present ? 1 : 0), std::byte{*broker}};
            const bool connected = recorded.kind == RecordKind::connected;
            const std::span<const std::byte> rest = connected ? std::span(body) : std::span(body).last(1);
            event(recorded.kind, recorded.time_ns, recorded.kind == RecordKind::alert ? recorded.payload : rest);
        }
    }
    if (!more) return failure(more.error());
    if (rows_ == rows_before) note(path, "holds no event");
    if ((*reader)->missing() > 0) note(path, std::to_string((*reader)->missing()) + " records are missing in it");
    return {};
}

Outcome<> Replay::run() {
    for (const std::filesystem::path& input : options_.inputs) {
        auto read = options_.format == ReplayOptions::Format::wide ? wide(input) : recording(input);
        if (!read) return read;
    }
    end();
    return {};
}

Outcome<std::string> summarise(Replay& replay, const std::string& digest, double seconds) {
    std::vector<char> room(std::size_t{16} * 1024 + replay.files().predictions().figures_bytes_max());
    JsonWriter json(room);
    const Ledger& totals = replay.totals();
    json.begin_object().member("messages", totals.messages).member("readings", totals.readings);
    json.member("decoded", totals.decoded).member("duplicate", totals.duplicate).member("counted", totals.counted);
    json.key("rejected").begin_object();
    for (std::size_t reason = 0; reason < error_count; ++reason) {
        if (totals.rejected[reason] > 0) json.member(name_of(static_cast<Error>(reason)), totals.rejected[reason]);
    }
    json.end_object()
        .member("alerts_fired", replay.files().alerts_fired())
        .member("aggregates", replay.files().aggregates());
    json.member("seconds", seconds);
    json.member("messages_per_second", seconds > 0 ? static_cast<double>(totals.messages) / seconds : 0.0);
    json.key("prequential");
    replay.files().predictions().write_figures(json);
    json.member("digest", digest).end_object();
    return std::string(json.text()) + "\n";
}

}  // namespace

int run_replay(const Settings& settings, const ReplayOptions& options) {
    const auto failed = [](const std::string& what) {
        std::fprintf(stderr, "redshank: %s\n", what.c_str());
        return 1;
    };
    if (const auto prepared = ReplayFiles::prepare(options.out); !prepared) return failed(prepared.error());
    const std::int64_t begun_ns = monotonic_ns();
    Replay replay(settings, options);
    if (const auto ran = replay.run(); !ran) return failed(ran.error());
    const auto digest = replay.files().finish();
    if (!digest) return failed(digest.error());
    const double seconds = static_cast<double>(monotonic_ns() - begun_ns) / 1e9;
    const auto summary = summarise(replay, *digest, seconds);
    std::ofstream file(options.out / "summary.json", std::ios::binary);
    file << *summary;
    file.close();
    if (file.fail()) return failed((options.out / "summary.json").string() + ": could not be written");
    if (options.json) {
        std::fputs(summary->c_str(), stdout);
    } else {
        std::printf("%llu messages, %llu readings, %llu alerts fired, %.3g s\ndigest %s\n",
                    static_cast<unsigned long long>(replay.totals().messages),
                    static_cast<unsigned long long>(replay.totals().counted),
                    static_cast<unsigned long long>(replay.files().alerts_fired()), seconds, digest->c_str());
    }
    return 0;
}

}  // namespace redshank
