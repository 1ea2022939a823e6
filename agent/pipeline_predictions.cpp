#include <algorithm>
#include <cmath>
#include <optional>

#include "agent/pipeline.hpp"
#include "model/powers_of_ten.hpp"

// Groups that predict: what their predictor is given, and what it says.

namespace redshank {

namespace {

// From raw units with 8 fraction bits to the channel's unit.
double in_unit(double value_q8, std::uint8_t exponent) noexcept {
    double value = value_q8 / 256;
    for (unsigned left = exponent; left > 0;) {
        const unsigned part = std::min(left, 15U);
        value /= static_cast<double>(powers_of_ten[part]);
        left -= part;
    }
    return value;
}

constexpr std::string_view predicted_field = ":predicted/";
constexpr std::string_view residual_field = ":residual/";

// Of the gateway's time line; 1970-01-01 was a Thursday.
std::int16_t hour_of_week(std::int64_t now_ns) noexcept {
    constexpr std::int64_t hour_ns = 3'600'000'000'000;
    const std::int64_t hours = (now_ns / hour_ns + std::int64_t{3} * 24) % 168;
    return static_cast<std::int16_t>(hours < 0 ? hours + 168 : hours);
}

}  // namespace

void Pipeline::offer_to_predictor(std::uint32_t slot, std::uint8_t member, const Channel& channel, std::int64_t raw,
                                  std::int64_t smoothed_q8, const EventTime& time, const Moment& moment) noexcept {
    Group& group = groups_[slot];
    if (group.fresh == 0) expect(slot, moment);
    group.predictor->stamp({time.ns, time.id});
    // A class is what was sent; a forecast is of what the model sees, which is smoothed.
    const std::uint8_t exponent = channel.scale.exponent();
    const bool is_class = group.predictor->classes() != nullptr;
    group.predictor->offer(member, is_class ? to_double(raw, exponent) : to_double(smoothed_q8, exponent) / 256);
}

// Before the first value of a row is learned by anything.
void Pipeline::expect(std::uint32_t slot, const Moment& moment) noexcept {
    Group& group = groups_[slot];
    Predictor& predictor = *group.predictor;
    Predictor::Spreads spreads;
    for (std::uint8_t member = 0; member < group.members && predictor.needs_spreads(); ++member) {
        const std::uint32_t at = predictor.channels[member];
        if (at == Predictor::no_channel) continue;
        const Channel& channel = channels_[at];
        Spread& spread = spreads[member];
        spread = channel.preprocess.spread();
        spread.mean = in_unit(spread.mean, channel.scale.exponent());
        spread.deviation = in_unit(spread.deviation, channel.scale.exponent());
    }
    predictor.expect(group.known, spreads, wall_trusted_ ? hour_of_week(moment.now_ns) : RowForecaster::no_hour);
}

void Pipeline::take_row(std::uint32_t slot, std::uint64_t fresh, Moment& moment) noexcept {
    Group& group = groups_[slot];
    group.predictor->take({.standardised = std::span(group.standardised).first(group.members),
                           .known = group.known,
                           .fresh = fresh,
                           .now_ns = moment.now_ns});
    report_predictions(slot, moment);
}

// A row without any value of the group: the prediction stands, nothing is learned.
void Pipeline::take_empty_row(std::uint32_t slot, Moment& moment) noexcept {
    groups_[slot].changed_at = moment.position;
    expect(slot, moment);
    take_row(slot, 0, moment);
}

void Pipeline::report_predictions(std::uint32_t slot, Moment& moment) noexcept {
    const Group& group = groups_[slot];
    const std::span<const Prediction> predictions = group.predictor->predictions();
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        const Prediction& prediction = predictions[i];
        moment.out.predicted({.group = group.name.view(),
                              .target = target_name(group, prediction.member),
                              .is_class = group.predictor->classes() != nullptr,
                              .is_cluster = group.predictor->is_cluster(i),
                              .has_predicted = prediction.has_predicted,
                              .has_actual = prediction.has_actual,
                              .predicted = prediction.predicted,
                              .actual = prediction.actual,
                              .share = prediction.share,
                              .time_ns = moment.now_ns});
        if (!prediction.has_predicted) continue;
        keep_prediction(group, prediction, predicted_field, prediction.predicted, moment);
        const bool number = group.predictor->classes() == nullptr && !group.predictor->is_cluster(i);
        if (number && prediction.has_actual && asks_for_residual(group, prediction)) {
            keep_prediction(group, prediction, residual_field, prediction.actual - prediction.predicted, moment);
        }
    }
}

// A residual is kept where a rule names it: "pump-{machine}:residual/temperature".
bool Pipeline::asks_for_residual(const Group& group, const Prediction& prediction) const noexcept {
    if (residual_rules_.empty()) return false;
    ChannelName name = group.name;
    if (!name.append(residual_field) || !name.append(target_name(group, prediction.member))) return false;
    return std::ranges::any_of(residual_rules_, [&](const ResidualRule& rule) {
        return rule.as_second || rule_patterns_[rule.rule].matches(name.view());
    });
}

void Pipeline::find_residual_rules() {
    const auto names_one = [](const ConditionSettings& condition) {
        return condition.channel.find(residual_field) != std::string::npos;
    };
    for (std::size_t rule = 0; rule < settings_.rules.size(); ++rule) {
        const bool as_second = names_one(settings_.rules[rule].second);
        if (as_second || names_one(settings_.rules[rule])) residual_rules_.push_back({rule, as_second});
    }
}

