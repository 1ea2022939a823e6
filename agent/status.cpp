#include "agent/status.hpp"

#include <numeric>

#include "agent/association_report.hpp"
#include "agent/heap.hpp"
#include "agent/json_writer.hpp"
#include "agent/output_thread.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::size_t broker_json_bytes_max = std::size_t{16} * 1024;  // with its last error

// Every byte of a text may need six in JSON.
std::size_t text_bytes_max(const Settings& settings) {
    constexpr std::size_t per_source = 1024 + 6 * channel_name_bytes_max;
    std::size_t bytes =
        std::size_t{16} * 1024 + AlertGate::silences_max * (128 + 6 * (channel_name_bytes_max + rule_name_bytes_max)) +
        (settings.associations.channels.empty() ? 0 : associations_json_bytes_max) +
        Status::figures_max * (1024 + 12 * channel_name_bytes_max) + Status::alerts_max * alert_json_bytes_max;
    for (const OutputSettings& output : settings.outputs) bytes += 2048 + 6 * name_of(output).size();
    bytes += broker_count(settings) * broker_json_bytes_max;
    for (const SourceSettings& source : settings.sources) bytes += per_source + 6 * source.topic.size();
    return bytes;
}

template <class Counts>
void write_rejected(JsonWriter& json, std::string_view key, const Counts& counts, std::size_t from,
                    std::size_t to) noexcept {
    json.key(key).begin_object();
    for (std::size_t reason = from; reason < to; ++reason) {
        if (counts[reason] > 0) json.member(name_of(static_cast<Error>(reason)), counts[reason]);
    }
    json.end_object();
}

bool balances(const Ledger& ledger) noexcept {
    const auto readings = ledger.rejected.begin() + message_error_count;
    return ledger.messages == std::accumulate(ledger.rejected.begin(), readings, ledger.decoded + ledger.duplicate) &&
           ledger.readings == std::accumulate(readings, ledger.rejected.end(), ledger.counted);
}

void write_source(JsonWriter& json, const SourceSettings& source, const SourceLedger& ledger) noexcept {
    json.begin_object()
        .member("broker", source.broker)
        .member("topic", source.topic)
        .member("messages", ledger.messages)
        .member("decoded", ledger.decoded);
    json.member("duplicate", ledger.duplicate);
    write_rejected(json, "rejected_messages", ledger.rejected, 0, message_error_count);
    json.key("last_rejected");
    if (ledger.any_rejected) {
        json.begin_object()
            .member("topic", ledger.last_topic.view())
            .member("reason", name_of(ledger.last_reason))
            .end_object();
    } else {
        json.null();
    }
    json.end_object();
}

// As `model list` names the states of groups.
void write_groups(JsonWriter& json, const Status::GroupCounts& groups) noexcept {
    json.begin_object().member("watching", groups.watching).member("warming", groups.warming);
    json.member("holding", groups.holding).member("following", groups.following);
    json.member("accepting", groups.accepting).end_object();
}

void write_output(JsonWriter& json, const OutputSettings& settings, const OutputFigures& figures) {
    json.begin_object().member("kind", name_of(settings.kind)).member("name", name_of(settings));
    json.member("delivered", figures.delivered).member("failed", figures.failed);
    json.member("timed_out", figures.timed_out).member("dropped", figures.dropped).member("waiting", figures.waiting);
    json.member("last_error", figures.last_error.view()).end_object();
}

