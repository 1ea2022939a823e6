#include "collector/ingest.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include "collector/tables.hpp"
#include "drivers/uplink/digest.hpp"

namespace redshank {
namespace {

enum Sentence : std::size_t { find_agent, greet_agent, advance_agent, begin_part, keep_part, undo_part };
constexpr std::array<std::string_view, 6> sentences{
    "SELECT last_seq, digest FROM agents WHERE agent = ?1 AND incarnation = ?2",
    "INSERT INTO agents(agent, incarnation, boot, last_seq, last_seen_ns, digest) VALUES (?1, ?2, ?3, 0, ?4, x'') "
    "ON CONFLICT DO UPDATE SET boot = excluded.boot, last_seen_ns = excluded.last_seen_ns",
    "INSERT INTO agents(agent, incarnation, boot, last_seq, last_seen_ns, digest) VALUES (?1, ?2, 0, ?3, ?4, ?5) "
    "ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, last_seen_ns = excluded.last_seen_ns, "
    "digest = excluded.digest",
    "SAVEPOINT part",
    "RELEASE part",
    "ROLLBACK TO part",
};

// An answer, or why there is none, from a database that works.
Outcome<Outcome<wire::Frame>> answer(wire::Frame frame) {
    return Outcome<wire::Frame>(std::move(frame));
}

Outcome<Outcome<wire::Frame>> not_taken(std::string why) {
    return Outcome<wire::Frame>(failure(std::move(why)));
}

// Empty for frames that only a collector sends.
std::string_view agent_of(const wire::Frame& frame) {
    if (const auto* hello = std::get_if<wire::Hello>(&frame)) return hello->agent;
    if (const auto* batch = std::get_if<wire::Batch>(&frame)) return batch->agent;
    if (const auto* skip = std::get_if<wire::Skip>(&frame)) return skip->agent;
    return {};
}

std::string origin_text(const RowTables::Origin& origin, std::uint64_t sequence) {
    return std::string(origin.agent) + ", incarnation " + std::to_string(origin.incarnation) + ", batch " +
           std::to_string(sequence) + ": ";
}

}  // namespace

Outcome<std::unique_ptr<Ingest>> Ingest::open(const std::filesystem::path& file) {
    std::unique_ptr<Ingest> ingest(new Ingest);
    auto database = open_tables(file);
    if (!database) return failure(database.error());
    ingest->database_ = std::move(*database);
    auto rows = RowTables::prepare(*ingest->database_);
    if (!rows) return failure(rows.error());
    ingest->rows_ = std::move(*rows);
    auto bindings = KeyBindings::prepare(*ingest->database_);
    if (!bindings) return failure(bindings.error());
    ingest->bindings_ = std::move(*bindings);
    for (const std::string_view sentence : sentences) {
        auto statement = ingest->database_->prepare(sentence);
        if (!statement) return failure(statement.error());
        ingest->statements_.push_back(std::move(*statement));
    }
    return ingest;
}

Outcome<Ingest::Answers> Ingest::apply(std::span<const std::vector<std::byte>> frames, std::int64_t now_ns,
                                       std::span<const std::string> senders) {
    Answers answers;
    answers.reserve(frames.size());
    auto transaction = Transaction::begin(*database_);
    locked_ = !transaction && database_->busy();
    if (!transaction) return failure(transaction.error());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        auto taken = take(frames[i], i < senders.size() ? std::string_view(senders[i]) : "", now_ns);
        if (!taken) return failure(taken.error());
        answers.push_back(std::move(*taken));
    }
    if (auto committed = transaction->commit(); !committed) {
        locked_ = database_->busy();
        return failure(committed.error());
    }
    // What went into a file that nobody will find again must not be acknowledged.
    if (!database_->in_place()) {
        return failure(database_->path() + ": was removed or replaced while it was open; nothing more is acknowledged");
    }
    return answers;
}

Ingest::Answer Ingest::take(std::span<const std::byte> frame, std::string_view sender, std::int64_t now_ns) {
    const auto decoded = wire::decode_frame(frame);
    if (!decoded) return not_taken(decoded.error());
    if (const std::string_view agent = agent_of(*decoded); allowed_ != nullptr && !agent.empty()) {
        auto why = bindings_->why_not(*allowed_, sender, agent, now_ns);
        if (!why) return failure(why.error());
        if (!why->empty()) return not_taken(std::move(*why));
    }
    if (const auto* hello = std::get_if<wire::Hello>(&*decoded)) return take_hello(*hello, now_ns);
    if (const auto* batch = std::get_if<wire::Batch>(&*decoded)) return take_batch(*batch, frame, now_ns);
    if (const auto* skip = std::get_if<wire::Skip>(&*decoded)) return take_skip(*skip, now_ns);
    return not_taken("frame that only a collector sends");
}

