#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/pipeline.hpp"

namespace redshank::test {

inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::int64_t s = 1000 * ms;
inline constexpr std::int64_t noon_ns = 1'700'000'000 * s;  // a multiple of 10 s

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15ULL;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
    }
    bool one_in(std::uint64_t count) { return below(count) == 0; }

private:
    std::uint64_t state_;
};

inline std::string text_of(const AlertRow& row, bool with_ids = true) {
    std::string text = with_ids ? std::to_string(row.number) + " " + std::to_string(row.id.boot) + "-" +
                                      std::to_string(row.id.position) + "-" + std::to_string(row.id.ordinal) + " "
                                : "";
    text += std::string(row.rule.view()) + " " + std::string(row.channel.view());
    text += row.state == AlertState::firing ? " firing" : " clear";
    text += " severity " + std::to_string(static_cast<int>(row.severity)) + " since " + std::to_string(row.since_ns);
    return text + " value " + std::to_string(std::bit_cast<std::uint64_t>(row.value));
}

inline std::string text_of(const AggregateRow& row, bool with_number = true) {
    std::vector<std::byte> parts(AggregateParts::encoded_bytes + QuantileSketch::encoded_bytes_max);
    ByteWriter out(parts);
    row.parts.write(out);
    row.parts.sketch.write(out);
    std::string text = with_number ? std::to_string(row.number) + " " : "";
    text += std::to_string(row.boot) + " " + std::string(row.channel.view()) + " clock " +
            std::to_string(static_cast<int>(row.clock)) + " start " + std::to_string(row.start_ns) + " length " +
            std::to_string(row.length_ns) + " quality " + std::to_string(row.quality) + " parts";
    for (const std::byte byte : out.written()) text += " " + std::to_string(static_cast<int>(byte));
    return text;
}

// Everything that a pipeline gave out, in order.
struct Collected final : Outputs {
    struct Scored {
        std::string group;
        float anomaly_score = 0;
        float score = 0;
        bool alarm = false;
    };
    std::vector<AlertRow> alerts;
    std::vector<AggregateRow> aggregates;
    struct Predicted {
        std::string group;
        std::string target;
        std::optional<double> predicted;
        std::optional<double> actual;
    };
    std::vector<Scored> scores;
    std::vector<Predicted> predictions;
    std::vector<std::string> all;  // as text, alerts, aggregates and scores

    void alert(const AlertRow& row) noexcept override {
        alerts.push_back(row);
        all.push_back("alert " + text_of(row));
    }
    void aggregate(const AggregateRow& row, std::uint32_t) noexcept override {
        aggregates.push_back(row);
        all.push_back("aggregate " + text_of(row));
    }
    void scored(const ScoreEvent& event) noexcept override {
        scores.push_back({std::string(event.group), event.anomaly_score, event.score, event.alarm});
        all.push_back("score " + std::string(event.group) + " " +
                      std::to_string(std::bit_cast<std::uint32_t>(event.anomaly_score)) + " " +
                      std::to_string(std::bit_cast<std::uint32_t>(event.score)) + (event.alarm ? " alarm" : ""));
    }
    void predicted(const PredictionEvent& event) noexcept override {
        predictions.push_back({std::string(event.group), std::string(event.target),
                               event.has_predicted ? std::optional(event.predicted) : std::nullopt,
                               event.has_actual ? std::optional(event.actual) : std::nullopt});
        all.push_back("prediction " + std::string(event.group) + " " + std::string(event.target) + " " +
                      std::to_string(std::bit_cast<std::uint64_t>(event.predicted)) + " " +
                      std::to_string(std::bit_cast<std::uint64_t>(event.actual)) + " " +
                      std::to_string(std::bit_cast<std::uint32_t>(event.share)));
    }

    std::uint64_t readings() const {
        return std::accumulate(aggregates.begin(), aggregates.end(), std::uint64_t{0},
                               [](std::uint64_t sum, const AggregateRow& row) { return sum + row.parts.count; });
    }
    std::vector<const AlertRow*> alerts_of(std::string_view rule) const {
        std::vector<const AlertRow*> of;
        for (const AlertRow& row : alerts) {
            if (row.rule.view() == rule) of.push_back(&row);
        }
        return of;
    }
};

struct OwnedRecord {
    std::uint64_t position = 0;
    std::int64_t stamp_ns = 0;
    RecordKind kind = RecordKind::tick;
    std::vector<std::byte> body;

    Record view() const { return {.position = position, .stamp_ns = stamp_ns, .kind = kind, .body = body}; }
};

