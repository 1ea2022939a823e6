#include "tests/sim/model_agent.hpp"

#include <algorithm>
#include <utility>

namespace redshank::sim {

Agent::Agent(const AgentRules& rules, Surroundings& surroundings, std::int64_t now)
    : pipeline(rules.pipeline), rules_(rules), world_(surroundings) {
    recover(now);
}

// Rules 4 and 8: the checkpoint, then the inbox from its position; without an inbox of this boot, a new boot.
void Agent::recover(std::int64_t now) {
    Database& database = world_.database;
    pipeline.state = database.state;
    if (!world_.inbox || world_.inbox->boot != database.boot) {
        world_.boundary();
        ++database.boot;
        database.position = 0;
        world_.boundary();
        world_.inbox = Inbox{};
        world_.inbox->boot = database.boot;
        world_.boundary();
    }
    Inbox& inbox = *world_.inbox;
    // The stored state may still be the older boot's, also when this boot has records already.
    if (pipeline.state.boot != database.boot) pipeline.begin_boot(database.boot);
    if (inbox.first() > database.position + 1) {
        given_up_through = inbox.first() - 1;
        pipeline.skip_gap(database.position + 1, given_up_through);
    }
    inbox.free_through(database.position);
    for (const Entry& entry : inbox.entries) {
        world_.boundary();
        pipeline.on_record(entry);
    }
    world_.boundary();
    append({.kind = Kind::down}, now);
    acknowledged_ = sent_through_ = database.last_acknowledged;
    last_progress_ = last_checkpoint_ = now;
    world_.hello();
}

void Agent::append(Entry entry, std::int64_t now) {
    Inbox& inbox = *world_.inbox;
    entry.stamp = now;
    entry.position = inbox.next;
    if (inbox.entries.size() >= rules_.inbox_max) {  // rule 7: nobody waits
        given_up_through = inbox.entries.front().position;
        inbox.entries.pop_front();
    }
    world_.boundary();
    inbox.entries.push_back(entry);  // the release store
    ++inbox.next;
    world_.appended(entry);
    world_.boundary();
    const std::size_t alerts = pipeline.state.ring.size();
    pipeline.on_record(entry);
    checkpoint_wanted_ = checkpoint_wanted_ || pipeline.state.ring.size() > alerts ||
                         inbox.entries.size() * 2 >= rules_.inbox_max || entry.kind == Kind::flush;
    world_.boundary();
}

void Agent::connected(bool session_present, std::int64_t now) {
    append({.kind = Kind::connected, .session_present = session_present}, now);
}

void Agent::receive(const Delivery& delivery, std::int64_t now) {
    if (rules_.mistake == Mistake::acknowledge_before_append) {
        world_.broker.from_agent.push_back(delivery.packet_id);
        world_.boundary();
    }
    append({.kind = Kind::message, .delivery = delivery}, now);
    if (rules_.mistake != Mistake::acknowledge_before_append) world_.broker.from_agent.push_back(delivery.packet_id);
    world_.boundary();
}

void Agent::tick(std::int64_t now) {
    if (pipeline.due(now)) append({.kind = Kind::tick}, now);
}

void Agent::flush(std::int64_t now) {
    append({.kind = Kind::flush}, now);
}

void Agent::drain_alerts() {
    if (pipeline.state.ring.empty() || !world_.broker.connected()) return;
    world_.publish_alert(pipeline.state.ring.front());
    world_.boundary();
    pipeline.state.ring.pop_front();  // its PUBACK
}

// Rules 2 and 3: one transaction, made from a copy.
void Agent::begin_checkpoint(std::int64_t now) {
    Transaction transaction;
    transaction.state = pipeline.state;
    transaction.rows = pipeline.results;
    pipeline.freeze();
    world_.boundary();
    if (rules_.mistake == Mistake::free_when_copied) world_.inbox->free_through(transaction.state.position);
    if (rules_.mistake == Mistake::send_before_commit &&
        world_.database.last_acknowledged == world_.database.last_sealed && !transaction.rows.empty()) {
        Batch batch{world_.database.last_sealed + 1, transaction.rows};
        Seal seal{batch.sequence, {}};
        for (const Row& row : batch.rows) seal.numbers.push_back(row.number);
        transaction.seals.push_back(std::move(seal));
        world_.send(batch);
        world_.boundary();
    }
    transaction.done_at = now + world_.commit_takes();
    checkpoint_wanted_ = false;
    last_checkpoint_ = now;
    busy_ = std::move(transaction);
}

// Rule 5: a sequence is given to committed rows only, alerts first, and is committed itself before it leaves.
bool Agent::begin_seal(std::int64_t now) {
    const Database& database = world_.database;
    if (!early_.empty() || database.last_sealed >= database.last_acknowledged + rules_.batches_in_flight) return false;
    Seal seal{database.last_sealed + 1, {}};
    for (const bool alerts : {true, false})
        for (const StoredRow& stored : database.outbox)
            if (stored.batch == 0 && (stored.row.type == Row::Type::alert) == alerts &&
                seal.numbers.size() < rules_.batch_rows)
                seal.numbers.push_back(stored.row.number);
    if (seal.numbers.empty()) return false;
    Transaction transaction;
    transaction.type = Transaction::Type::seal;
    transaction.seals.push_back(seal);
    transaction.done_at = now + world_.commit_takes();
    if (rules_.mistake == Mistake::seal_in_memory) {
        Batch batch{seal.sequence, {}};
        for (const std::uint64_t number : seal.numbers)
            for (const StoredRow& stored : database.outbox)
                if (stored.row.number == number) batch.rows.push_back(stored.row);
        early_.push_back(batch);
        world_.send(batch);
        world_.boundary();
    }
    busy_ = std::move(transaction);
    return true;
}

void Agent::keeper_step(std::int64_t now) {
    if (busy_) {
        if (now < busy_->done_at) return;
        world_.boundary();
        // After an error nothing is believed: the database is opened again and asked.
        if (!world_.commit_fails() || world_.random.one_in(2)) apply(*busy_);
        const Transaction transaction = *std::exchange(busy_, std::nullopt);
        world_.boundary();
        if (is_applied(transaction))
            after(transaction);
        else if (transaction.type == Transaction::Type::checkpoint)
            checkpoint_wanted_ = true;
        return;
    }
    if (checkpoint_wanted_ || now - last_checkpoint_ >= rules_.loss_window) return begin_checkpoint(now);
    if (acknowledged_ > world_.database.last_acknowledged && acknowledged_ <= world_.database.last_sealed) {
        Transaction transaction;
        transaction.type = Transaction::Type::acknowledge;
        transaction.acknowledged = acknowledged_;
        transaction.done_at = now + world_.commit_takes();
        busy_ = std::move(transaction);
        return;
    }
    begin_seal(now);
}

void Agent::apply(const Transaction& transaction) {
    Database& database = world_.database;
    if (transaction.type == Transaction::Type::checkpoint) {
        database.position = transaction.state.position;
        database.state = transaction.state;
        for (const Row& row : transaction.rows) database.outbox.push_back({row, 0});
    }
    for (const Seal& seal : transaction.seals) {
        for (StoredRow& stored : database.outbox)
            if (std::find(seal.numbers.begin(), seal.numbers.end(), stored.row.number) != seal.numbers.end())
                stored.batch = seal.sequence;
        database.last_sealed = seal.sequence;
    }
    if (transaction.type == Transaction::Type::acknowledge) {
        database.last_acknowledged = transaction.acknowledged;
        std::erase_if(database.outbox, [&](const StoredRow& stored) {
            if (stored.batch == 0 || stored.batch > transaction.acknowledged) return false;
            ++database.delivered_rows;
            database.delivered_readings += stored.row.messages.size();
            return true;
        });
    }
}

bool Agent::is_applied(const Transaction& transaction) const {
    const Database& database = world_.database;
    switch (transaction.type) {
        case Transaction::Type::checkpoint:
            return database.position == transaction.state.position;
        case Transaction::Type::seal:
            return database.last_sealed == transaction.seals.front().sequence;
        case Transaction::Type::acknowledge:
            return database.last_acknowledged == transaction.acknowledged;
    }
    return false;
}

void Agent::after(const Transaction& transaction) {
    if (transaction.type == Transaction::Type::seal) early_.clear();
    if (transaction.type != Transaction::Type::checkpoint) return;
    if (!transaction.rows.empty()) pipeline.drop_through(transaction.rows.back().number);
    world_.inbox->free_through(transaction.state.position);
}

Batch Agent::batch_of(std::uint64_t sequence) const {
    Batch batch{sequence, {}};
    for (const StoredRow& stored : world_.database.outbox)
        if (stored.batch == sequence) batch.rows.push_back(stored.row);
    return batch;
}

void Agent::uplink_step(std::int64_t now) {
    const Database& database = world_.database;
    if (sent_through_ > database.last_acknowledged && now - last_progress_ >= rules_.resend_after) {
        sent_through_ = database.last_acknowledged;
        last_progress_ = now;
    }
    sent_through_ = std::max(sent_through_, database.last_acknowledged);
    if (sent_through_ >= database.last_sealed) return;
    if (sent_through_ == database.last_acknowledged) last_progress_ = now;
    world_.send(batch_of(++sent_through_));
    world_.boundary();
    if (rules_.mistake == Mistake::delete_when_sent) acknowledged_ = std::max(acknowledged_, sent_through_);
}

void Agent::on_acknowledgement(std::uint64_t last_sequence) {
    const bool early = !early_.empty() || (busy_ && !busy_->seals.empty());
    if (last_sequence > world_.database.last_sealed && !early)
        world_.violation("the collector has a batch that was never sealed");
    acknowledged_ = std::max(acknowledged_, last_sequence);
}

void Agent::die() {
    if (busy_ && world_.random.one_in(2)) apply(*busy_);
    busy_.reset();
}

bool Agent::nothing_left() const {
    return !busy_ && !checkpoint_wanted_ && pipeline.results.empty() && pipeline.state.windows.empty() &&
           pipeline.state.ring.empty() && world_.database.outbox.empty();
}

}  // namespace redshank::sim