// Upstream and for rules a prediction is a reading like any other, of the channel "<group>:predicted/<target>".
void Pipeline::keep_prediction(const Group& group, const Prediction& prediction, std::string_view field, double value,
                               Moment& moment) noexcept {
    const auto reject = [&](Error reason) { ++moment.ledger.rejected[static_cast<std::size_t>(reason)]; };
    ++moment.ledger.readings;
    ChannelName name = group.name;
    if (!name.append(field) || !name.append(target_name(group, prediction.member))) {
        return reject(Error::channel_limit);
    }
    std::uint32_t slot = find_channel(name.view());
    if (slot == NameIndex::none) {
        slot = new_channel(name, group.name.size(), Sources::none, moment);
        if (slot != no_slot) attach_rules(slot, moment);
    }
    if (slot == no_slot || channels_[slot].source != Sources::none) return reject(Error::channel_limit);
    const std::uint32_t of = prediction.member == Prediction::no_member ? Predictor::no_channel
                                                                        : group.predictor->channels[prediction.member];
    const std::uint8_t digits = of == Predictor::no_channel ? std::uint8_t{0} : channels_[of].scale.exponent();
    const std::optional<Decimal> kept = nearest_decimal(value, static_cast<std::uint8_t>(digits + 1));
    if (!kept) return reject(Error::out_of_range);
    on_reading(slot, *kept, {.ns = moment.now_ns, .clock = ClockKind::gateway}, true, moment);
}

bool Pipeline::keeps_predictions_as(const Channel& channel) const {
    return std::any_of(settings_.groups.begin(), settings_.groups.end(), [&](const GroupSettings& group) {
        return group.task != Task::anomaly &&
               checked_pattern(group.name, TopicPattern::Use::name).matches(channel.topic());
    });
}

// Of a late reading too: it is late because it is of a row that was.
void Pipeline::offer_labels(const Channel& channel, std::int64_t raw, const EventTime& time) noexcept {
    for (std::uint8_t i = 0; i < channel.seat_count; ++i) {
        Group& group = groups_[channel.seats[i].group];
        if (!group.labelled_later(channel.seats[i].member)) continue;
        group.predictor->offer_label(to_double(raw, channel.scale.exponent()), {time.ns, time.id});
    }
}

// When the message that brought it has ended, for the row may be in the same one.
void Pipeline::join_labels(std::uint32_t slot, Moment& moment) noexcept {
    Group& group = groups_[slot];
    if (group.label == Group::members_max || !group.predictor->has_label()) return;
    const std::optional<LabelledRow> row = group.predictor->join(moment.now_ns);
    group.changed_at = moment.position;
    if (!row) return;
    group.model_changed_at = moment.position;
    moment.out.predicted({.group = group.name.view(),
                          .target = target_name(group, group.label),
                          .is_class = true,
                          .joined = true,
                          .has_predicted = row->has_predicted,
                          .has_actual = true,
                          .predicted = row->predicted,
                          .actual = row->actual,
                          .time_ns = row->time_ns});
}

// A row whose label did not come with its message has none: where the label comes from another topic, it is waited for.
void Pipeline::end_message(std::uint16_t source, std::string_view topic, Moment& moment) noexcept {
    if (!predicts_) return;
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot) {
        Group& group = groups_[slot];
        if (!group.used || group.predictor == nullptr || group.predictor->classes() == nullptr) continue;
        if (group.label != Group::members_max) {
            join_labels(slot, moment);
            continue;
        }
        if (group.fresh == 0 || group.changed_at != moment.position) continue;
        const std::uint8_t target = group.predictor->predictions().front().member;
        const std::uint32_t channel = group.predictor->channels[target];
        const bool comes_apart = channel != Predictor::no_channel &&
                                 (channels_[channel].source != source || channels_[channel].topic_at_broker() != topic);
        if (!comes_apart && (group.fresh | std::uint64_t{1} << target) == group.all()) score(slot, moment);
    }
}

void Pipeline::each_figures(const std::function<void(const PredictionFigures&)>& take) const {
    for (const Group& group : groups_) {
        if (!group.used || group.predictor == nullptr) continue;
        const Predictor& predictor = *group.predictor;
        const std::span<const Prediction> predictions = predictor.predictions();
        for (std::size_t i = 0; i < predictions.size(); ++i) {
            PredictionFigures figures;
            figures.group = group.name;
            figures.target.assign(target_name(group, predictions[i].member));
            figures.model = predictor.name();
            figures.is_cluster = predictor.is_cluster(i);
            if (const Candidates* candidates = predictor.candidates(i)) {
                figures.model = candidates->name_of(candidates->answering());
                figures.candidate_count = candidates->count();
                for (std::size_t each = 0; each < candidates->count(); ++each) {
                    figures.candidates[each] = {candidates->name_of(each), candidates->loss_of(each)};
                }
            }
            figures.learned = predictor.learned();
            if (const ClassFigures* classes = predictor.classes()) {
                figures.is_class = true;
                figures.rows = classes->rows();
                figures.right = classes->right();
                figures.balanced_accuracy = classes->balanced_accuracy();
                figures.kappa = classes->kappa();
                figures.labels_refused = predictor.labels_refused();
                figures.labels = predictor.late_labels();
            } else if (const NumberFigures* numbers = predictor.numbers(i)) {
                figures.rows = numbers->rows();
                figures.mean_squared_error = numbers->mean_squared_error();
                figures.mean_absolute_error = numbers->mean_absolute_error();
            }
            take(figures);
        }
    }
}

std::string_view Pipeline::target_name(const Group& group, std::uint8_t member) const noexcept {
    if (member == Prediction::no_member) return "cluster";
    const std::string_view entry = settings_.groups[group.settings].channels[member];
    const std::uint32_t at = group.predictor->channels[member];
    if (at == Predictor::no_channel || channels_[at].field() == entry) return entry;
    return channels_[at].name.view();
}

}  // namespace redshank
