#include "collector/row_tables.hpp"

#include <array>
#include <limits>
#include <string>

namespace redshank {
namespace {

constexpr std::string_view aggregate_columns =
    "(agent, incarnation, boot, channel, unit, clock, start_ns, length_ns, count, min, max, mean, variance, first, "
    "first_ns, last, last_ns, quality, exponent, pivot, sum_high, sum_low, squares_high, squares_low, min_raw, "
    "max_raw, first_raw, last_raw, squares_clamped, rounded, sketch) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, "
    "?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)";

constexpr const char* find_aggregate =
    "SELECT unit, quality, count, exponent, pivot, sum_high, sum_low, squares_high, squares_low, min_raw, max_raw, "
    "first_raw, first_ns, last_raw, last_ns, squares_clamped, rounded, sketch FROM aggregates "
    "WHERE agent = ?1 AND incarnation = ?2 AND boot = ?3 AND channel = ?4 AND clock = ?5 AND start_ns = ?6 "
    "AND length_ns = ?7";

std::string_view text_of(ClockKind clock) {
    return clock == ClockKind::device ? "device" : "gateway";
}

std::string_view text_of(AlertState state) {
    return state == AlertState::firing ? "firing" : "clear";
}

std::string_view text_of(Severity severity) {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::critical:
            return "critical";
    }
    return "warning";
}

std::string_view text_of(wire::GapReason reason) {
    switch (reason) {
        case wire::GapReason::inbox_given_up:
            return "inbox_given_up";
        case wire::GapReason::database_lost:
            return "database_lost";
        case wire::GapReason::collector_behind:
            return "collector_behind";
        case wire::GapReason::alert_overflow:
            return "alert_overflow";
    }
    return "unknown";
}

Outcome<RowTables::Put> run(Statement& statement) {
    if (auto ran = statement.run(); !ran) return failure(ran.error());
    return RowTables::Put::done;
}

Outcome<RowTables::Put> write(Statement& statement, const RowTables::Origin& origin, const AggregateRow& row) {
    const AggregateParts& parts = row.parts;
    const auto value = [&parts](std::int64_t raw) { return to_double(raw, parts.exponent); };
    std::uint32_t quality = row.quality;
    if (parts.squares_clamped) quality |= quality::squares_clamped;
    if (parts.rounded) quality |= quality::rounded;
    statement.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, row.boot).bind(4, row.channel.view());
    statement.bind(5, row.unit.view()).bind(6, text_of(row.clock)).bind(7, row.start_ns).bind(8, row.length_ns);
    statement.bind(9, parts.count).bind(10, value(parts.min)).bind(11, value(parts.max)).bind(12, parts.mean());
    statement.bind(13, parts.variance()).bind(14, value(parts.first)).bind(15, parts.first_ns);
    statement.bind(16, value(parts.last)).bind(17, parts.last_ns).bind(18, quality).bind(19, parts.exponent);
    statement.bind(20, parts.pivot).bind(21, parts.sum.high).bind(22, parts.sum.low);
    statement.bind(23, parts.squares.high).bind(24, parts.squares.low).bind(25, parts.min).bind(26, parts.max);
    statement.bind(27, parts.first).bind(28, parts.last).bind(29, parts.squares_clamped).bind(30, parts.rounded);
    std::array<std::byte, QuantileSketch::encoded_bytes_max> room;
    ByteWriter sketch(room);
    parts.sketch.write(sketch);
    if (sketch.used() > 0) statement.bind(31, std::span<const std::byte>(sketch.written()));
    return run(statement);
}

AggregateParts parts_of(const Statement& found) {
    AggregateParts parts;
    parts.count = found.unsigned_integer(2);
    parts.exponent = static_cast<std::uint8_t>(found.integer(3));
    parts.pivot = found.integer(4);
    parts.sum = {found.unsigned_integer(6), found.integer(5)};
    parts.squares = {found.unsigned_integer(8), found.unsigned_integer(7)};
    parts.min = found.integer(9);
    parts.max = found.integer(10);
    parts.first = found.integer(11);
    parts.first_ns = found.integer(12);
    parts.last = found.integer(13);
    parts.last_ns = found.integer(14);
    parts.squares_clamped = found.integer(15) != 0;
    parts.rounded = found.integer(16) != 0;
    parts.sketch.read(found.blob(17));
    return parts;
}

}  // namespace

