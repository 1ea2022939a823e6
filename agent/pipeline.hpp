#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "agent/alert_rules.hpp"
#include "agent/associations.hpp"
#include "agent/channel.hpp"
#include "agent/group.hpp"
#include "agent/group_fill.hpp"
#include "agent/ledger.hpp"
#include "agent/model_command.hpp"
#include "agent/model_copies.hpp"
#include "agent/model_refusal.hpp"
#include "agent/name_index.hpp"
#include "agent/outputs.hpp"
#include "agent/predictor.hpp"
#include "agent/redelivery.hpp"
#include "agent/settings.hpp"
#include "agent/sources.hpp"
#include "agent/timers.hpp"
#include "drivers/payload_decoder.hpp"
#include "model/record.hpp"
#include "model/rolling_window.hpp"

namespace redshank {

// One entry of saved state; an empty value says that the key is gone.
using SaveEntry = std::function<void(std::string_view key, std::span<const std::byte> value)>;

// Records in, results and alerts out: the whole flow of an event, and nothing else. It reads no clock, no network and
// no disk, so that the broker, a replay and a simulated world drive the same code. Everything the outcome depends on is
// a record; the same records give the same results with the same numbers.
//   Memory: all of it is acquired by the constructor; nothing after (restore is part of start).
//   Thread: one at a time.
class Pipeline {
public:
    static constexpr std::uint32_t no_slot = UINT32_MAX;

    Pipeline(const Settings& settings, std::uint64_t boot);

    void on_record(const Record& record, Outputs& out) noexcept;
    // Recovery found records missing: one of them may have been a reconnect, so what was received before them counts as
    // of an earlier connection. Without this a message redelivered after it would be counted twice.
    void records_skipped() noexcept {
        for (BrokerState& broker : brokers_) broker.redelivery.connected(true);
    }
    // End of a file: open windows close as results, no timer fires.
    void finish(Outputs& out) noexcept;

    std::optional<std::int64_t> next_deadline_ns() const noexcept;
    std::int64_t now_ns() const noexcept { return now_ns_; }       // of the last record
    std::uint64_t position() const noexcept { return position_; }  // of the last record
    const Ledger& ledger() const noexcept { return ledger_; }
    // The number of a result that is made outside: a gap that was found.
    std::uint64_t next_number() noexcept { return ++ledger_.made; }
    std::uint64_t open_readings() const noexcept;

    const Sources& sources() const noexcept { return sources_; }
    Sources& sources() noexcept { return sources_; }
    const AlertRules& rules() const noexcept { return rules_; }
    std::uint64_t messages_of(std::size_t broker) const noexcept { return brokers_[broker].messages; }
    std::size_t channels() const noexcept { return channel_count_; }
    std::size_t channels_max() const noexcept { return channels_.size(); }
    std::size_t groups() const noexcept { return groups_used_; }
    std::uint64_t learned() const noexcept;  // observations, by all models since each began anew
    std::uint64_t groups_refused() const noexcept { return groups_refused_; }  // seats without a group, since start
    const Settings& settings() const noexcept { return settings_; }

    // What changed after position `since` (0: everything, and what is gone), and models that changed after
    // `models_since` (nullopt: none).
    //   key: "base", "broker/...", "source/...", "channel/...", "group/...", "rule/...", "model/...", "before/...",
    //   "pairs", "gate", "rolling/...", "sketch/...". A model that a command changed is saved with the command's
    //   position. No heap but the callback's own.
    void save(std::uint64_t since, std::optional<std::uint64_t> models_since, std::span<std::byte> scratch,
              const SaveEntry& take) const;
    std::size_t saved_bytes_max() const noexcept;  // of one entry: what `scratch` needs
    std::size_t saved_total_max() const noexcept;  // of all entries together, keys included

    // Start: every saved entry in key order, then restored() once. Entries of channels, groups and rules that the
    // settings no longer have, and windows of an older boot, are kept aside until the next `began` record, which turns
    // them into results. Entries beyond the tables that "base" tells of are of an older configuration still, and are
    // passed over: nothing ever removes them. False for an entry that cannot be read.
    bool restore(std::string_view key, std::span<const std::byte> value);
    void restored();

    // Rules of [associations], by falling confidence; none without them.
    const Associations* associations() const noexcept { return associations_ ? &*associations_ : nullptr; }
    std::size_t association_rows(std::span<AssociationRow> out) const noexcept;