void write_figures(JsonWriter& json, const PredictionFigures& each) noexcept {
    json.begin_object().member("group", each.group.view()).member("target", each.target.view());
    json.member("model", each.model).member("learned", each.learned).member("rows", each.rows);
    if (each.is_class) {
        json.member("right", each.right).member("balanced_accuracy", each.balanced_accuracy);
        json.member("kappa", each.kappa).member("labels_refused", each.labels_refused);
        if (each.labels.expected) {
            json.member("rows_waiting", std::uint64_t{each.labels.rows_waiting});
            json.member("rows_unlabelled", each.labels.rows_unlabelled);
            json.member("labels_unmatched", each.labels.labels_unmatched);
        }
    } else if (each.is_cluster) {
        json.member("mean_distance", each.mean_absolute_error);
    } else {
        json.member("mean_squared_error", each.mean_squared_error);
        json.member("mean_absolute_error", each.mean_absolute_error);
    }
    if (each.candidate_count > 0) {
        json.key("candidates").begin_array();
        for (std::size_t i = 0; i < each.candidate_count; ++i) {
            json.begin_object().member("model", each.candidates[i].name).member("loss", each.candidates[i].loss);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

}  // namespace

Status::Status(const Settings& settings, Intake& intake, Checkpointer& checkpointer, Keeper& keeper,
               AlertPublisher& publisher, const MqttClient& mqtt, const ModelDesk& models, std::uint64_t budget_bytes)
    : settings_(settings),
      intake_(intake),
      checkpointer_(checkpointer),
      keeper_(keeper),
      publisher_(publisher),
      mqtt_(mqtt),
      models_(models),
      budget_bytes_(budget_bytes),
      sources_(settings.sources.size()),
      text_(text_bytes_max(settings)),
      started_ns_(monotonic_ns()) {
    alerts_.reserve(alerts_max);
    figures_.reserve(figures_max);
}

void Status::show(const std::vector<std::unique_ptr<MqttClient>>& clients) {
    for (const auto& client : clients) clients_.push_back(client.get());
}

Status::GroupCounts Status::count_groups(const Pipeline& pipeline) noexcept {
    GroupCounts counts;
    for (const Group& group : pipeline.group_table()) {
        if (!group.used) continue;
        const bool warming = group.model->learned() < pipeline.warmup_of(group);
        ++(group.held           ? counts.holding
           : group.firing       ? counts.following
           : group.unjudged > 0 ? counts.accepting
           : warming            ? counts.warming
                                : counts.watching);
    }
    return counts;
}

Status::Copy Status::copy() noexcept {
    Copy copy;
    alerts_.clear();
    Intake::Held held(intake_);
    const Pipeline& pipeline = held.pipeline();
    copy.ledger = pipeline.ledger();
    copy.open_readings = pipeline.open_readings();
    copy.counted = checkpointer_.counted(held);
    copy.in_memory = checkpointer_.in_memory(held);
    copy.totals = checkpointer_.totals(held);
    copy.inbox_bytes = held.inbox().used_bytes();
    copy.position = pipeline.position();
    copy.channels = pipeline.channels();
    copy.groups = pipeline.groups();
    copy.group_counts = count_groups(pipeline);
    copy.wall_offset_ns = held.inbox().identity().wall_offset_ns;
    copy.wall_trusted = held.inbox().identity().wall_trusted;
    copy.groups_refused = pipeline.groups_refused();
    copy.rule_states_refused = pipeline.rules().refused();
    for (std::uint16_t source = 0; source < pipeline.sources().size(); ++source)
        sources_[source] = pipeline.sources()[source].ledger;
    for (std::size_t broker = 0; broker < broker_count(settings_); ++broker) {
        copy.broker_messages[broker] = pipeline.messages_of(broker);
    }
    figures_.clear();
    if (predictions_ != nullptr)
        pipeline.each_figures([this](const PredictionFigures& each) {
            if (figures_.size() < figures_max) figures_.push_back(each);
        });
    if (const Associations* associations = pipeline.associations()) {
        copy.baskets = associations->baskets();
        copy.events_left_out = associations->left_out();
        copy.association_count = pipeline.association_rows(associations_);
    }
    const AlertGate& gate = pipeline.rules().gate();
    const std::int64_t now_ns = pipeline.now_ns();
    copy.held_back = gate.counts();
    if (gate.maintenance(now_ns)) copy.maintenance_until_ns = gate.maintenance_until_ns();
    for (std::size_t i = 0; i < gate.silences(); ++i) {
        if (gate.silence(i).until_ns > now_ns) silences_[copy.silence_count++] = gate.silence(i);
    }
    for (const AlertState wanted : {AlertState::firing, AlertState::clear}) {
        for (std::uint32_t slot = 0; slot < pipeline.rules().capacity(); ++slot) {
            const RuleState& state = pipeline.rules()[slot];
            if (!state.used || !state.ever_changed || state.state != wanted) continue;
            if (alerts_.size() < alerts_max) {
                alerts_.push_back(pipeline.rules().row(state));
            } else {
                ++copy.alerts_more;
            }
        }
    }
    return copy;
}

std::string_view Status::json(bool ready) noexcept {
    const Copy now = copy();
    const heap::LibraryScope strings;  // texts of errors, outside the event path
    const KeeperFigures keeper = keeper_.figures();
    const Ledger& ledger = now.ledger;
    const std::uint64_t lost = now.totals.alerts_lost + now.totals.aggregates_lost;
    const std::uint64_t buffered = now.counted.outbox.rows + now.in_memory.rows;

    JsonWriter json(text_);
    json.begin_object().member("ready", ready).member("id", settings_.agent.id).member("boot", keeper.boot);
    json.member("incarnation", keeper.incarnation).member("position", now.position);
    const std::int64_t now_ns = monotonic_ns() + now.wall_offset_ns;
    json.member("version", REDSHANK_VERSION).member("started_ns", started_ns_ + now.wall_offset_ns);
    json.member("now_ns", now_ns).key("clock").begin_object().member("wall_trusted", now.wall_trusted);
    json.member("offset_ns", wall_ns() - now_ns).end_object();

    json.key("ledger").begin_object();
    json.member("messages", ledger.messages).member("decoded", ledger.decoded).member("duplicate", ledger.duplicate);
    json.member("waiting", std::uint64_t{0});  // every message is worked on before its PUBACK: none ever waits
    json.member("readings", ledger.readings).member("counted", ledger.counted);
    write_rejected(json, "rejected_messages", ledger.rejected, 0, message_error_count);
    write_rejected(json, "rejected_readings", ledger.rejected, message_error_count, error_count);
    json.member("made", ledger.made).member("delivered", now.counted.delivered_rows).member("buffered", buffered);
    json.member("merged", now.totals.merged).key("lost").begin_object();
    if (now.totals.alerts_lost > 0) json.member("alerts_full", now.totals.alerts_lost);
    if (now.totals.aggregates_lost > 0) json.member("results_full", now.totals.aggregates_lost);
    json.end_object().member("open_readings", now.open_readings);
    json.member("delivered_readings", now.counted.delivered_readings);
    json.member("buffered_readings", now.counted.outbox.readings + now.in_memory.readings);
    json.member("balanced",
                balances(ledger) && ledger.made == now.counted.delivered_rows + buffered + now.totals.merged + lost);
    json.end_object();

    json.key("sources").begin_array();
    for (std::size_t source = 0; source < sources_.size(); ++source) {
        write_source(json, settings_.sources[source], sources_[source]);
    }
    json.end_array();

    json.key("mqtt").begin_object().member("connected", mqtt_.connected()).member("url", settings_.mqtt.url);
    json.member("last_error", mqtt_.last_error()).end_object();
    json.key("brokers").begin_array();
    for (std::size_t broker = 0; broker < clients_.size(); ++broker) {
        json.begin_object().member("name", broker_at(settings_, broker).name);
        json.member("connected", clients_[broker]->connected()).member("error", clients_[broker]->last_error());
        json.member("messages", now.broker_messages[broker]).end_object();
    }
    json.end_array();
    json.key("uplink").begin_object().member("url", settings_.uplink.url);
    json.member("connected", keeper.uplink_connected);
    json.member("backlog_rows", buffered).member("last_sealed", keeper.last_sealed);
    json.member("last_acknowledged", keeper.last_acknowledged).member("last_report", keeper.last_report);
    json.member("encrypted", !settings_.uplink.server_key.empty());
    json.member("handshake_failure", keeper.handshake_failure).end_object();
    json.key("storage").begin_object().member("durable", intake_.durable()).member("bytes", keeper.disk_bytes);
    json.member("bytes_max", settings_.storage.bytes_max)
        .member("room", keeper.room)
        .member("exposed_messages", intake_.exposed())
        .member("inbox_bytes", now.inbox_bytes);
    json.member("checkpoints", keeper.checkpoints).member("checkpoint_failures", keeper.checkpoint_failures);
    json.member("last_error", keeper.last_error).end_object();
    json.key("memory").begin_object().member("budget_bytes", budget_bytes_).end_object();
    json.key("heap").begin_object().member("allocations_after_start", heap::allocations_after_start());
    json.member("library_allocations_after_start", heap::library_allocations_after_start()).end_object();
    json.key("limits")
        .begin_object()
        .member("channels", now.channels)
        .member("channels_max", settings_.capacities.channels_max);
    json.member("groups", now.groups)
        .member("groups_refused", now.groups_refused)
        .member("rule_states_refused", now.rule_states_refused)
        .end_object();

    models_.write_figures(json.key("models"));
    write_groups(json.key("groups"), now.group_counts);
    if (!settings_.associations.channels.empty()) {
        json.key("associations").begin_object().member("baskets", std::uint64_t{now.baskets});
        json.member("left_out", now.events_left_out).key("rules");
        write_associations(json, std::span(associations_).first(now.association_count));
        json.end_object();
    }
    if (predictions_ != nullptr) {
        json.key("predictions").begin_object().member("published", predictions_->published());
        json.member("waiting", predictions_->waiting()).member("dropped", predictions_->dropped());
        json.key("prequential").begin_array();
        for (const PredictionFigures& each : figures_) write_figures(json, each);
        json.end_array().end_object();
    }

    json.key("alerts_held_back").begin_object();
    for (std::size_t reason = 0; reason < held_back_reasons; ++reason) {
        if (now.held_back[reason] > 0) json.member(name_of(static_cast<HeldBack>(reason)), now.held_back[reason]);
    }
    json.end_object().key("silences").begin_array();
    for (const AlertGate::Silence& silence : std::span(silences_).first(now.silence_count)) {
        json.begin_object().member("rule", silence.rule.view()).member("channel", silence.channel.view());
        json.member("until_ns", silence.until_ns).end_object();
    }
    json.end_array().key("maintenance").begin_object().member("on", now.maintenance_until_ns != 0);
    if (now.maintenance_until_ns != 0 && now.maintenance_until_ns != AlertGate::never) {
        json.member("until_ns", now.maintenance_until_ns);
    }
    json.end_object();
    json.key("outputs").begin_array();
    for (std::size_t output = 0; outputs_ != nullptr && output < outputs_->size(); ++output) {
        write_output(json, settings_.outputs[output], (*outputs_)[output].figures());
    }
    json.end_array();

    json.key("alerts").begin_array();
    for (const AlertRow& row : alerts_) {
        std::array<char, alert_json_bytes_max> room;
        const std::string_view text = alert_json(row, room);
        if (!text.empty()) json.raw(text);
    }
    json.end_array().member("alerts_more", now.alerts_more).member("alerts_waiting", publisher_.waiting());
    json.member("alerts_dropped", publisher_.dropped()).end_object();
    return json.ok() ? json.text() : std::string_view("{}");
}

}  // namespace redshank
