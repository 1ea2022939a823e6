#include "agent/model_desk.hpp"

#include <algorithm>

#include "agent/model_file.hpp"
#include "agent/topic_text.hpp"

// Models over MQTT, and what became of them. Requests: model_desk_requests.cpp.

namespace redshank {

namespace {

constexpr std::uint64_t token_mark = std::uint64_t{1} << 63;  // tells these publishes from alerts

}  // namespace

ModelDesk::ModelDesk(const Settings& settings, Intake& intake, Keeper& keeper, std::uint32_t subscription_id)
    : settings_(settings),
      intake_(intake),
      keeper_(keeper),
      subscription_id_(subscription_id),
      prefix_(settings.mqtt.base_topic + "/model/") {
    for (const std::string& text : settings.models.trusted_keys) {
        if (const auto key = parse_public_key(text)) trusted_.push_back(*key);
    }
}

// Another subscription that matches, to "#", brings the message once more: that copy is the pipeline's to refuse. A
// broker that gives no identifiers sends one.
bool ModelDesk::takes(const Message& message) const noexcept {
    if (subscription_id_ == 0 || !message.topic.starts_with(prefix_)) return false;
    return message.subscription_id == subscription_id_ || message.subscription_id == 0;
}

void ModelDesk::message(const Message& message) noexcept {
    if (message.payload.empty()) return;  // a retained one was removed
    ChannelName group;
    const std::optional<ModelRefusal> refusal = take_message(message, group);
    count(group, refusal, true);
}

std::optional<ModelRefusal> ModelDesk::take_message(const Message& message, ChannelName& group) noexcept {
    const auto file = read_model_file(message.payload);
    if (!file) return file.error();
    if (const auto refusal = check_signature(*file, trusted_)) return refusal;
    TopicText topic;
    if (!model_topic(topic, settings_.mqtt.base_topic, file->group) || topic.view() != message.topic) {
        return ModelRefusal::other_group;
    }
    group.assign(file->group);
    return intake_
        .command({.action = ModelCommand::Action::import,
                  .group = file->group,
                  .made_ns = file->made_ns,
                  .snapshot = file->snapshot},
                 {.model = file->model, .fingerprint = file->inputs_fingerprint, .newer_only = true})
        .refusal;
}

void ModelDesk::count(const ChannelName& group, std::optional<ModelRefusal> refusal, bool by_mqtt) noexcept {
    const std::lock_guard lock(mutex_);
    ++(refusal ? refused_[static_cast<std::size_t>(*refusal)] : accepted_);
    if (note_count_ < notes_max) notes_[note_count_++] = {group, refusal, by_mqtt};
}

bool ModelDesk::acknowledged(std::uint64_t token) noexcept {
    if ((token & token_mark) == 0) return false;
    const std::lock_guard lock(mutex_);
    last_acknowledged_ = std::max(last_acknowledged_, token & ~token_mark);
    acknowledged_.notify_all();
    return true;
}

void ModelDesk::write_figures(JsonWriter& json) const noexcept {
    const std::lock_guard lock(mutex_);
    json.begin_object().member("accepted", accepted_).key("refused").begin_object();
    for (std::size_t reason = 0; reason < model_refusals; ++reason) {
        if (refused_[reason] > 0) json.member(name_of(static_cast<ModelRefusal>(reason)), refused_[reason]);
    }
    json.end_object().end_object();
}

void ModelDesk::report(const std::function<void(const std::string& sentence, bool refused)>& say) {
    std::array<Note, notes_max> notes;
    std::size_t count = 0;
    {
        const std::lock_guard lock(mutex_);
        if (note_count_ == 0) return;
        notes = notes_;
        count = std::exchange(note_count_, 0);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Note& note = notes[i];
        std::string sentence = "a model";
        if (!note.group.empty()) sentence.append(" for group ").append(note.group.view());
        if (note.by_mqtt) sentence += " over MQTT";
        sentence += note.refusal ? " is refused: " : " is taken";
        if (note.refusal) sentence += meaning_of(*note.refusal);
        say(sentence, note.refusal.has_value());
    }
}

ControlAnswer ModelDesk::publish(std::string_view topic, std::span<const std::byte> file, bool retain,
                                 std::int64_t timeout_ns) {
    if (client_ == nullptr || !client_->connected()) return {.ok = false, .body = "no broker is connected"};
    const std::uint64_t refused_before = client_->publishes_refused();
    std::uint64_t ordinal = 0;
    {
        const std::lock_guard lock(mutex_);
        ordinal = ++last_sent_;
    }
    if (!client_->publish(topic, file, retain, token_mark | ordinal)) {
        return {.ok = false, .body = "too much is on its way to the broker: try again"};
    }
    std::unique_lock lock(mutex_);
    const bool acknowledged = acknowledged_.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                                                     [&] { return last_acknowledged_ >= ordinal; });
    if (!acknowledged) return {.ok = false, .body = "the broker has not acknowledged it in time"};
    if (client_->publishes_refused() != refused_before) return {.ok = false, .body = "the broker refuses it"};
    return {.ok = true, .body = {}};
}

}  // namespace redshank