    void each_figures(const std::function<void(const PredictionFigures&)>& take) const;

    // Every group's model, in the order of the groups.
    void each_model(std::span<std::byte> scratch, const SaveEntry& take) const;

    // Commands on models: pipeline_models.cpp.
    std::span<const Group> group_table() const noexcept { return groups_; }  // unused slots among them
    std::uint32_t find_group(std::string_view name) const noexcept;          // no_slot: none of that name
    std::string_view member_name(std::uint32_t group, std::uint8_t member) const noexcept;  // empty: not seen yet
    // Which model on which inputs: models of equal ones can stand in for each other.
    std::uint64_t inputs_fingerprint(const Group& group) const noexcept;
    std::uint32_t warmup_of(const Group& group) const noexcept;
    // Why a command cannot be; nothing changes. What this lets through becomes a record.
    std::optional<ModelRefusal> refusal_of(const ModelCommand& command, const ModelOrigin& origin) noexcept;
    // What became of the last command that was a record.
    std::optional<ModelRefusal> last_refusal() const noexcept { return last_refusal_; }
    std::uint32_t last_alerts_changed() const noexcept { return last_alerts_changed_; }
    // Entries "before/<slot>" up to that position are in the database.
    void copies_saved(std::uint64_t position) noexcept { copies_.drop_through(position); }
    // The snapshot in a saved "before/<slot>", when it is this group's; empty otherwise.
    std::span<const std::byte> saved_copy(std::uint32_t group, std::span<const std::byte> entry) const noexcept;

private:
    // pipeline.cpp: messages and readings
    void on_message(const Message& message, Moment& moment) noexcept;
    PayloadDecoder& decoder_of(PayloadFormat format) noexcept;
    void on_row(const Message& message, std::uint16_t source, const Labels& labels, const DecodedRow& row,
                Moment& moment) noexcept;
    bool is_duplicate(const Message& message, std::uint16_t source) noexcept;
    void reject(Error reason, std::uint16_t source, std::string_view topic, Moment& moment) noexcept;
    struct EventTime {
        std::int64_t ns = 0;
        ClockKind clock = ClockKind::gateway;
        bool late = false;  // backfill: counted, not judged
        bool replaced = false;
        std::optional<std::uint64_t> id{};  // of the thing that was measured
    };
    EventTime event_time(const DecodedRow& row, std::int64_t now_ns) const noexcept;
    void on_reading(std::uint32_t channel, const Decimal& value, const EventTime& time, bool row,
                    Moment& moment) noexcept;
    void judge(Channel& channel, std::int64_t raw, double reading, const EventTime& time, Moment& moment) noexcept;
    static void remember(Channel& channel, std::int64_t raw, const EventTime& time) noexcept;
    void add_to_window(std::uint32_t channel, std::int64_t raw, const EventTime& time, std::uint32_t flags,
                       Moment& moment) noexcept;
    void exponent_changed(std::uint32_t channel, int change, Moment& moment) noexcept;
    void close_window(std::uint32_t channel, std::size_t slot, std::uint32_t quality, Moment& moment) noexcept;
    void close_all_windows(std::uint32_t quality, Moment& moment) noexcept;
    void fire_timers_until(std::int64_t stamp_ns, Moment& moment) noexcept;
    void on_began(bool wall_trusted, Moment& moment) noexcept;
    void on_broker_connected(std::uint8_t broker, bool session_present) noexcept;
    void tell_rules_of_broker(const Record& record, Moment& moment) noexcept;

    // pipeline_derived.cpp: scale, and channels that are derived from others
    void configure(Channel& channel) const noexcept;
    Result<Decimal> scaled(const Channel& channel, const Decimal& value) const noexcept;
    void derive(std::uint32_t channel, std::int64_t raw, const EventTime& time, bool row, Moment& moment) noexcept;
    void keep_derived(std::uint32_t from, std::string_view feature, std::uint32_t* slot, const Decimal& value,
                      const EventTime& time, bool row, Moment& moment) noexcept;
    bool keeps_derived(const Channel& channel) const noexcept;
    std::uint64_t input_fingerprint(const Channel& channel) const noexcept;
    ChannelKind kind_of(const Channel& channel) const noexcept;
    bool derives(const Channel& channel) const noexcept;