inline std::vector<std::byte> encoded(const Message& message) {
    std::vector<std::byte> body(encoded_bytes(message));
    ByteWriter out(body);
    encode(message, out);
    return body;
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// What a database holds of saved entries.
using Saved = std::map<std::string, std::vector<std::byte>>;

// One source "plant/{machine}/sensors" with every field, 10 s windows, 5 s lateness, the warm-up over after 40 vectors.
inline Settings plant_settings() {
    Settings settings;
    settings.mqtt.base_topic = "redshank/test";
    SourceSettings source;
    source.topic = "plant/{machine}/sensors";
    source.time = "ts";
    settings.sources.push_back(source);
    settings.anomaly.model = "pca";  // of plain behaviour: calm on noise after a short warm-up
    settings.anomaly.warmup_readings = 40;
    settings.alerts.broker_lost_after_ns = 0;
    settings.capacities.channels_max = 32;
    settings.capacities.groups_max = 32;
    settings.capacities.rule_states_max = 128;
    settings.capacities.redeliveries_max = 8;
    return settings;
}

inline RuleSettings rule_on(std::string name, std::string channel) {
    RuleSettings rule;
    rule.name = std::move(name);
    rule.channel = std::move(channel);
    return rule;
}

// A pipeline, its clock, and what came out of it.
class World {
public:
    explicit World(const Settings& settings, std::uint64_t boot = 1)
        : pipeline(std::make_unique<Pipeline>(settings, boot)) {}

    // The first records of a boot, up to the first SUBACK.
    World& begin(bool session_present = false, bool wall_trusted = true) {
        event(RecordKind::began, wall_trusted);
        return connect(session_present);
    }
    World& connect(bool session_present) {
        event(RecordKind::connected, session_present);
        event(RecordKind::subscribed);
        return *this;
    }
    void event(RecordKind kind, std::optional<bool> body = std::nullopt) {
        std::vector<std::byte> bytes;
        if (body) bytes.push_back(static_cast<std::byte>(*body ? 1 : 0));
        record(kind, std::move(bytes));
    }
    void message(const Message& message) { record(RecordKind::message, encoded(message)); }
    void publish(std::string_view topic, std::string_view payload) {
        message({.topic = topic, .payload = bytes_of(payload), .qos = 1, .packet_id = ++packet_id_});
    }
    void sensors(std::string_view payload) { publish("plant/m1/sensors", payload); }
    void tick_after(std::int64_t passed_ns) {
        now_ns += passed_ns;
        event(RecordKind::tick);
    }
    void record(RecordKind kind, std::vector<std::byte> body) {
        play({.position = ++position, .stamp_ns = now_ns, .kind = kind, .body = std::move(body)});
    }
    void play(const OwnedRecord& record) {
        position = record.position;
        now_ns = record.stamp_ns;
        pipeline->on_record(record.view(), out);
    }
    void finish() { pipeline->finish(out); }

    void save_to(Saved& saved, std::uint64_t since, std::optional<std::uint64_t> models_since) const {
        std::vector<std::byte> scratch(pipeline->saved_bytes_max());
        std::size_t total = 0;
        pipeline->save(since, models_since, scratch, [&](std::string_view key, std::span<const std::byte> value) {
            total += key.size() + value.size();
            if (value.empty()) {
                saved.erase(std::string(key));
            } else {
                saved[std::string(key)] = {value.begin(), value.end()};
            }
        });
        if (total > pipeline->saved_total_max()) saved["too much"] = {};
    }
    Saved saved() const {
        Saved all;
        save_to(all, 0, 0);
        return all;
    }
    // False: an entry could not be read.
    bool restore(const Saved& saved) {
        bool read = true;
        for (const auto& [key, value] : saved) read = pipeline->restore(key, value) && read;
        pipeline->restored();
        position = pipeline->position();
        return read;
    }
    std::map<std::string, std::vector<std::byte>> models() const {
        std::map<std::string, std::vector<std::byte>> models;
        std::vector<std::byte> scratch(pipeline->saved_bytes_max());
        pipeline->each_model(scratch, [&](std::string_view group, std::span<const std::byte> snapshot) {
            models[std::string(group)] = {snapshot.begin(), snapshot.end()};
        });
        return models;
    }
    std::uint64_t rejected(Error reason) const { return pipeline->ledger().rejected[static_cast<std::size_t>(reason)]; }
    // Empty when every count adds up.
    std::string imbalance() const {
        const Ledger& ledger = pipeline->ledger();
        std::uint64_t messages = ledger.decoded + ledger.duplicate;
        std::uint64_t readings = ledger.counted;
        for (std::size_t reason = 0; reason < error_count; ++reason) {
            (reason < message_error_count ? messages : readings) += ledger.rejected[reason];
        }
        std::string wrong;
        if (messages != ledger.messages) wrong += "messages; ";
        if (readings != ledger.readings) wrong += "readings; ";
        if (out.readings() + read_before + pipeline->open_readings() != ledger.counted) wrong += "rows; ";
        if (out.alerts.size() + out.aggregates.size() + made_before != ledger.made) wrong += "made; ";
        std::uint64_t of_sources = 0;
        for (std::uint16_t source = 0; source < pipeline->sources().size(); ++source) {
            const SourceLedger& one = pipeline->sources()[source].ledger;
            const std::uint64_t rejected = std::accumulate(one.rejected.begin(), one.rejected.end(), std::uint64_t{0});
            if (one.messages != one.decoded + one.duplicate + rejected) wrong += "a source; ";
            of_sources += one.messages;
        }
        const std::uint64_t sourceless = rejected(Error::bad_topic) + rejected(Error::no_source);
        if (of_sources + sourceless != ledger.messages) wrong += "sources; ";
        return wrong;
    }

    std::unique_ptr<Pipeline> pipeline;
    Collected out;
    std::uint64_t position = 0;
    std::int64_t now_ns = noon_ns;
    std::uint64_t read_before = 0;  // readings and results that an earlier world gave out
    std::uint64_t made_before = 0;

private:
    std::uint16_t packet_id_ = 0;
};

}  // namespace redshank::test