RowTables::RowTables(Database& database, Statement add_aggregate, Statement replace_aggregate, Statement find_aggregate,
                     Statement add_alert, Statement add_gap, Statement add_boot)
    : database_(database),
      add_aggregate_(std::move(add_aggregate)),
      replace_aggregate_(std::move(replace_aggregate)),
      find_aggregate_(std::move(find_aggregate)),
      add_alert_(std::move(add_alert)),
      add_gap_(std::move(add_gap)),
      add_boot_(std::move(add_boot)) {}

Outcome<std::unique_ptr<RowTables>> RowTables::prepare(Database& database) {
    const std::string columns(aggregate_columns);
    auto add = database.prepare("INSERT INTO aggregates" + columns + " ON CONFLICT DO NOTHING");
    auto replace = database.prepare("REPLACE INTO aggregates" + columns);
    auto find = database.prepare(find_aggregate);
    auto alert = database.prepare(
        "INSERT INTO alerts(agent, incarnation, id, rule, channel, state, since_ns, value, severity) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING");
    auto gap = database.prepare(
        "INSERT INTO gaps(agent, incarnation, first_seq, last_seq, count, reason, boot) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING");
    auto boot = database.prepare(
        "INSERT INTO boots(agent, incarnation, boot, from_ns, shift_ns) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT DO NOTHING");
    for (const auto* statement : {&add, &replace, &find, &alert, &gap, &boot}) {
        if (!*statement) return failure(statement->error());
    }
    return std::unique_ptr<RowTables>(new RowTables(database, std::move(*add), std::move(*replace), std::move(*find),
                                                    std::move(*alert), std::move(*gap), std::move(*boot)));
}

Outcome<RowTables::Put> RowTables::put(const Origin& origin, const AggregateRow& row) {
    auto added = write(add_aggregate_, origin, row);
    if (!added || database_.changes() == 1) return added;
    return merge(origin, row);
}

Outcome<RowTables::Put> RowTables::merge(const Origin& origin, AggregateRow row) {
    find_aggregate_.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, row.boot).bind(4, row.channel.view());
    find_aggregate_.bind(5, text_of(row.clock)).bind(6, row.start_ns).bind(7, row.length_ns);
    const auto found = find_aggregate_.step();
    if (!found) return failure(found.error());
    if (!*found) return failure(database_.path() + ": an aggregate that is there cannot be found");

    AggregateParts there = parts_of(find_aggregate_);
    if (!find_aggregate_.text(0).empty()) row.unit.assign(find_aggregate_.text(0));
    row.quality |= static_cast<std::uint32_t>(find_aggregate_.integer(1));
    find_aggregate_.reset();
    constexpr std::uint64_t count_max = std::numeric_limits<std::int64_t>::max();
    if (there.count > count_max - row.parts.count) return Put::impossible;

    there.merge(row.parts);
    row.parts = there;
    return write(replace_aggregate_, origin, row);
}

Outcome<RowTables::Put> RowTables::put(const Origin& origin, const AlertRow& row) {
    const std::string id =
        std::to_string(row.id.boot) + '-' + std::to_string(row.id.position) + '-' + std::to_string(row.id.ordinal);
    add_alert_.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, id).bind(4, row.rule.view());
    add_alert_.bind(5, row.channel.view()).bind(6, text_of(row.state)).bind(7, row.since_ns).bind(8, row.value);
    add_alert_.bind(9, text_of(row.severity));
    return run(add_alert_);
}

Outcome<RowTables::Put> RowTables::put(const Origin& origin, const wire::GapRow& row) {
    add_gap_.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, row.first).bind(4, row.last);
    add_gap_.bind(5, row.count).bind(6, text_of(row.reason)).bind(7, row.boot);
    return run(add_gap_);
}

Outcome<RowTables::Put> RowTables::put(const Origin& origin, const wire::BootRow& row) {
    add_boot_.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, row.boot).bind(4, row.from_ns);
    add_boot_.bind(5, row.shift_ns);
    return run(add_boot_);
}

}  // namespace redshank