    // pipeline_groups.cpp: scoring
    void offer(std::uint32_t channel, std::int64_t raw, const EventTime& time, bool row, Moment& moment) noexcept;
    void score(std::uint32_t group, Moment& moment) noexcept;
    bool fill_missing(std::uint32_t group) noexcept;
    void end_row(Moment& moment) noexcept;

    // pipeline_models.cpp: commands
    std::optional<ModelRefusal> on_model_command(std::span<const std::byte> body, Moment& moment) noexcept;
    void write_model(const Group& group, ByteWriter& out) const noexcept;
    void accept(std::uint32_t group, Moment& moment) noexcept;
    // pipeline_predictions.cpp: groups that predict
    void offer_to_predictor(std::uint32_t group, std::uint8_t member, const Channel& channel, std::int64_t raw,
                            std::int64_t smoothed_q8, const EventTime& time, const Moment& moment) noexcept;
    void offer_labels(const Channel& channel, std::int64_t raw, const EventTime& time) noexcept;
    void join_labels(std::uint32_t group, Moment& moment) noexcept;
    void expect(std::uint32_t group, const Moment& moment) noexcept;
    void take_row(std::uint32_t group, std::uint64_t fresh, Moment& moment) noexcept;
    void take_empty_row(std::uint32_t group, Moment& moment) noexcept;
    void report_predictions(std::uint32_t group, Moment& moment) noexcept;
    void keep_prediction(const Group& group, const Prediction& prediction, std::string_view field, double value,
                         Moment& moment) noexcept;
    bool asks_for_residual(const Group& group, const Prediction& prediction) const noexcept;
    void find_residual_rules();
    void end_message(std::uint16_t source, std::string_view topic, Moment& moment) noexcept;
    bool keeps_predictions_as(const Channel& channel) const;
    std::string_view target_name(const Group& group, std::uint8_t member) const noexcept;

    // pipeline_matching.cpp: which channel belongs to which groups and rules
    std::uint32_t channel_of(std::uint16_t source, std::string_view topic, std::string_view field, const Labels& labels,
                             Moment& moment) noexcept;
    std::uint32_t new_channel(const ChannelName& name, std::size_t topic_bytes, std::uint16_t source,
                              Moment& moment) noexcept;
    std::uint16_t source_of(const Channel& channel, Labels& labels) const noexcept;
    void attach(std::uint32_t channel, const Labels& labels, Moment& moment) noexcept;
    void attach_rules(std::uint32_t channel, Moment& moment) noexcept;
    AlertRules::Target target_of(std::uint16_t rule, const Channel& channel) const noexcept;
    std::uint32_t state_for(std::uint16_t rule, const AlertRules::Target& target, Moment& moment) noexcept;
    void link_second(std::uint16_t rule, std::uint32_t state, std::string_view first) noexcept;
    void link_seen(Channel& channel, std::uint32_t state) noexcept;
    void link_as_second(std::string_view name, bool is_group, std::span<RuleLink> links, std::uint8_t& count) noexcept;
    void link(std::span<RuleLink> links, std::uint8_t& count, std::uint32_t state, std::uint8_t part,
              std::string_view name) noexcept;
    bool second_name(std::uint16_t rule, std::string_view first, ChannelName& out) const noexcept;
    std::uint8_t broker_of_channel(const Channel& channel) const noexcept;
    void seat(std::uint32_t channel, const ChannelName& group_name, std::uint16_t settings, std::uint8_t member,
              Moment& moment) noexcept;
    std::uint32_t group_of(const ChannelName& name, std::uint16_t settings, std::uint8_t broker,
                           Moment& moment) noexcept;
    void begin_group(std::uint32_t group, const ChannelName& name, std::uint16_t settings) noexcept;
    void attach_group_rules(std::uint32_t group, Moment& moment) noexcept;
    bool channel_matches(std::uint16_t rule, const Channel& channel) const noexcept;
    bool group_matches(std::uint16_t rule, const Group& group) const noexcept;
    static std::uint64_t fingerprint_of(const PreprocessSettings& settings) noexcept;
    std::uint64_t group_fingerprint(std::uint16_t settings) const noexcept;
    std::uint32_t find_channel(std::string_view name) const noexcept;

