#include "agent/budget.hpp"

#include <algorithm>
#include <memory>

#include "agent/alert_rules.hpp"
#include "agent/associations.hpp"
#include "agent/channel.hpp"
#include "agent/group.hpp"
#include "agent/model_copies.hpp"
#include "agent/output_thread.hpp"
#include "agent/prediction_publisher.hpp"
#include "agent/predictor.hpp"
#include "agent/result_list.hpp"
#include "agent/saved_bytes.hpp"
#include "drivers/mqtt_publisher.hpp"
#include "drivers/payload_decoder.hpp"
#include "drivers/uplink/wire.hpp"
#include "model/model.hpp"
#include "model/record.hpp"
#include "storage/inbox_log.hpp"
#include "storage/store.hpp"

namespace redshank {

namespace {

// A connected process with TLS, CURVE, SQLite and Paho C++ and no code of ours, measured on Debian 12.
constexpr std::uint64_t libraries_bytes = 9'100'000;
constexpr std::uint64_t client_bytes = 256 << 10;  // of Paho: its packet buffers and tables
constexpr std::uint64_t tls_bytes = 512 << 10;     // of OpenSSL, mostly the authorities it trusts
constexpr std::uint64_t page_bytes = 4096;         // of SQLite
constexpr std::uint64_t record_header_bytes = 32;  // of the inbox
// Of their wire form (docs/uplink.md): names and, each of its widest, what stands beside them.
constexpr std::uint64_t alert_row_bytes_max = channel_name_bytes_max + rule_name_bytes_max + 96;
constexpr std::uint64_t aggregate_row_bytes_max =
    channel_name_bytes_max + unit_bytes_max + 240 + QuantileSketch::encoded_bytes_max;
constexpr std::uint64_t usual_topic_bytes = 32;
constexpr std::uint64_t commanded_groups = 16;    // of more, the former models take room from results
constexpr std::uint64_t result_rows_beside = 64;  // of a checkpoint: gaps and boots

// Of all groups together.
struct ModelBytes {
    std::uint64_t memory = 0;
    std::uint64_t saved = 0;
    std::uint64_t disk = 0;  // and of a few groups as it was before the last command
};

ModelBytes model_bytes(const Settings& settings) {
    ModelBytes sum;
    const auto add = [&](const Model* model, std::uint64_t row_bytes, std::uint64_t slots) {
        if (model == nullptr) return;
        sum.memory += slots * model->bytes();
        sum.saved += slots * (model->snapshot_bytes() + row_bytes);
        sum.disk += (slots + std::min(slots, commanded_groups)) *
                    (state_disk_bytes_max(saved_bytes::model + model->snapshot_bytes()) + row_bytes);
    };
    if (settings.groups.empty()) add(make_model(settings.anomaly.model, 1, 1).get(), 0, settings.capacities.groups_max);
    const std::vector<std::uint32_t> first = group_shares(settings);
    for (std::size_t kind = 0; kind < settings.groups.size(); ++kind) {
        const GroupSettings& group = settings.groups[kind];
        const std::uint64_t slots = first[kind + 1] - first[kind];
        if (const std::unique_ptr<Predictor> predictor = make_predictor(group)) {
            add(predictor.get(), predictor->row_bytes(), slots);
        } else {
            add(make_model(group.model, group.channels.size(), 1).get(), 0, slots);
        }
    }
    return sum;
}

// Alerts that wait for outputs beside MQTT, each of them `bytes`.
std::uint64_t output_bytes(const Settings& settings, std::uint64_t bytes) {
    std::uint64_t sum = 0;
    for (const OutputSettings& output : settings.outputs) sum += (output.queue + 1) * bytes;
    return sum;
}

std::uint64_t association_bytes(const Settings& settings) {
    return settings.associations.channels.empty() ? 0 : saved_bytes::key + Associations(settings).written_bytes();
}

// Saved entries of the pipeline, keys included, each in its widest form.
std::uint64_t state_bytes(const Settings& settings) {
    const Capacities& limits = settings.capacities;
    constexpr std::uint64_t key_bytes = channel_name_bytes_max + rule_name_bytes_max + 16;
    return limits.channels_max * (key_bytes + sizeof(Channel)) + limits.groups_max * (2 * key_bytes + sizeof(Group)) +
           model_bytes(settings).saved + rule_slots(settings) * (key_bytes + sizeof(RuleState)) +
           20ULL * broker_count(settings) * limits.redeliveries_max + association_bytes(settings) +
           output_bytes(settings, wire::row_bytes_max);
}

// As the store divides max_bytes.
std::uint64_t journal_part_bytes(std::uint64_t bytes_max) {
    return std::clamp<std::uint64_t>(bytes_max / 32, 64 << 10, 2 << 20) / page_bytes * page_bytes;
}

// The log, one that a large checkpoint made longer, and room to work.
std::uint64_t journal_bytes(const Settings& settings) {
    return 4 * journal_part_bytes(settings.storage.bytes_max);
}

// The first one and what all share are among the libraries.
std::uint64_t broker_bytes(const Settings& settings) {
    std::uint64_t bytes = 0;
    for (std::size_t broker = 0; broker < broker_count(settings); ++broker) {
        bytes += MqttPublisher::bytes_max + sizeof(MqttPublisher);
        if (broker == 0) continue;
        bytes += client_bytes + (broker_at(settings, broker).tls ? tls_bytes : 0);
    }
    return bytes;
}

std::uint64_t decoder_bytes(const Settings& settings) {
    const Capacities& limits = settings.capacities;
    const PayloadDecoder::Limits decoder{.payload_bytes_max = limits.payload_bytes_max,
                                         .fields_max = limits.fields_per_message_max,
                                         .depth_max = limits.depth_max};
    const bool csv = has_format(settings, PayloadFormat::csv);
    return PayloadDecoder::make_json(decoder)->bytes() + PayloadDecoder::make_number(decoder)->bytes() +
           (csv ? PayloadDecoder::make_csv(decoder)->bytes() : 0);
}

}  // namespace

namespace {

// What one channel is saved with, at the widest that these settings give.
std::uint64_t channel_saved_bytes(const Settings& settings) {
    std::uint64_t links = 0;
    for (const RuleSettings& rule : settings.rules) links += rule.join == RuleJoin::none ? 1U : 2U;
    std::uint64_t bytes = saved_bytes::channel + saved_bytes::link * std::min<std::uint64_t>(links, Channel::rules_max);
    const auto any = [&settings](auto wanted) { return std::ranges::any_of(settings.sources, wanted); };
    if (any([](const SourceSettings& source) { return source.preprocess.despike_readings > 0; })) {
        bytes += saved_bytes::filter;
    }
    if (any([](const SourceSettings& source) { return source.preprocess.smooth_readings > 0; })) {
        bytes += saved_bytes::filter;
    }
    return bytes;
}

}  // namespace

std::uint64_t state_disk_bytes(const Settings& settings) {
    const Capacities& limits = settings.capacities;
    const auto entries = [](std::uint64_t count, std::uint64_t bytes) { return count * state_disk_bytes_max(bytes); };
    // A rule has at most one state for each channel or group.
    const std::uint64_t targets = std::max(limits.channels_max, limits.groups_max);
    const std::uint64_t rule_states =
        std::min<std::uint64_t>(limits.rule_states_max, (settings.rules.size() + 1) * targets) +
        AlertRules::brokers_max;
    std::uint64_t members = 1;
    for (const GroupSettings& group : settings.groups)
        members = std::max<std::uint64_t>(members, group.channels.size());
    std::uint64_t topics = 0;
    for (const SourceSettings& source : settings.sources)
        topics += state_disk_bytes_max(saved_bytes::source + source.topic.size());
    const std::uint64_t alerts = limits.alerts_max * (saved_bytes::held_row + alert_row_bytes_max);
    const std::uint64_t held = held_aggregates_max(limits) * (saved_bytes::held_row + aggregate_row_bytes_max);
    return entries(limits.channels_max, channel_saved_bytes(settings)) +
           entries(limits.channels_max, saved_bytes::sketches) +
           entries(derives_any(settings) ? limits.channels_max : 0, saved_bytes::rolling) +
           entries(limits.groups_max, saved_bytes::group + members * saved_bytes::group_member) +
           model_bytes(settings).disk + entries(rule_states, saved_bytes::rule) + topics +
           entries(1, saved_bytes::base + saved_bytes::redelivery * limits.redeliveries_max) + entries(1, alerts) +
           entries(settings.brokers.empty() ? 0 : broker_count(settings),
                   saved_bytes::broker + saved_bytes::redelivery * limits.redeliveries_max) +
           entries(1, alerts + held) +
           entries(settings.associations.channels.empty() ? 0 : 1, association_bytes(settings)) +
           entries(settings.outputs.empty() ? 0 : 1,
                   output_bytes(settings, saved_bytes::held_row + alert_row_bytes_max)) +
           entries(1, settings.text.size()) + entries(1, saved_bytes::gate + 8 * settings.sources.size()) +
           entries(4, saved_bytes::base) + 2 * settings.sources.size() * saved_bytes::source;
}

std::uint64_t disk_bytes_least(const Settings& settings) {
    const std::uint64_t state = state_disk_bytes(settings);
    std::uint64_t least = 1 << 20;
    // The journal's part grows with the whole.
    for (std::uint64_t next = least; next > 0; least += next) {
        const std::uint64_t needed = state + 6 * journal_part_bytes(least);
        next = needed > least ? needed - least : 0;
    }
    constexpr std::uint64_t step = 64 << 10;
    return (least + step - 1) / step * step;
}

std::vector<BudgetLine> memory_budget(const Settings& settings) {
    constexpr std::uint64_t prediction_ring_bytes =
        PredictionPublisher::waiting_max * sizeof(PredictionPublisher::Entry);
    const Capacities& limits = settings.capacities;
    constexpr std::uint64_t index_bytes = 4 * sizeof(std::uint32_t);  // of a name, at most half full
    constexpr std::uint64_t timer_bytes = 2 * sizeof(std::uint32_t) + sizeof(std::int64_t);
    constexpr std::uint64_t redelivery_bytes = 32;  // an entry for each of two connections
    const std::uint64_t list = limits.results_max * sizeof(ResultList::Entry) + limits.alerts_max * sizeof(AlertRow) +
                               2 * limits.channels_max * sizeof(std::uint32_t);
    const std::uint64_t rows = limits.results_max + limits.alerts_max + result_rows_beside;
    const std::uint64_t rows_wire = rows * (wire::row_bytes_max + sizeof(OutboxRow));
    return {
        {"channels", limits.channels_max * (sizeof(Channel) + index_bytes + Windows::windows_max * timer_bytes)},
        {"derived channels", derives_any(settings) ? limits.channels_max * sizeof(RollingWindow) : 0},
        {"groups and models", limits.groups_max * (sizeof(Group) + (fills_any(settings) ? sizeof(GroupFill) : 0)) +
                                  model_bytes(settings).memory},
        {"associations", settings.associations.channels.empty() ? 0 : Associations(settings).bytes()},
        {"models to go back to", ModelCopies::bytes_max},
        {"rules", rule_slots(settings) * (sizeof(RuleState) + timer_bytes)},
        {"redelivery tables", broker_count(settings) * limits.redeliveries_max * redelivery_bytes},
        {"brokers", broker_bytes(settings)},
        {"decoders", decoder_bytes(settings)},
        {"results", 2 * list},  // one being filled, one being written
        {"alerts on their way", limits.alerts_max * sizeof(AlertRow)},
        {"alerts for other outputs",
         output_bytes(settings, sizeof(AlertRow)) + (settings.outputs.empty() ? 0 : OutputThread::stack_bytes)},
        {"predictions on their way", predicts(settings) ? prediction_ring_bytes : 0},
        {"checkpoint buffers", 3 * rows_wire + state_bytes(settings) + ModelCopies::bytes_max},
        {"inbox (tmpfs)", limits.inbox_bytes + InboxLog::configuration_bytes_max},
        {"SQLite", sqlite_bytes},
        {"libraries", libraries_bytes},
    };
}

std::vector<BudgetLine> disk_budget(const Settings& settings) {
    const std::uint64_t all = settings.storage.bytes_max;
    const std::uint64_t journal = std::min(all, journal_bytes(settings));
    const std::uint64_t state = std::min(all - journal, state_disk_bytes(settings));
    return {{"journal", journal}, {"state", state}, {"results", all - journal - state}};
}

std::uint64_t sum_of(const std::vector<BudgetLine>& lines) {
    std::uint64_t sum = 0;
    for (const BudgetLine& line : lines) sum += line.bytes;
    return sum;
}

InboxTime inbox_time(const Settings& settings) {
    InboxTime time;
    const std::uint64_t beside = encoded_bytes(Message{});
    const std::uint64_t record = record_header_bytes + beside + usual_topic_bytes + time.payload_bytes;
    time.seconds = settings.capacities.inbox_bytes / (record * time.messages_per_second);
    return time;
}

}  // namespace redshank
