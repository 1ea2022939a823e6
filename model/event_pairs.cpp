#include "model/event_pairs.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "model/framed_learner.hpp"

namespace redshank {
namespace {

std::uint32_t pair_of(EventPairs::Event low, EventPairs::Event high) noexcept {
    return std::uint32_t{low} << 16 | high;
}

bool before(const EventPairs::Rule& a, const EventPairs::Rule& b) noexcept {
    if (a.confidence != b.confidence) return a.confidence > b.confidence;
    if (a.together != b.together) return a.together > b.together;
    return a.antecedent != b.antecedent ? a.antecedent < b.antecedent : a.consequent < b.consequent;
}

// Keeps `out` in order and the best in it.
void insert(const EventPairs::Rule& rule, std::span<EventPairs::Rule> out, std::size_t& written) noexcept {
    const auto used = out.first(written);
    const auto place =
        static_cast<std::size_t>(std::upper_bound(used.begin(), used.end(), rule, before) - used.begin());
    if (place == out.size()) return;
    if (written < out.size()) ++written;
    const auto kept = out.first(written);
    std::move_backward(kept.begin() + static_cast<std::ptrdiff_t>(place), kept.end() - 1, kept.end());
    kept[place] = rule;
}

}  // namespace

EventPairs::EventPairs(std::int64_t window_ms) noexcept : window_ms_(window_ms) {
    assert(window_ms >= 0);
}

void EventPairs::see(Event event, std::int64_t now_ms) noexcept {
    pass_time(now_ms);
    if (basket_used_ == 0) opened_ms_ = latest_ms_;
    const auto end = basket_.begin() + basket_used_;
    const auto place = std::lower_bound(basket_.begin(), end, event);
    if (place != end && *place == event) return;
    if (basket_used_ == basket_most) {
        ++left_out_;
        return;
    }
    std::move_backward(place, end, end + 1);
    *place = event;
    ++basket_used_;
}

void EventPairs::begin_again() noexcept {
    if (basket_used_ > 0) close();
    latest_ms_ = INT64_MIN;
}

void EventPairs::pass_time(std::int64_t now_ms) noexcept {
    latest_ms_ = std::max(latest_ms_, now_ms);
    if (basket_used_ == 0) return;
    const std::uint64_t age_ms = static_cast<std::uint64_t>(latest_ms_) - static_cast<std::uint64_t>(opened_ms_);
    if (age_ms > static_cast<std::uint64_t>(window_ms_)) close();
}

void EventPairs::close() noexcept {
    if (baskets_ == baskets_most) {
        baskets_ /= 2;
        events_.halve();
        pairs_.halve();
    }
    ++baskets_;
    for (std::size_t i = 0; i < basket_used_; ++i) {
        events_.add(basket_[i]);
        for (std::size_t k = 0; k < i; ++k) pairs_.add(pair_of(basket_[k], basket_[i]));
    }
    basket_used_ = 0;
    basket_ = {};
    opened_ms_ = 0;
}

std::size_t EventPairs::rules(const Limits& limits, std::span<Rule> out) const noexcept {
    std::size_t written = 0;
    const auto all = static_cast<float>(baskets_);
    for (const auto& pair : pairs_.held()) {
        const std::uint32_t together = pair.count - pair.error;
        if (together < std::max(limits.together_least, 1U)) continue;
        const auto* low = events_.find(pair.key >> 16);
        const auto* high = events_.find(pair.key & 0xffffU);
        if (low == nullptr || high == nullptr) continue;
        for (const auto& [from, to] : {std::pair{low, high}, std::pair{high, low}}) {
            Rule rule{.antecedent = static_cast<Event>(from->key),
                      .consequent = static_cast<Event>(to->key),
                      .together = together};
            rule.support = static_cast<float>(together) / all;
            rule.confidence = std::min(static_cast<float>(together) / static_cast<float>(from->count), 1.0F);
            rule.lift = rule.confidence * all / static_cast<float>(to->count);
            if (rule.confidence < limits.confidence_least || rule.lift < limits.lift_least) continue;
            insert(rule, out, written);
        }
    }
    return written;
}

SnapshotFrame EventPairs::frame() const noexcept {
    constexpr std::size_t body_bytes =
        3 * 8 + 8 + 4 + 1 + 2 * basket_most + decltype(events_)::written_bytes + decltype(pairs_)::written_bytes;
    return {.magic = magic_of("event-pairs"), .inputs = 0, .body_bytes = static_cast<std::uint32_t>(body_bytes)};
}

void EventPairs::snapshot(ByteWriter& out) const noexcept {
    frame().write(out, [this](ByteWriter& body) {
        body.put(window_ms_);
        body.put(latest_ms_);
        body.put(opened_ms_);
        body.put(left_out_);
        body.put(baskets_);
        body.put(basket_used_);
        for (const Event event : basket_) body.put(event);
        events_.write(body);
        pairs_.write(body);
    });
}

bool EventPairs::restore(ByteReader& in) noexcept {
    std::optional<ByteReader> body = frame().read(in);
    if (!body) return false;
    if (body->get<std::int64_t>() != window_ms_) return false;
    latest_ms_ = body->get<std::int64_t>();
    opened_ms_ = body->get<std::int64_t>();
    left_out_ = body->get<std::uint64_t>();
    baskets_ = body->get<std::uint32_t>();
    basket_used_ = body->get<std::uint8_t>();
    for (Event& event : basket_) event = body->get<Event>();
    if (!body->ok() || baskets_ > baskets_most || basket_used_ > basket_most) return false;
    for (std::size_t i = 0; i < basket_most; ++i) {
        if (i >= basket_used_ ? basket_[i] != 0 : i > 0 && basket_[i] <= basket_[i - 1]) return false;
    }
    if (basket_used_ == 0 ? opened_ms_ != 0 : opened_ms_ > latest_ms_) return false;
    // An event's count holds what it took over, so of those that come and go it is above the number of baskets.
    return events_.read(*body, UINT16_MAX, UINT32_MAX / 2) && pairs_.read(*body, UINT32_MAX, UINT32_MAX / 2) &&
           body->ok() && body->left() == 0;
}

}  // namespace redshank
