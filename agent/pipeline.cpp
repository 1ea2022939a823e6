#include "agent/pipeline.hpp"

#include <algorithm>

#include "drivers/topic.hpp"

namespace redshank {

namespace {

constexpr std::int64_t future_max_ns = 300'000'000'000;       // a device clock may be 5 min ahead
constexpr std::int64_t stamp_max_ns = std::int64_t{1} << 62;  // 146 years from 1970: sums of times stay in 64 bits

std::vector<Rule> compile_all(const Settings& settings) {
    std::vector<Rule> rules;
    for (const RuleSettings& rule : settings.rules) rules.push_back(compile(rule));
    rules.push_back(compile(settings.anomaly));
    rules.push_back(compile(settings.alerts));  // the last one
    return rules;
}

PayloadDecoder::Limits decoder_limits(const Capacities& capacities) {
    return {.payload_bytes_max = capacities.payload_bytes_max,
            .fields_max = capacities.fields_per_message_max,
            .depth_max = capacities.depth_max};
}

std::unique_ptr<PayloadDecoder> make_csv(const Settings& settings) {
    const bool wanted = has_format(settings, PayloadFormat::csv);
    return wanted ? PayloadDecoder::make_csv(decoder_limits(settings.capacities)) : nullptr;
}

bool below(std::string_view topic, std::string_view base) noexcept {
    return !base.empty() && topic.starts_with(base) && (topic.size() == base.size() || topic[base.size()] == '/');
}

}  // namespace

Pipeline::Pipeline(const Settings& settings, std::uint64_t boot)
    : settings_(settings),
      lengths_{settings.window.length_ns, settings.window.lateness_ns},
      boot_(boot),
      sources_(settings_),
      json_(PayloadDecoder::make_json(decoder_limits(settings.capacities))),
      number_(PayloadDecoder::make_number(decoder_limits(settings.capacities))),
      csv_(make_csv(settings)),
      brokers_(broker_count(settings), {.redelivery = Redelivery(settings.capacities.redeliveries_max)}),
      timers_(settings.capacities.channels_max * Windows::windows_max + rule_slots(settings)),
      rules_(compile_all(settings), rule_slots(settings), timers_,
             static_cast<std::uint32_t>(settings.capacities.channels_max * Windows::windows_max),
             AlertGate(settings.alerts, settings.sources.size())),
      channels_(settings.capacities.channels_max),
      channel_index_(settings.capacities.channels_max),
      group_first_(group_shares(settings_)) {
    for (const ChannelSettings& channel : settings_.channels) {
        channel_patterns_.push_back(checked_pattern(channel.channel, TopicPattern::Use::name));
    }
    if (derives_any(settings_)) rolling_.resize(settings_.capacities.channels_max);
    for (const RuleSettings& rule : settings_.rules) {
        rule_patterns_.push_back(
            checked_pattern(rule.group.empty() ? rule.channel : rule.group, TopicPattern::Use::name));
    }
    for (std::size_t broker = 0; broker < broker_count(settings_); ++broker) {
        broker_names_.emplace_back().assign(broker_at(settings_, broker).name);
    }
    find_residual_rules();
    predicts_ = predicts(settings_);
    if (!settings_.associations.channels.empty()) associations_.emplace(settings_);
    groups_ = std::vector<Group>(group_first_.back());
    if (fills_any(settings_)) fills_.resize(groups_.size());
    for (std::size_t kind = 0; kind + 1 < group_first_.size(); ++kind) {
        const bool alone = settings_.groups.empty();
        const std::size_t members = alone ? 1 : settings_.groups[kind].channels.size();
        for (std::uint32_t slot = group_first_[kind]; slot < group_first_[kind + 1]; ++slot) {
            Group& group = groups_[slot];
            std::unique_ptr<Predictor> predictor = alone ? nullptr : make_predictor(settings_.groups[kind]);
            group.predictor = predictor.get();
            group.model = std::move(predictor);
            if (group.model != nullptr) continue;
            group.model =
                make_model(alone ? settings_.anomaly.model : settings_.groups[kind].model, members,
                           alone ? settings_.anomaly.warmup_readings : settings_.groups[kind].warmup_readings);
        }
    }
}

void Pipeline::on_record(const Record& record, Outputs& out) noexcept {
    position_ = record.position;
    Moment moment{.boot = boot_, .position = record.position, .now_ns = record.stamp_ns, .ledger = ledger_, .out = out};
    if (record.kind == RecordKind::began) {
        ByteReader body(record.body);
        on_began(body.get<std::uint8_t>() != 0, moment);
    }
    fire_timers_until(record.stamp_ns, moment);
    now_ns_ = record.stamp_ns;
    moment.now_ns = record.stamp_ns;

    switch (record.kind) {
        case RecordKind::message:
            if (const std::optional<Message> message = decode_message(record.body)) {
                on_message(*message, moment);
                if (message->row_end) end_row(moment);
            }
            break;
        case RecordKind::connected: {
            ByteReader body(record.body);
            on_broker_connected(broker_of(record), body.get<std::uint8_t>() != 0);
            break;
        }
        case RecordKind::subscribed:
        case RecordKind::disconnected:
        case RecordKind::down:
            tell_rules_of_broker(record, moment);
            break;
        case RecordKind::flush:
            close_all_windows(quality::split, moment);
            break;
        case RecordKind::model:
            last_refusal_ = on_model_command(record.body, moment);
            break;
        case RecordKind::alert: {
            const std::optional<AlertCommand> command = decode_alert_command(record.body);
            last_alerts_changed_ = command ? rules_.command(*command, moment) : 0;
            break;
        }
        case RecordKind::tick:
        case RecordKind::began:
            break;
    }
    if (record.kind != RecordKind::down) rules_.time_brokers(moment);
}

void Pipeline::on_broker_connected(std::uint8_t broker, bool session_present) noexcept {
    if (broker >= brokers_.size()) return;
    brokers_[broker].redelivery.connected(session_present);
    for (std::uint16_t source = 0; source < sources_.size() && !session_present; ++source) {
        if (sources_[source].settings.broker_index != broker) continue;
        sources_[source].own_copies = false;
        sources_[source].changed_at = position_;
    }
}

// The one place where rules hear that a broker came or went. As yet they know that of [mqtt] alone.
void Pipeline::tell_rules_of_broker(const Record& record, Moment& moment) noexcept {
    const std::uint8_t broker = broker_of(record);
    if (record.kind == RecordKind::down) return rules_.pause_all(record.stamp_ns, position_);
    if (broker >= brokers_.size()) return;
    record.kind == RecordKind::subscribed ? rules_.resume(broker, moment)
                                          : rules_.pause(broker, record.stamp_ns, position_);
}

void Pipeline::finish(Outputs& out) noexcept {
    Moment moment{.boot = boot_, .position = position_, .now_ns = now_ns_, .ledger = ledger_, .out = out};
    close_all_windows(0, moment);
}

std::size_t Pipeline::association_rows(std::span<AssociationRow> out) const noexcept {
    if (!associations_) return 0;
    std::array<Associations::Rule, Associations::rules_most> rules;
    const std::size_t count = associations_->rules(std::span(rules).first(std::min(rules.size(), out.size())));
    for (std::size_t i = 0; i < count; ++i) {
        const Associations::Rule& rule = rules[i];
        out[i] = {channels_[rule.antecedent.channel].name, channels_[rule.consequent.channel].name,
                  rule.antecedent.state, rule.consequent.state, rule.figures};
    }
    return count;
}

std::optional<std::int64_t> Pipeline::next_deadline_ns() const noexcept {
    const auto due = timers_.next();
    if (!due) return std::nullopt;
    return due->deadline_ns;
}

std::uint64_t Pipeline::open_readings() const noexcept {
    std::uint64_t readings = 0;
    for (const Channel& channel : channels_) readings += channel.windows.open_readings();
    for (const AggregateRow& row : leftover_.windows) readings += row.parts.count;
    return readings;
}

void Pipeline::fire_timers_until(std::int64_t stamp_ns, Moment& moment) noexcept {
    const auto window_timers = static_cast<std::uint32_t>(channels_.size() * Windows::windows_max);
    for (auto due = timers_.next(); due && due->deadline_ns <= stamp_ns; due = timers_.next()) {
        moment.now_ns = due->deadline_ns;
        if (due->id < window_timers) {
            constexpr auto windows = static_cast<std::uint32_t>(Windows::windows_max);
            close_window(due->id / windows, due->id % windows, 0, moment);
        } else {
            rules_.timer_fired(due->id - window_timers, moment);
        }
    }
}

void Pipeline::reject(Error reason, std::uint16_t source, std::string_view topic, Moment& moment) noexcept {
    ++moment.ledger.rejected[static_cast<std::size_t>(reason)];
    if (source == Sources::none) return;
    sources_[source].ledger.reject(reason, topic);
    sources_[source].changed_at = moment.position;
}

// Two ways to come twice: once for each overlapping subscription, and again after a connection broke.
bool Pipeline::is_duplicate(const Message& message, std::uint16_t source) noexcept {
    Source& from = sources_[source];
    Redelivery& redelivery = brokers_[message.broker].redelivery;
    const std::uint64_t hash = fnv1a(message.payload, fnv1a(message.topic));
    bool again = false;
    if (message.subscription_id != 0 && from.subscription_id != 0) {
        if (message.subscription_id != from.subscription_id) {
            again = from.own_copies;
        } else if (!from.own_copies) {
            from.own_copies = true;
            again = redelivery.is_copy_of_newest(message.subscription_id, hash);
        }
    }
    if (message.qos == 0) {
        redelivery.received(hash, message.subscription_id);
        return again;
    }
    again = again || (message.duplicate && redelivery.seen_in_earlier_connection(message.packet_id, hash));
    redelivery.received(message.packet_id, hash, message.subscription_id);
    return again;
}

void Pipeline::on_message(const Message& message, Moment& moment) noexcept {
    ++moment.ledger.messages;
    if (message.broker >= brokers_.size()) return reject(Error::no_source, Sources::none, message.topic, moment);
    ++brokers_[message.broker].messages;
    if (!valid_topic(message.topic)) return reject(Error::bad_topic, Sources::none, message.topic, moment);
    Labels labels;
    const std::uint16_t source = sources_.find(message.topic, labels, message.broker);
    if (source == Sources::none || below(message.topic, settings_.mqtt.base_topic)) {
        return reject(Error::no_source, Sources::none, message.topic, moment);
    }
    Source& from = sources_[source];
    ++from.ledger.messages;
    from.changed_at = moment.position;
    if (is_duplicate(message, source)) {
        ++moment.ledger.duplicate;
        ++from.ledger.duplicate;
        return;
    }
    if (message.retain) return reject(Error::retained, source, message.topic, moment);

    const bool wide = message.row_end && from.settings.format != PayloadFormat::number;
    PayloadDecoder& decoder = wide ? *json_ : decoder_of(from.settings.format);
    const auto decoded = decoder.decode(message.payload, wide ? from.wide_request : from.request);
    if (!decoded) return reject(decoded.error(), source, message.topic, moment);
    ++moment.ledger.decoded;
    ++from.ledger.decoded;
    for (const DecodedRow& row : decoded->rows) on_row(message, source, labels, row, moment);
}

PayloadDecoder& Pipeline::decoder_of(PayloadFormat format) noexcept {
    switch (format) {
        case PayloadFormat::number:
            return *number_;
        case PayloadFormat::csv:
            return *csv_;
        default:
            return *json_;
    }
}

// As if it had come as a message of its own.
void Pipeline::on_row(const Message& message, std::uint16_t source, const Labels& labels, const DecodedRow& row,
                      Moment& moment) noexcept {
    ++rows_;
    EventTime time = event_time(row, moment.now_ns);
    time.id = row.id;
    for (const DecodedField& field : row.fields) {
        ++moment.ledger.readings;
        if (!field.value) {
            ++moment.ledger.rejected[static_cast<std::size_t>(field.value.error())];
            continue;
        }
        const std::uint32_t channel = channel_of(source, message.topic, field.name, labels, moment);
        if (channel == no_slot) {
            ++moment.ledger.rejected[static_cast<std::size_t>(Error::channel_limit)];
            continue;
        }
        on_reading(channel, *field.value, time, message.row_end, moment);
    }
    if (!message.row_end) end_message(source, message.topic, moment);
}

Pipeline::EventTime Pipeline::event_time(const DecodedRow& row, std::int64_t now_ns) const noexcept {
    const EventTime arrival{.ns = now_ns, .clock = ClockKind::gateway};
    const EventTime instead{.ns = now_ns, .clock = ClockKind::gateway, .replaced = true};
    if (row.time_unusable) return instead;
    if (!row.time_ns) return arrival;
    const std::int64_t device_ns = *row.time_ns;
    if (device_ns > stamp_max_ns || device_ns < -stamp_max_ns) return instead;
    const std::int64_t age_ns = now_ns - device_ns;
    if (wall_trusted_ && (age_ns < -future_max_ns || age_ns > settings_.window.max_age_ns)) return instead;
    return {.ns = device_ns, .clock = ClockKind::device, .late = age_ns > lengths_.lateness_ns};
}

void Pipeline::on_reading(std::uint32_t slot, const Decimal& value, const EventTime& time, bool row,
                          Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    // A refused reading must not leave a trace in the channel's scale, so it is tried on a copy.
    ChannelScale scale = channel.scale;
    const Result<Decimal> reading_value = scaled(channel, value);
    auto raw = reading_value ? scale.to_raw(*reading_value) : tl::unexpected(reading_value.error());
    if (!raw) {
        ++moment.ledger.rejected[static_cast<std::size_t>(raw.error())];
        return;
    }
    if (const auto in_range = channel.preprocess.check(raw->raw, scale); !in_range) {
        ++moment.ledger.rejected[static_cast<std::size_t>(in_range.error())];
        return;
    }
    channel.scale = scale;
    if (raw->exponent_change != 0) exponent_changed(slot, raw->exponent_change, moment);
    const std::int64_t as_sent = raw->raw;
    if (!time.late) raw->raw = channel.preprocess.despike(as_sent);
    const bool spike = raw->raw != as_sent;
    if (!channel.has_pivot) {
        channel.has_pivot = true;
        channel.pivot = raw->raw;
    }
    ++moment.ledger.counted;
    ++channel.readings;
    channel.changed_at = moment.position;

    if (predicts_) offer_labels(channel, raw->raw, time);
    if (!time.late) {
        const double reading = to_double(raw->raw, channel.scale.exponent());
        if (associations_) associations_->on_reading(slot, reading, moment.now_ns, moment.position);
        judge(channel, raw->raw, reading, time, moment);
        offer(slot, raw->raw, time, row, moment);
        derive(slot, raw->raw, time, row, moment);
        remember(channels_[slot], raw->raw, time);
    } else if (!row) {
        for (std::uint8_t i = 0; i < channel.seat_count; ++i) {
            Group& group = groups_[channel.seats[i].group];
            if (group.labelled_later(channel.seats[i].member)) continue;
            if (group.late_row == rows_) continue;
            group.late_row = rows_;
            moment.out.scored({group.name.view(), 0, 0, group.firing});
        }
    }
    add_to_window(slot, raw->raw, time, spike ? quality::despiked : 0, moment);
}

void Pipeline::judge(Channel& channel, std::int64_t raw, double reading, const EventTime& time,
                     Moment& moment) noexcept {
    const std::int64_t passed_ns = channel.has_last ? time.ns - channel.last_ns : 0;
    for (std::uint8_t i = 0; i < channel.rule_count; ++i) {
        RuleLink& link = channel.rules[i];
        const Rule& rule = rules_.rule(rules_[link.state].rule);
        const Condition& condition = rule.condition(link.part);
        if (condition.kind == Condition::Kind::absent) {
            rules_.heard(link.state, moment);
        } else if (!condition.on_rate()) {
            rules_.judge(link, reading, moment);
        } else if (passed_ns > 0) {
            const double change = to_double(raw - channel.last_raw, channel.scale.exponent());
            const double rate = change / static_cast<double>(passed_ns) * static_cast<double>(condition.per_ns);
            rules_.judge(link, rate, moment);
        }
    }
}

// For the rate of the next one: of several of one time the first.
void Pipeline::remember(Channel& channel, std::int64_t raw, const EventTime& time) noexcept {
    if (channel.has_last && time.ns <= channel.last_ns) return;
    channel.has_last = true;
    channel.last_raw = raw;
    channel.last_ns = time.ns;
}

void Pipeline::exponent_changed(std::uint32_t slot, int change, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    for (std::size_t window = 0; window < Windows::windows_max; ++window) {
        if (!channel.windows[window].open) continue;
        const bool refined = change > 0 && channel.windows[window].parts.refine(static_cast<std::uint8_t>(change));
        if (!refined) close_window(slot, window, quality::split, moment);
    }
    channel.pivot = rescale(channel.pivot, change);
    channel.last_raw = rescale(channel.last_raw, change);
    channel.preprocess.exponent_changed(change);
    if (!rolling_.empty()) rolling_[slot].exponent_changed(change);
}

void Pipeline::add_to_window(std::uint32_t slot, std::int64_t raw, const EventTime& time, std::uint32_t flags,
                             Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    std::size_t window = channel.windows.find(time.ns, time.clock, time.late, lengths_);
    if (window == Windows::none) {
        window = channel.windows.free_slot();
        if (window == Windows::none) {
            window = channel.windows.earliest();
            close_window(slot, window, quality::split, moment);
        }
        channel.windows.open(window, time.ns, moment.now_ns, time.clock, time.late,
                             AggregateParts::empty(channel.pivot, channel.scale.exponent()), lengths_);
        timers_.set(timer_of(slot, window), channel.windows[window].deadline_ns);
    }
    channel.windows[window].quality |= flags | (time.replaced ? quality::stamp_replaced : 0U);
    channel.windows[window].parts.add(raw, time.ns);
}

void Pipeline::close_window(std::uint32_t slot, std::size_t window, std::uint32_t flags, Moment& moment) noexcept {
    Channel& channel = channels_[slot];
    OpenWindow& open = channel.windows[window];
    AggregateRow row;
    row.number = moment.next_number();
    row.boot = moment.boot;
    row.channel = channel.name;
    if (channel.settings != Channel::no_settings) row.unit.assign(settings_.channels[channel.settings].unit);
    row.clock = open.clock;
    row.start_ns = open.start_ns;
    row.length_ns = open.length_ns;
    row.quality = open.quality | flags | (open.parts.squares_clamped ? quality::squares_clamped : 0u);
    row.parts = open.parts;
    open.open = false;
    timers_.cancel(timer_of(slot, window));
    channel.changed_at = moment.position;
    moment.out.aggregate(row, slot);
}

void Pipeline::close_all_windows(std::uint32_t flags, Moment& moment) noexcept {
    for (std::uint32_t slot = 0; slot < channels_used_; ++slot) {
        for (std::size_t window = 0; window < Windows::windows_max; ++window) {
            if (channels_[slot].windows[window].open) close_window(slot, window, flags, moment);
        }
    }
}

void Pipeline::on_began(bool wall_trusted, Moment& moment) noexcept {
    if (associations_) associations_->began(moment.position);
    wall_trusted_ = wall_trusted;
    for (AggregateRow& row : leftover_.windows) {
        row.number = moment.next_number();
        moment.out.aggregate(row, no_slot);
    }
    for (AlertRow& row : leftover_.alerts) {
        row.number = moment.next_number();
        row.id = moment.next_alert_id();
        row.since_ns = moment.now_ns;
        moment.out.alert(row);
    }
    leftover_.windows.clear();
    leftover_.window_places.clear();
    leftover_.alerts.clear();
    if (leftover_.other_boot) {
        rules_.move_time_line(leftover_.now_ns, moment.now_ns);
        for (Group& group : groups_) {
            if (group.firing) group.firing_since_ns += moment.now_ns - leftover_.now_ns;
        }
        leftover_.other_boot = false;
    }
    const auto lost = static_cast<std::uint16_t>(rules_.rules() - 1);
    for (std::size_t broker = 0; broker < broker_names_.size(); ++broker) {
        rules_.watch_broker(static_cast<std::uint8_t>(broker), lost, broker_names_[broker], moment);
    }
    save_all_after_ = moment.position;
}

}  // namespace redshank
