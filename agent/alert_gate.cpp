#include "agent/alert_gate.hpp"

#include <algorithm>

namespace redshank {

namespace {

constexpr std::uint8_t gate_format = 1;

}  // namespace

std::string_view name_of(HeldBack reason) noexcept {
    constexpr std::array<std::string_view, held_back_reasons> names = {"cooldown", "silence", "maintenance", "limit",
                                                                       "source_limit"};
    return names[static_cast<std::size_t>(reason)];
}

bool name_under(std::string_view filter, std::string_view name) noexcept {
    if (filter.empty()) return true;
    for (;;) {
        if (filter == "#") return true;
        const std::size_t filter_end = filter.find('/');
        const std::size_t name_end = name.find('/');
        const std::string_view level = filter.substr(0, filter_end);
        if (level != "+" && level != name.substr(0, name_end)) return false;
        if (filter_end == std::string_view::npos || name_end == std::string_view::npos) {
            return filter_end == name_end || (name_end == std::string_view::npos && filter.substr(filter_end) == "/#");
        }
        filter.remove_prefix(filter_end + 1);
        name.remove_prefix(name_end + 1);
    }
}

AlertGate::AlertGate(const AlertSettings& settings, std::size_t sources)
    : all_(settings.limit, settings.limit_per_ns),
      by_source_(sources, RateLimit(settings.source_limit, settings.limit_per_ns)) {}

AlertGate::Verdict AlertGate::ask(std::string_view rule, std::string_view target, Severity severity,
                                  std::uint16_t source, std::int64_t now_ns) const noexcept {
    Verdict verdict{.opens_ns = INT64_MIN, .reason = HeldBack::silence};
    const auto until = [&](std::int64_t ns, HeldBack reason) {
        if (ns > verdict.opens_ns && ns > now_ns) verdict = {ns, reason};
    };
    until(maintenance_until_ns_, HeldBack::maintenance);
    for (std::size_t i = 0; i < silence_count_; ++i) {
        const Silence& silence = silences_[i];
        if (!silence.rule.empty() && silence.rule.view() != rule) continue;
        if (name_under(silence.channel.view(), target)) until(silence.until_ns, HeldBack::silence);
    }
    if (severity == Severity::critical) return verdict;
    until(all_.opens_ns(), HeldBack::limit);
    if (source < by_source_.size()) until(by_source_[source].opens_ns(), HeldBack::source_limit);
    return verdict;
}

void AlertGate::passed(Severity severity, std::uint16_t source, std::int64_t now_ns) noexcept {
    if (severity == Severity::critical) return;
    all_.passed(now_ns);
    if (source < by_source_.size()) by_source_[source].passed(now_ns);
}

void AlertGate::drop_expired(std::int64_t now_ns) noexcept {
    const auto begin = silences_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(silence_count_);
    const auto kept =
        std::remove_if(begin, end, [now_ns](const Silence& silence) { return silence.until_ns <= now_ns; });
    silence_count_ = static_cast<std::size_t>(kept - begin);
}

bool AlertGate::silence(const AlertCommand& command, std::int64_t now_ns) noexcept {
    drop_expired(now_ns);
    std::size_t at = 0;
    while (at < silence_count_ &&
           !(silences_[at].rule.view() == command.rule && silences_[at].channel.view() == command.channel)) {
        ++at;
    }
    if (at == silences_max) return false;
    Silence& silence = silences_[at];
    if (!silence.rule.assign(command.rule) || !silence.channel.assign(command.channel)) return false;
    silence.until_ns = now_ns + command.for_ns;
    silence_count_ = std::max(silence_count_, at + 1);
    return true;
}

bool AlertGate::unsilence(const AlertCommand& command) noexcept {
    for (std::size_t at = 0; at < silence_count_; ++at) {
        if (silences_[at].rule.view() != command.rule || silences_[at].channel.view() != command.channel) continue;
        std::move(silences_.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                  silences_.begin() + static_cast<std::ptrdiff_t>(silence_count_),
                  silences_.begin() + static_cast<std::ptrdiff_t>(at));
        --silence_count_;
        return true;
    }
    return false;
}

void AlertGate::move_time_line(std::int64_t shift_ns) noexcept {
    all_.set_arrival_ns(all_.arrival_ns() + shift_ns);
    for (RateLimit& limit : by_source_) limit.set_arrival_ns(limit.arrival_ns() + shift_ns);
    for (std::size_t i = 0; i < silence_count_; ++i) silences_[i].until_ns += shift_ns;
    if (maintenance_until_ns_ != 0 && maintenance_until_ns_ != never) maintenance_until_ns_ += shift_ns;
}

void AlertGate::write(ByteWriter& out) const noexcept {
    out.put(gate_format);
    out.put(all_.arrival_ns());
    out.put(static_cast<std::uint32_t>(by_source_.size()));
    for (const RateLimit& limit : by_source_) out.put(limit.arrival_ns());
    out.put(maintenance_until_ns_);
    for (const std::uint64_t count : held_back_) out.put(count);
    out.put(static_cast<std::uint8_t>(silence_count_));
    for (std::size_t i = 0; i < silence_count_; ++i) {
        out.put_text(silences_[i].rule.view());
        out.put_text(silences_[i].channel.view());
        out.put(silences_[i].until_ns);
    }
}

bool AlertGate::read(ByteReader& in) noexcept {
    if (in.get<std::uint8_t>() != gate_format) return false;
    all_.set_arrival_ns(in.get<std::int64_t>());
    const auto sources = in.get<std::uint32_t>();
    const bool same = sources == by_source_.size();  // else other ones: their limits begin anew
    for (std::uint32_t i = 0; i < sources && in.ok(); ++i) {
        const auto arrival_ns = in.get<std::int64_t>();
        if (same) by_source_[i].set_arrival_ns(arrival_ns);
    }
    maintenance_until_ns_ = in.get<std::int64_t>();
    for (std::uint64_t& count : held_back_) count = in.get<std::uint64_t>();
    const auto count = in.get<std::uint8_t>();
    if (count > silences_max) return false;
    for (silence_count_ = 0; silence_count_ < count && in.ok(); ++silence_count_) {
        Silence& silence = silences_[silence_count_];
        if (!silence.rule.assign(in.get_text()) || !silence.channel.assign(in.get_text())) return false;
        silence.until_ns = in.get<std::int64_t>();
    }
    return in.ok();
}

std::size_t AlertGate::written_bytes_max() const noexcept {
    constexpr std::size_t silence = rule_name_bytes_max + channel_name_bytes_max + 16;
    return 64 + 8 * held_back_reasons + 8 * by_source_.size() + silences_max * silence;
}

}  // namespace redshank
