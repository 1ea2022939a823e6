#include "tests/sim/exactly_once_model.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "tests/sim/model_agent.hpp"

namespace redshank::sim {
namespace {

constexpr std::uint32_t no_message = std::numeric_limits<std::uint32_t>::max();

class World {
public:
    World(std::uint64_t seed, const WorldSettings& settings)
        : settings_(settings),
          random_(seed),
          broker_(receive_maximum, packet_ids),
          surroundings_{
              .database = database_,
              .inbox = inbox_,
              .broker = broker_,
              .boundary = [this] { boundary(); },
              .commit_takes = [this] { return commit_takes(); },
              .commit_fails = [this] { return troubled_ && random_.one_in(now_ < stalled_until_ + 3 ? 3 : 40); },
              .random = random_,
              .send = [this](const Batch& batch) { send(batch); },
              .hello = [this] { send({}); },
              .publish_alert = [this](AlertId alert) { published_alerts_.insert(alert); },
              .violation = [this](std::string what) { complain(std::move(what)); },
              .appended = [this](const Entry& entry) { note(entry); }} {
        rules_.mistake = settings.mistake;
        rules_.pipeline.receive_maximum = receive_maximum;
        rules_.pipeline.duplicate_table = settings.mistake != Mistake::no_duplicate_table;
        rules_.loss_window = static_cast<std::int64_t>(random_.between(20, 120));
        rules_.batch_rows = static_cast<std::size_t>(random_.between(1, 8));
        death_every_ = random_.between(300, 6000);
        counted_.assign(settings.messages, 0);
        marked_.assign(settings.messages, false);
        acknowledged_.assign(settings.messages, false);
        covered_.assign(settings.messages, false);
    }

    Report play() {
        while (published_ < settings_.messages || !broker_.idle()) {
            if (published_ == settings_.messages && random_.one_in(500)) break;  // trouble ends some day
            step();
        }
        troubled_ = uplink_out_ = false;
        stalled_until_ = 0;
        if (!drain()) complain("the healed world did not come to rest");
        close_books();
        return std::move(report_);
    }

private:
    static constexpr std::uint32_t receive_maximum = 8;
    // They go round several times in a world, but not within what one power cut or gap can swallow: then a packet id
    // with an equal payload would look like one from before (a limit of MQTT: 65,535 ids).
    static constexpr std::uint32_t packet_ids = 512;

    void boundary() {
        if (troubled_ && random_.one_in(death_every_)) throw Died{settings_.power_cuts && random_.one_in(4)};
    }
    std::int64_t commit_takes() {
        const auto usual = static_cast<std::int64_t>(random_.between(1, 6));
        return std::max(usual, stalled_until_ - now_);
    }
    void complain(std::string what) {
        if (report_.violations.size() < 20) report_.violations.push_back(std::move(what));
    }

    void step() {
        ++now_;
        if (published_ < settings_.messages && random_.one_in(3)) publish();
        if (random_.one_in(2)) broker_.take_acknowledgement();
        collect_acknowledged();
        trouble();
        carry();
        try {
            run_agent();
        } catch (const Died& died) {
            bury(died);
        }
        if (random_.one_in(97)) check_ledger();
    }

    void run_agent() {
        if (!agent_) {
            if (troubled_ && !random_.one_in(5)) return;
            agent_ = std::make_unique<Agent>(rules_, surroundings_, now_);
            return;
        }
        if (!broker_.connected() && (!troubled_ || random_.one_in(4))) agent_->connected(broker_.connect(), now_);
        if (!broker_.to_agent.empty() && !random_.one_in(4)) {
            const Delivery delivery = broker_.to_agent.front();
            broker_.to_agent.pop_front();
            if (delivery.duplicate_flag) ++report_.figures.redelivered;
            agent_->receive(delivery, now_);
        }
        agent_->tick(now_);
        agent_->keeper_step(now_);
        agent_->uplink_step(now_);
        agent_->drain_alerts();
    }

    void publish() {
        const auto device = static_cast<std::uint32_t>(random_.below(4));
        const std::int64_t late = random_.one_in(10) ? static_cast<std::int64_t>(random_.below(200)) : 0;
        // A quarter of the payloads repeat: a hash alone identifies nothing.
        const std::uint64_t hash = random_.one_in(4) ? random_.below(3) : 1000 + published_;
        broker_.publish({published_, device, hash, std::max<std::int64_t>(0, now_ - late), random_.one_in(40)});
        ++published_;
    }