Ingest::Answer Ingest::take_hello(const wire::Hello& hello, std::int64_t now_ns) {
    const auto known = find(hello.agent, hello.incarnation);
    if (!known) return failure(known.error());
    Statement& greet = statements_[greet_agent];
    greet.bind(1, hello.agent).bind(2, hello.incarnation).bind(3, hello.boot).bind(4, now_ns);
    if (auto greeted = greet.run(); !greeted) return failure(greeted.error());
    return answer(wire::Welcome{hello.incarnation, known->last_sequence, known->digest});
}

Ingest::Answer Ingest::take_batch(const wire::Batch& batch, std::span<const std::byte> frame, std::int64_t now_ns) {
    const RowTables::Origin origin{batch.agent, batch.incarnation};
    const auto known = find(batch.agent, batch.incarnation);
    if (!known) return failure(known.error());
    if (batch.sequence <= known->last_sequence) {
        return answer(wire::Acknowledge{batch.incarnation, known->last_sequence});
    }
    if (batch.sequence - known->last_sequence != 1) {
        return answer(wire::Refuse{batch.incarnation, known->last_sequence + 1});
    }

    std::vector<wire::Row> rows;
    rows.reserve(batch.rows.size());
    for (const auto bytes : batch.rows) {
        auto row = wire::decode_row(bytes);
        if (!row) return not_taken(origin_text(origin, batch.sequence) + row.error());
        rows.push_back(*row);
    }

    if (auto begun = statements_[begin_part].run(); !begun) return failure(begun.error());
    const auto put = put_rows(origin, rows);
    if (!put) return failure(put.error());
    if (*put == RowTables::Put::impossible) {
        if (auto undone = statements_[undo_part].run(); !undone) return failure(undone.error());
        if (auto released = statements_[keep_part].run(); !released) return failure(released.error());
        return not_taken(origin_text(origin, batch.sequence) + "counts more readings than there can be");
    }
    if (auto kept = statements_[keep_part].run(); !kept) return failure(kept.error());
    if (auto advanced = remember(origin, {batch.sequence, wire::digest_of(frame)}, now_ns); !advanced) {
        return failure(advanced.error());
    }
    return answer(wire::Acknowledge{batch.incarnation, batch.sequence});
}

Ingest::Answer Ingest::take_skip(const wire::Skip& skip, std::int64_t now_ns) {
    const RowTables::Origin origin{skip.agent, skip.incarnation};
    const auto known = find(skip.agent, skip.incarnation);
    if (!known) return failure(known.error());
    if (skip.last <= known->last_sequence) return answer(wire::Acknowledge{skip.incarnation, known->last_sequence});
    if (skip.first != known->last_sequence + 1) {
        return answer(wire::Refuse{skip.incarnation, known->last_sequence + 1});
    }
    const wire::GapRow gap{0, skip.first, skip.last, skip.last - skip.first + 1, wire::GapReason::collector_behind};
    if (auto put = rows_->put(origin, gap); !put) return failure(put.error());
    if (auto advanced = remember(origin, {skip.last, {}}, now_ns); !advanced) return failure(advanced.error());
    return answer(wire::Acknowledge{skip.incarnation, skip.last});
}

Outcome<Ingest::Known> Ingest::find(std::string_view agent, std::uint64_t incarnation) {
    Statement& statement = statements_[find_agent];
    const auto found = statement.bind(1, agent).bind(2, incarnation).step();
    if (!found) return failure(found.error());
    Known known;
    if (*found) {
        known.last_sequence = statement.unsigned_integer(0);
        const auto digest = statement.blob(1);
        if (digest.size() == known.digest.size()) std::copy(digest.begin(), digest.end(), known.digest.begin());
    }
    statement.reset();
    return known;
}

Outcome<> Ingest::remember(const RowTables::Origin& origin, const Known& known, std::int64_t now_ns) {
    Statement& advance = statements_[advance_agent];
    advance.bind(1, origin.agent).bind(2, origin.incarnation).bind(3, known.last_sequence).bind(4, now_ns);
    const std::span<const std::byte> digest(known.digest);
    advance.bind(5, known.digest == wire::Digest{} ? digest.first(0) : digest);
    return advance.run();
}

Outcome<RowTables::Put> Ingest::put_rows(const RowTables::Origin& origin, std::span<const wire::Row> rows) {
    for (const wire::Row& row : rows) {
        auto put = std::visit([&](const auto& value) { return rows_->put(origin, value); }, row);
        if (!put || *put == RowTables::Put::impossible) return put;
    }
    return RowTables::Put::done;
}

}  // namespace redshank
