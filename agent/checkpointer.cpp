#include "agent/checkpointer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <variant>

#include "agent/budget.hpp"
#include "agent/saved_bytes.hpp"

namespace redshank {

namespace {

constexpr std::string_view alerts_key = "keeper/alerts";    // on their way to the broker
constexpr std::string_view outputs_key = "keeper/outputs";  // on their way to other outputs
constexpr std::string_view results_key = "keeper/results";  // without room in the outbox
constexpr std::string_view totals_key = "keeper/totals";
constexpr std::string_view gaps_key = "keeper/gaps";  // without room in the outbox

// Of an encoded row beside its channel's name.
constexpr std::size_t row_beside_bytes_max = wire::row_bytes_max / 4;

}  // namespace

Checkpointer::Checkpointer(std::unique_ptr<Store> store, std::filesystem::path file, Intake& intake,
                           AlertPublisher& publisher, AlertOutputs& outputs, const Settings& settings)
    : store_(std::move(store)),
      file_(std::move(file)),
      limits_(limits_of(settings)),
      intake_(intake),
      publisher_(publisher),
      outputs_(outputs),
      taken_(Intake::make_results(settings)),
      shrunk_aggregates_max_(held_aggregates_max(settings.capacities)),
      committed_(store_->position()) {
    Intake::Held held(intake_);
    count(held);
    const std::size_t rows_max = settings.capacities.results_max + settings.capacities.alerts_max + 64;
    const std::size_t held_bytes_max = rows_max * wire::row_bytes_max;
    scratch_.resize(std::max(
        {held.pipeline().saved_bytes_max(), publisher_.saved_bytes_max(), outputs_.saved_bytes_max(), held_bytes_max}));
    state_bytes_.reserve(held.pipeline().saved_total_max() + publisher_.saved_bytes_max() + outputs_.saved_bytes_max() +
                         held_bytes_max + std::size_t{64} * 1024);
    state_.reserve(4 * settings.capacities.channels_max + 3 * settings.capacities.groups_max + rule_slots(settings) +
                   settings.sources.size() + 2 * settings.capacities.channels_max + ModelCopies::copies_max + 64);
    row_bytes_.reserve(held_bytes_max);
    rows_.reserve(rows_max);
}

Store::Limits Checkpointer::limits_of(const Settings& settings) {
    return {.bytes_max = settings.storage.bytes_max, .state_bytes_max = state_disk_bytes(settings)};
}

bool Checkpointer::is_own_state(std::string_view key) noexcept {
    return key.starts_with("keeper/");
}

void Checkpointer::restore(std::string_view key, std::span<const std::byte> value) {
    ByteReader in(value);
    if (key == alerts_key) return publisher_.restore(in);
    if (key == outputs_key) {
        outputs_saved_ = true;
        return outputs_.restore(in);
    }
    if (key == totals_key) {
        restored_.merged = in.get<std::uint64_t>();
        restored_.alerts_lost = in.get<std::uint64_t>();
        restored_.aggregates_lost = in.get<std::uint64_t>();
        return;
    }
    if (key == gaps_key) return restore_gaps(in);
    if (key != results_key) return;
    held_results_saved_ = true;
    Intake::Held held(intake_);
    while (in.left() > 0 && in.ok()) {
        const auto number = in.get<std::uint64_t>();
        const auto slot = in.get<std::uint32_t>();
        const auto row = wire::decode_row(in.get_bytes(in.get<std::uint16_t>()));
        if (!row) continue;
        if (const auto* aggregate = std::get_if<AggregateRow>(&*row)) {
            AggregateRow numbered = *aggregate;
            numbered.number = number;
            held.results().add(numbered, slot);
        } else if (const auto* alert = std::get_if<AlertRow>(&*row)) {
            AlertRow numbered = *alert;
            numbered.number = number;
            held.results().add(numbered);
        }
    }
}

void Checkpointer::restore_gaps(ByteReader& in) {
    gaps_saved_ = true;
    while (in.left() > 0 && in.ok()) {
        const auto number = in.get<std::uint64_t>();
        const auto row = wire::decode_row(in.get_bytes(in.get<std::uint16_t>()));
        if (row && std::holds_alternative<wire::GapRow>(*row))
            gaps_.push_back({.row = std::get<wire::GapRow>(*row), .number = number});
    }
}

// A gap is found once, at start: it must be as durable as the position that the checkpoint moves past it.
void Checkpointer::save_gaps(bool room) {
    if (room || gaps_.empty()) {
        if (gaps_saved_) add_state(gaps_key, {});
        return;
    }
    ByteWriter out(scratch_);
    for (const Gap& gap : gaps_) {
        std::array<std::byte, wire::row_bytes_max> row;
        const std::size_t size = wire::encode_row(gap.row, row);
        out.put(gap.number);
        out.put(static_cast<std::uint16_t>(size));
        out.put_bytes(std::span(row).first(size));
    }
    if (!out.ok()) std::abort();
    add_state(gaps_key, out.written());
}

ResultTotals Checkpointer::totals(Intake::Held& held) const noexcept {
    ResultTotals totals = restored_;
    for (const ResultList* list : std::initializer_list<const ResultList*>{&held.results(), taken_.get()}) {
        totals.merged += list->merged();
        totals.alerts_lost += list->alerts_lost();
        totals.aggregates_lost += list->aggregates_lost();
    }
    return totals;
}

Checkpointer::InMemory Checkpointer::in_memory(Intake::Held& held) const noexcept {
    InMemory in_memory;
    const auto older = [&in_memory](std::uint64_t number) {
        if (number != 0 && (in_memory.oldest_number == 0 || number < in_memory.oldest_number))
            in_memory.oldest_number = number;
    };
    for (const ResultList* list : std::initializer_list<const ResultList*>{&held.results(), taken_.get()}) {
        in_memory.rows += list->aggregates().size() + list->alerts().size();
        in_memory.readings += list->readings();
        older(list->oldest_number());
    }
    for (const Gap& gap : gaps_) {
        if (gap.number == 0) continue;
        ++in_memory.rows;
        older(gap.number);
    }
    return in_memory;
}

Outcome<> Checkpointer::reopen() {
    store_.reset();
    auto store = Store::open(file_, limits_);
    if (!store) return failure(store.error());
    store_ = std::move(*store);
    return {};
}

void Checkpointer::add_state(std::string_view key, std::span<const std::byte> value) {
    // Spans into state_bytes_ stay valid because its capacity suffices for everything.
    if (state_bytes_.capacity() - state_bytes_.size() < key.size() + value.size() || state_.size() == state_.capacity())
        std::abort();
    const std::size_t at = state_bytes_.size();
    const auto key_bytes = std::as_bytes(std::span(key.data(), key.size()));
    state_bytes_.insert(state_bytes_.end(), key_bytes.begin(), key_bytes.end());
    state_bytes_.insert(state_bytes_.end(), value.begin(), value.end());
    state_.push_back({{reinterpret_cast<const char*>(state_bytes_.data() + at), key.size()},
                      {state_bytes_.data() + at + key.size(), value.size()}});
}

void Checkpointer::save_own(Intake::Held& held, bool room) {
    ByteWriter alerts(scratch_);
    publisher_.save(alerts);
    add_state(alerts_key, alerts.written());

    outputs_copied_ = outputs_.version();
    if (!outputs_.empty()) {
        ByteWriter waiting(scratch_);
        outputs_.save(waiting);
        add_state(outputs_key, waiting.written());
    } else if (outputs_saved_) {
        add_state(outputs_key, {});
    }

    const ResultTotals sums = totals(held);
    ByteWriter out(scratch_);
    out.put(sums.merged);
    out.put(sums.alerts_lost);
    out.put(sums.aggregates_lost);
    add_state(totals_key, out.written());
    save_gaps(room);

    if (room) {
        if (held_results_saved_) add_state(results_key, {});
        return;
    }
    ByteWriter rows(scratch_);
    std::array<std::byte, wire::row_bytes_max> wire_row;
    const auto put = [&](std::uint64_t number, std::uint32_t slot, std::size_t size) {
        rows.put(number);
        rows.put(slot);
        rows.put(static_cast<std::uint16_t>(size));
        rows.put_bytes(std::span(wire_row).first(size));
    };
    for (const auto& entry : held.results().aggregates())
        put(entry.row.number, entry.key / 2, wire::encode_row(entry.row, wire_row));
    for (const AlertRow& row : held.results().alerts()) put(row.number, 0, wire::encode_row(row, wire_row));
    if (!rows.ok()) std::abort();  // scratch_ is sized for as many rows as there can be
    add_state(results_key, rows.written());
}

void Checkpointer::copy_state(Intake::Held& held, bool with_models, bool room) {
    state_.clear();
    state_bytes_.clear();
    const std::optional<std::uint64_t> models_since = with_models ? std::optional(models_committed_) : std::nullopt;
    held.pipeline().save(committed_, models_since, scratch_,
                         [this](std::string_view key, std::span<const std::byte> value) { add_state(key, value); });
    save_own(held, room);
    for (const Extra& extra : extra_) add_state(extra.key, extra.value);
}

template <class Row>
void Checkpointer::add_row(RowKind kind, std::uint64_t readings, const Row& row, std::uint64_t number) {
    const std::size_t at = row_bytes_.size();
    row_bytes_.resize(at + wire::row_bytes_max);
    const std::size_t size = wire::encode_row(row, std::span(row_bytes_).subspan(at));
    row_bytes_.resize(at + size);
    rows_.push_back({.number = number, .kind = kind, .readings = readings, .wire = {row_bytes_.data() + at, size}});
}

void Checkpointer::encode_rows(bool room) {
    rows_.clear();
    row_bytes_.clear();
    if (room) {
        for (const Gap& gap : gaps_) add_row(RowKind::gap, 0, gap.row, gap.number);
    }
    for (const AlertRow& row : taken_->alerts()) add_row(RowKind::alert, 0, row, row.number);
    for (const auto& entry : taken_->aggregates())
        add_row(RowKind::aggregate, entry.row.parts.count, entry.row, entry.row.number);
    // The store takes rows in the order of their numbers.
    std::sort(rows_.begin(), rows_.end(), [](const OutboxRow& a, const OutboxRow& b) { return a.number < b.number; });
}

bool Checkpointer::rows_fit(Intake::Held& held) const noexcept {
    std::uint64_t bytes = gaps_.size() * row_disk_bytes_max(row_beside_bytes_max);
    for (const auto& entry : held.results().aggregates())
        bytes += row_disk_bytes_max(entry.row.channel.size() + row_beside_bytes_max);
    for (const AlertRow& row : held.results().alerts())
        bytes += row_disk_bytes_max(row.channel.size() + row_beside_bytes_max);
    return store_->room_for_results() && bytes <= store_->room_for_rows();
}

Outcome<> Checkpointer::checkpoint(bool with_models) {
    if (store_ == nullptr) {
        if (auto opened = reopen(); !opened) return opened;
    }
    bool room = false;
    const std::uint64_t boot = store_->boot();
    std::uint64_t position = 0;
    {
        Intake::Held held(intake_);
        position = held.pipeline().position();
        const bool nothing_new = position == committed_ && held.results().empty() && gaps_.empty() && extra_.empty() &&
                                 outputs_.version() == outputs_committed_;
        if (nothing_new && !with_models) return {};
        room = rows_fit(held);
        if (!room) {
            held.results().shrink(shrunk_aggregates_max_);
            room = rows_fit(held);
        }
        for (Gap& gap : gaps_) {
            if (room && gap.number == 0) gap.number = held.pipeline().next_number();
        }
        copy_state(held, with_models, room);
        if (room) taken_ = held.swap_results(std::move(taken_));
    }
    encode_rows(room);
    if (auto committed = commit(boot, position); !committed) {
        take_back();
        return committed;
    }
    committed_ = position;
    outputs_committed_ = outputs_copied_;
    if (with_models) models_committed_ = position;
    held_results_saved_ = !room;
    extra_.clear();
    ++checkpoints_;
    Intake::Held held(intake_);
    gaps_saved_ = !room && !gaps_.empty();
    if (room) gaps_.clear();
    taken_->clear();
    count(held);
    // What was given up while the commit was under way may be newer than it.
    const bool all_kept = held.inbox().first() <= position + 1;
    held.inbox().free_through(position);
    held.pipeline().copies_saved(position);
    if (all_kept) intake_.durable_again();
    return {};
}

void Checkpointer::count(Intake::Held&) noexcept {
    if (store_ == nullptr) return;
    counted_ = {store_->outbox(), store_->delivered_rows(), store_->delivered_readings()};
}

Outcome<> Checkpointer::commit(std::uint64_t boot, std::uint64_t position) {
    auto committed = store_->commit({.boot = boot, .position = position, .state = state_, .rows = rows_});
    if (committed) return committed;
    if (auto opened = reopen(); !opened) return failure(committed.error() + "; " + opened.error());
    // The error may have come after the commit: what was read back decides.
    if (store_->boot() == boot && store_->position() == position && position != committed_) return {};
    return committed;
}

void Checkpointer::take_back() {
    Intake::Held held(intake_);
    if (taken_->empty()) return;
    taken_->absorb(held.results());
    taken_ = held.swap_results(std::move(taken_));
}

}  // namespace redshank