    // pipeline_save.cpp, pipeline_restore.cpp
    static constexpr std::uint8_t state_format = 4;
    static constexpr std::uint8_t format_with_links = 4;  // what holds is saved by channel and group
    void write_base(ByteWriter& out) const noexcept;
    bool read_base(ByteReader& in);
    void write_channel(const Channel& channel, ByteWriter& out) const noexcept;
    bool read_channel(std::uint32_t slot, ByteReader& in);
    void write_group(const Group& group, ByteWriter& out) const noexcept;
    bool read_group(std::uint32_t slot, ByteReader& in);
    bool read_model(std::uint32_t slot, ByteReader& in);
    bool read_rule(std::uint32_t slot, ByteReader& in);
    bool read_source(ByteReader& in) noexcept;
    void write_broker(std::size_t broker, ByteWriter& out) const noexcept;
    bool read_broker(ByteReader& in) noexcept;
    const std::string& broker_name(std::size_t broker) const noexcept { return broker_at(settings_, broker).name; }

    std::uint32_t timer_of(std::uint32_t channel, std::size_t window) const noexcept {
        return static_cast<std::uint32_t>(channel * Windows::windows_max + window);
    }

    Settings settings_;
    WindowLengths lengths_;
    std::uint64_t boot_;
    std::uint64_t position_ = 0;
    std::int64_t now_ns_ = 0;
    bool wall_trusted_ = true;
    Ledger ledger_;
    Sources sources_;
    std::unique_ptr<PayloadDecoder> json_;
    std::unique_ptr<PayloadDecoder> number_;
    std::unique_ptr<PayloadDecoder> csv_;  // where a source has that format
    struct BrokerState {
        Redelivery redelivery;
        std::uint64_t messages = 0;
    };
    std::vector<BrokerState> brokers_;
    Timers timers_;
    AlertRules rules_;
    std::vector<TopicPattern> channel_patterns_;  // of [[channel]]
    std::vector<RollingWindow> rolling_;          // of each channel, where any is derived from
    struct ResidualRule {
        std::size_t rule = 0;
        bool as_second = false;  // its second condition names one: of any group, then
    };
    std::vector<ResidualRule> residual_rules_;
    std::vector<TopicPattern> rule_patterns_;  // by rule: of its channels' or groups' names
    std::vector<Channel> channels_;
    std::size_t channels_used_ = 0;  // slots below are in use, but for those that a restore left free
    std::size_t channel_count_ = 0;
    std::size_t channel_free_ = 0;  // slots below are in use
    NameIndex channel_index_;
    std::vector<Group> groups_;
    std::vector<GroupFill> fills_;            // of each group, where a source fills otherwise than by holding
    std::vector<std::uint32_t> group_first_;  // first slot of each [[group]]'s share, and the end
    std::size_t groups_used_ = 0;
    std::uint64_t groups_refused_ = 0;
    ModelCopies copies_;
    std::optional<ModelRefusal> last_refusal_;
    std::uint32_t last_alerts_changed_ = 0;  // by the last command on alerts
    std::vector<ChannelName> broker_names_;  // that the settings name, the first one [mqtt]'s
    bool predicts_ = false;                  // a group does
    std::uint64_t rows_ = 0;                 // of readings, since start
    std::optional<Associations> associations_;
    std::uint64_t save_all_after_ = 0;  // positions up to it were never saved under these settings

    // Left over by an older configuration or boot, until the `began` record.
    struct Leftover {
        std::vector<AggregateRow> windows;
        std::vector<std::uint32_t> window_places;  // timer_of each of them, as they were saved
        std::vector<AlertRow> alerts;
        std::uint64_t boot = 0;  // that the saved state was of
        std::int64_t now_ns = 0;
        bool other_boot = false;
        bool restoring = false;  // from "base" until restored()
        std::uint8_t format = state_format;
        // Sizes of the tables when "base" was written.
        std::uint32_t channels = 0;
        std::uint32_t groups = 0;
        std::uint32_t rule_states = 0;
        std::uint32_t sources = 0;
        std::vector<std::uint32_t> group_now;  // by saved slot: where the group is now
        std::vector<std::uint64_t> holding;    // link_key of each link that held, sorted
    } leftover_;
    void leave_clear(std::uint32_t rule_state);
    void write_links(std::span<const RuleLink> links, std::string_view name, ByteWriter& out) const noexcept;
    bool read_links(ByteReader& in);
    bool read_sketches(std::uint32_t slot, ByteReader& in);
    std::optional<AlertRules::Target> saved_target(std::uint16_t rule, std::string_view name) const noexcept;
    std::uint64_t link_key(const RuleLink& link, std::string_view name) const noexcept;
    void begin_anew(std::uint32_t group);
};

}  // namespace redshank