    void trouble() {
        if (!troubled_) return;
        if (broker_.connected() && random_.one_in(400)) broker_.disconnect(random_.below(receive_maximum));
        if (random_.one_in(600)) {
            uplink_out_ = !uplink_out_;
            up_.clear();
            down_.clear();
            if (uplink_out_) ++report_.figures.outages;
        }
        if (settings_.stalls && now_ > stalled_until_ && random_.one_in(1500)) {
            stalled_until_ = now_ + static_cast<std::int64_t>(random_.between(20, 500));
            ++report_.figures.stalls;
        }
    }

    // The link upstream may lose anything at any time.
    void send(const Batch& batch) {
        if (!uplink_out_ && !(troubled_ && random_.one_in(10))) up_.push_back(batch);
    }
    void carry() {
        if (!up_.empty() && random_.one_in(2)) {
            const std::uint64_t last = up_.front().sequence == 0
                                           ? collector_.last()
                                           : collector_.take(up_.front(), counted_, report_.violations);
            up_.pop_front();
            if (!(troubled_ && random_.one_in(10))) down_.push_back(last);
        }
        if (!down_.empty() && random_.one_in(2)) {
            if (agent_) agent_->on_acknowledgement(down_.front());
            down_.pop_front();
        }
    }

    void note(const Entry& entry) {
        if (inbox_->boot != noted_boot_) {
            noted_boot_ = inbox_->boot;
            noted_.clear();
        }
        noted_.resize(static_cast<std::size_t>(entry.position));
        noted_.push_back(entry.kind == Kind::message ? entry.delivery.publication.message : no_message);
    }
    std::uint32_t& noted_at(std::uint64_t position) { return noted_[static_cast<std::size_t>(position)]; }
    void collect_acknowledged() {
        for (const std::uint32_t message : broker_.acknowledged) acknowledged_[message] = true;
        broker_.acknowledged.clear();
    }

    void bury(const Died& died) {
        ++(died.power_cut ? report_.figures.cuts : report_.figures.kills);
        if (agent_) agent_->die();
        agent_.reset();
        broker_.disconnect(random_.below(receive_maximum + 1));
        collect_acknowledged();
        check_ledger();
        settle_gap();
        if (inbox_ && inbox_->boot == database_.boot && noted_boot_ == database_.boot) {
            cover();
            const std::uint64_t first_kept = died.power_cut ? inbox_->next : inbox_->first();
            // Built as it should be, the inbox loses records by rule 7 alone; a mistake finds no excuse here.
            const bool excused = died.power_cut || settings_.mistake != Mistake::free_when_copied;
            if (excused) mark_lost(database_.position + 1, first_kept, died.power_cut);
            if (!died.power_cut && first_kept > database_.position + 1)
                gap_ = Gap{database_.boot, database_.position + 1, first_kept - 1};
        }
        if (died.power_cut) {
            inbox_.reset();
            gap_.reset();
        }
    }
    // What stands in a record below the checkpoint is safe.
    void cover() {
        for (std::uint64_t position = 1; position <= database_.position && position < noted_.size(); ++position)
            if (noted_at(position) != no_message) covered_[noted_at(position)] = true;
    }
    // Records [from, to) are gone. Their messages are lost unless another record has them or the broker does.
    void mark_lost(std::uint64_t from, std::uint64_t to, bool power_cut) {
        std::set<std::uint32_t> kept;
        for (std::uint64_t position = to; position < noted_.size(); ++position) kept.insert(noted_at(position));
        for (std::uint64_t position = from; position < to && position < noted_.size(); ++position) {
            const std::uint32_t message = std::exchange(noted_at(position), no_message);
            if (message == no_message || !acknowledged_[message] || covered_[message] || marked_[message]) continue;
            if (kept.contains(message)) continue;
            marked_[message] = true;
            ++(power_cut ? report_.figures.lost_by_cut : report_.figures.lost_in_gap);
        }
    }
    void settle_gap() {
        if (!gap_ || database_.boot != gap_->boot || database_.position < gap_->last) return;
        expected_gaps_.push_back(*gap_);
        gap_.reset();
    }

    void check_ledger() {
        const PipelineState& state = database_.state;
        std::uint64_t buffered = 0;
        for (const StoredRow& stored : database_.outbox) buffered += stored.row.messages.size();
        if (state.ledger.messages != state.ledger.decoded + state.ledger.duplicate)
            complain("ledger: messages = decoded + duplicate does not hold");
        if (state.ledger.counted != state.open_readings() + buffered + database_.delivered_readings)
            complain("ledger: counted = open + buffered + delivered does not hold");
        if (state.ledger.made != database_.outbox.size() + database_.delivered_rows + state.ledger.merged)
            complain("ledger: made = buffered + delivered + merged does not hold");
    }

    bool drain() {
        constexpr int patience = 60'000;
        bool flushed = false;
        for (int turn = 0; turn < patience; ++turn) {
            step();
            if (published_ < settings_.messages) continue;
            if (!agent_ || !broker_.idle()) continue;
            if (!flushed) {
                agent_->flush(now_);
                flushed = true;
            } else if (agent_->nothing_left()) {
                return true;
            }
        }
        return false;
    }

    void close_books() {
        Figures& figures = report_.figures;
        settle_gap();
        check_ledger();
        for (std::uint32_t message = 0; message < published_; ++message) {
            if (counted_[message] > 1) ++figures.doubled;
            if (counted_[message] == 0 && !marked_[message]) ++figures.lost_without_excuse;
            if (counted_[message] > 0 && marked_[message]) complain("a message reported as lost was counted");
        }
        if (figures.lost_without_excuse > 0)
            complain(std::to_string(figures.lost_without_excuse) + " acknowledged messages were lost");
        if (figures.doubled > 0) complain(std::to_string(figures.doubled) + " messages were counted more than once");
        if (collector_.sum != database_.state.ledger.counted) complain("the collector's sum is not the agent's count");
        if (!std::includes(published_alerts_.begin(), published_alerts_.end(), collector_.alerts.begin(),
                           collector_.alerts.end()))
            complain("an alert went upstream that was never published locally");
        if (figures.cuts == 0 && expected_gaps_.empty() && collector_.alerts != published_alerts_)
            complain("an alert was published locally that upstream does not know");
        check_gaps();
        figures.messages = published_;
        figures.alerts = collector_.alerts.size();
        figures.merged = database_.state.ledger.merged;
        figures.gaps = collector_.gaps.size();
    }
    void check_gaps() {
        if (settings_.mistake != Mistake::none) return;
        bool same = collector_.gaps.size() == expected_gaps_.size();
        for (std::size_t index = 0; same && index < expected_gaps_.size(); ++index) {
            const bool found = std::any_of(collector_.gaps.begin(), collector_.gaps.end(), [&](const Row& row) {
                return row.key.boot == expected_gaps_[index].boot && row.gap_first == expected_gaps_[index].first &&
                       row.gap_last == expected_gaps_[index].last;
            });
            same = found;
        }
        if (!same) complain("the gaps reported are not the records given up");
    }

    struct Gap {
        std::uint64_t boot = 0, first = 0, last = 0;
    };

    WorldSettings settings_;
    Random random_;
    AgentRules rules_;
    std::uint64_t death_every_ = 1;
    Database database_;
    std::optional<Inbox> inbox_;
    Broker broker_;
    Collector collector_;
    Surroundings surroundings_;
    std::unique_ptr<Agent> agent_;
    std::deque<Batch> up_;  // sequence 0 is a hello
    std::deque<std::uint64_t> down_;
    std::int64_t now_ = 1000;
    std::int64_t stalled_until_ = 0;
    bool troubled_ = true;
    bool uplink_out_ = false;
    std::uint32_t published_ = 0;

    Report report_;
    std::set<AlertId> published_alerts_;
    std::vector<std::uint32_t> counted_;  // by the collector, per message
    std::vector<bool> acknowledged_, covered_, marked_;
    std::uint64_t noted_boot_ = 0;
    std::vector<std::uint32_t> noted_;  // message of each position of this boot
    std::optional<Gap> gap_;
    std::vector<Gap> expected_gaps_;
};

}  // namespace

void Figures::add(const Figures& other) {
    messages += other.messages;
    redelivered += other.redelivered;
    kills += other.kills;
    cuts += other.cuts;
    stalls += other.stalls;
    outages += other.outages;
    alerts += other.alerts;
    merged += other.merged;
    gaps += other.gaps;
    lost_by_cut += other.lost_by_cut;
    lost_in_gap += other.lost_in_gap;
    lost_without_excuse += other.lost_without_excuse;
    doubled += other.doubled;
}

Report play(std::uint64_t seed, const WorldSettings& settings) {
    return World(seed, settings).play();
}

}  // namespace redshank::sim
