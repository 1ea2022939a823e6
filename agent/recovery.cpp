#include "agent/recovery.hpp"

#include <array>
#include <map>
#include <system_error>

#include "agent/settings_parse.hpp"
#include "agent/subscriptions.hpp"
#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::string_view inbox_key = "agent/inbox";  // incarnation and boot that the inbox file was begun under
constexpr std::size_t look_every_records = 256;

Outcome<> make_directory(const std::filesystem::path& directory) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(directory, error);
    if (error) return failure(directory.string() + ": " + error.message());
    if (made) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    return {};
}

// What the database holds for the wiring, beside the pipeline's and the checkpointer's own.
struct StoredWiring {
    std::map<std::string, SubscriptionTable> subscriptions;  // by the broker's name, also of those that are gone

    void assign(const Settings& settings) {
        for (std::size_t broker = 0; broker < broker_count(settings); ++broker) {
            subscriptions[broker_at(settings, broker).name].assign(settings, broker);
        }
    }

    std::uint64_t inbox_incarnation = 0;
    std::uint64_t inbox_boot = 0;
    bool any = false;
};

Outcome<StoredWiring> read_wiring(Store& store) {
    StoredWiring wiring;
    const auto read = store.each_state([&](std::string_view key, std::span<const std::byte> value) {
        wiring.any = true;
        if (const auto broker = SubscriptionTable::broker_of_key(key)) wiring.subscriptions[*broker].read(value);
        if (key != inbox_key) return;
        ByteReader in(value);
        wiring.inbox_incarnation = in.get<std::uint64_t>();
        wiring.inbox_boot = in.get<std::uint64_t>();
    });
    if (!read) return failure(read.error());
    return wiring;
}

class Recovery {
public:
    explicit Recovery(const Settings& settings)
        : settings_(settings),
          database_(settings.agent.state_dir / "redshank.db"),
          inbox_file_(settings.agent.runtime_dir / "inbox") {}

    Outcome<Recovered> run();

private:
    Outcome<> prepare();
    Outcome<> find_leftover();
    Outcome<> build(const Settings& settings, std::unique_ptr<InboxLog> inbox, std::unique_ptr<Store> store);
    Outcome<> replay_leftover(std::uint64_t first, std::uint64_t end);
    Outcome<> finish_leftover();
    Outcome<> begin_inbox(std::uint64_t first_position, const InboxIdentity& identity);
    void begin_adopted();
    void add_gap(std::uint64_t covered, std::uint64_t first);
    Outcome<> append_down();
    void keep_identity(const InboxIdentity& identity);
    bool half_full();
    void note(std::string text) { result_.notes.push_back(std::move(text)); }

    const Settings& settings_;
    std::filesystem::path database_;
    std::filesystem::path inbox_file_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<InboxLog> leftover_;
    bool adopts_ = false;  // the leftover is a lost database's: it goes on in a boot of its own
    StoredWiring wiring_;
    Recovered result_;
};

Outcome<> Recovery::prepare() {
    for (const auto& directory : {settings_.agent.state_dir, settings_.agent.runtime_dir}) {
        if (auto made = make_directory(directory); !made) return made;
    }
    auto runtime_lock = DirectoryLock::take(settings_.agent.runtime_dir / "lock");
    if (!runtime_lock) return failure(runtime_lock.error());
    auto state_lock = DirectoryLock::take(settings_.agent.state_dir / "lock");
    if (!state_lock) return failure(state_lock.error());
    result_.runtime_lock = std::move(*runtime_lock);
    result_.state_lock = std::move(*state_lock);
    auto store = Store::open(database_, Checkpointer::limits_of(settings_));
    if (!store) return failure(store.error());
    store_ = std::move(*store);
    auto wiring = read_wiring(*store_);
    if (!wiring) return failure(wiring.error());
    wiring_ = std::move(*wiring);
    return {};
}

// The inbox counts when it is of this kernel's boot and of this database, or of one that was deleted or replaced by an
// older copy since.
Outcome<> Recovery::find_leftover() {
    auto opened = InboxLog::open(inbox_file_);
    if (!opened) {
        note("the inbox cannot be used and is begun anew: " + opened.error());
        return {};
    }
    if (*opened == nullptr) return {};
    InboxLog& inbox = **opened;
    const InboxIdentity& identity = inbox.identity();
    if (identity.kernel_boot_id != kernel_boot_id()) {
        note("the inbox is of an earlier boot of this machine: what the last checkpoint does not hold is gone");
        return {};
    }
    const bool same_incarnation =
        identity.incarnation == store_->incarnation() || identity.incarnation == wiring_.inbox_incarnation;
    // The second: an adoption that was interrupted.
    const bool same_boot = identity.boot == store_->boot() || identity.boot == wiring_.inbox_boot;
    // Before the first checkpoint of a boot its inbox holds all of it.
    const bool begun = store_->position() > 0 || inbox.first() == 1;
    const bool continues = same_incarnation && same_boot && begun && inbox.next() > store_->position();
    const bool went_back =
        same_incarnation && (identity.boot > store_->boot() || (identity.boot == store_->boot() && !begun));
    if (continues || went_back || !wiring_.any) {
        adopts_ = !continues;
        if (adopts_) {
            note(std::string(went_back ? "the database is an older copy" : "the database is new") +
                 ": what the inbox still holds goes on in it");
        }
        leftover_ = std::move(*opened);
        return {};
    }
    note("the inbox belongs to another database and is set aside as inbox.foreign: " +
         std::to_string(inbox.next() - inbox.first()) + " records");
    std::error_code error;
    std::filesystem::rename(inbox_file_, inbox_file_.string() + ".foreign", error);
    return {};
}

Outcome<> Recovery::build(const Settings& settings, std::unique_ptr<InboxLog> inbox, std::unique_ptr<Store> store) {
    const std::int64_t offset_ns = inbox->identity().wall_offset_ns;
    auto pipeline = std::make_unique<Pipeline>(settings, store->boot());
    for (std::uint16_t source = 0; source < pipeline->sources().size(); ++source) {
        Source& of = pipeline->sources()[source];
        of.subscription_id = wiring_.subscriptions[of.settings.broker].identifier_of(of.pattern.filter());
    }
    std::string unreadable;
    auto read = store->each_state([&](std::string_view key, std::span<const std::byte> value) {
        if (key.starts_with("agent/") || Checkpointer::is_own_state(key)) return;
        if (!pipeline->restore(key, value)) unreadable = key;
    });
    if (!read) return read;
    if (!unreadable.empty())
        return failure(database_.string() + ": state '" + unreadable + "' cannot be read by this version");
    pipeline->restored();

    result_.publisher.reset();
    result_.checkpointer.reset();
    result_.intake = std::make_unique<Intake>(std::move(pipeline), std::move(inbox),
                                              [offset_ns] { return monotonic_ns() + offset_ns; });
    Intake* intake = result_.intake.get();
    result_.publisher = std::make_unique<AlertPublisher>(
        settings.mqtt.base_topic, settings.capacities.alerts_max, static_cast<std::uint32_t>(rule_slots(settings)),
        [intake](std::uint32_t slot) -> std::optional<AlertRow> {
            Intake::Held held(*intake);
            const AlertRules& rules = held.pipeline().rules();
            const RuleState& state = rules[slot];
            // Of a state that an older version saved before it ever changed, nobody
            // knows since when.
            if (!state.used || state.id.boot == 0) return std::nullopt;
            // A broker hears of its loss afterwards, and only then.
            const auto kind = rules.rule(state.rule).first.kind;
            const bool on_broker = kind == Condition::Kind::broker_lost;
            if (on_broker && !state.ever_changed) return std::nullopt;
            return rules.row(state);
        });
    intake->publish_to(result_.publisher.get());
    result_.outputs = std::make_unique<AlertOutputs>(settings.outputs);
    intake->hand_alerts_to(result_.outputs.get());
    Store& reading = *store;
    result_.checkpointer = std::make_unique<Checkpointer>(std::move(store), database_, *intake, *result_.publisher,
                                                          *result_.outputs, settings);
    return reading.each_state([&](std::string_view key, std::span<const std::byte> value) {
        if (Checkpointer::is_own_state(key)) result_.checkpointer->restore(key, value);
    });
}

bool Recovery::half_full() {
    Intake::Held held(*result_.intake);
    const Capacities& capacities = settings_.capacities;
    return held.results().aggregates().size() > capacities.results_max / 2 ||
           held.results().alerts().size() > capacities.alerts_max / 2;
}

Outcome<> Recovery::replay_leftover(std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t position = first; position < end; ++position) {
        std::optional<Record> record;
        {
            Intake::Held held(*result_.intake);
            record = held.inbox().find(position);
        }
        if (!record) return failure(inbox_file_.string() + ": record " + std::to_string(position) + " is missing");
        result_.intake->replay(*record);
        ++result_.replayed;
        if (result_.replayed % look_every_records == 0 && half_full()) {
            if (auto made = result_.checkpointer->checkpoint(false); !made) return made;
        }
    }
    return {};
}

// The boot begins with the first record that is still there.
void Recovery::begin_adopted() {
    Intake::Held held(*result_.intake);
    const auto oldest = held.inbox().find(held.inbox().first());
    const std::array<std::byte, 1> trusted{static_cast<std::byte>(held.inbox().identity().wall_trusted ? 1 : 0)};
    held.pipeline().on_record({.position = held.inbox().first() - 1,
                               .stamp_ns = oldest ? oldest->stamp_ns : held.inbox().last_stamp_ns(),
                               .kind = RecordKind::began,
                               .body = trusted},
                              *result_.intake);
    keep_identity(held.inbox().identity());
}

void Recovery::add_gap(std::uint64_t covered, std::uint64_t first) {
    if (first <= covered + 1) return;
    result_.checkpointer->add_gap(
        {.boot = result_.checkpointer->store()->boot(),
         .first = covered + 1,
         .last = first - 1,
         .count = first - 1 - covered,
         .reason = adopts_ ? wire::GapReason::database_lost : wire::GapReason::inbox_given_up});
    {
        Intake::Held held(*result_.intake);
        held.pipeline().records_skipped();
    }
    note("records " + std::to_string(covered + 1) + " to " + std::to_string(first - 1) +
         " are gone: a gap is reported");
}

// The process had been away since the last record: `for` and dead-man stand still from there.
Outcome<> Recovery::append_down() {
    const auto filling = [this] {
        Intake::Held held(*result_.intake);
        return held.inbox().used_bytes() > held.inbox().ring_bytes() / 2;
    };
    // Else it might give up what no checkpoint holds.
    if (filling()) {
        if (auto made = result_.checkpointer->checkpoint(false); !made) return made;
    }
    Intake::Held held(*result_.intake);
    if (held.pipeline().rules().all_paused()) return {};
    const auto down = held.inbox().append(RecordKind::down, held.inbox().last_stamp_ns(), {});
    const auto record = held.inbox().find(down.position);
    held.pipeline().on_record(*record, *result_.intake);
    return {};
}

void Recovery::keep_identity(const InboxIdentity& identity) {
    std::vector<std::byte> value(16);
    ByteWriter out(value);
    out.put(identity.incarnation);
    out.put(identity.boot);
    result_.checkpointer->keep(std::string(inbox_key), std::move(value));
}

// Same code, same order, under the configuration the leftover was begun with.
Outcome<> Recovery::finish_leftover() {
    const std::string stored(leftover_->configuration());
    InboxIdentity identity = leftover_->identity();
    const bool changed = stored != settings_.text || adopts_ || identity.boot != store_->boot();
    std::optional<Settings> old;
    if (changed) {
        SettingsExtras as_it_was;
        as_it_was.stored = true;
        auto parsed = parse_settings(stored, "stored configuration", as_it_was);
        if (!parsed) return failure("the leftover's configuration: " + parsed.error().front().text());
        old = std::move(*parsed);
        old->agent = settings_.agent;
    }
    if (adopts_) {
        const auto boot = store_->begin_boot(identity.wall_offset_ns, identity.wall_trusted);
        if (!boot) return failure(boot.error());
    }
    const std::uint64_t covered = store_->position();
    const std::uint64_t first = leftover_->first();
    const std::uint64_t end = leftover_->next();
    const bool nothing_ever = leftover_->last_stamp_ns() == 0;
    if (auto built = build(changed ? *old : settings_, std::move(leftover_), std::move(store_)); !built) return built;
    if (adopts_) begin_adopted();
    add_gap(covered, first);
    if (auto replayed = replay_leftover(std::max(first, covered + 1), end); !replayed) return replayed;
    if (nothing_ever) {
        // Killed between making it and its first record.
        const std::array<std::byte, 1> trusted{static_cast<std::byte>(identity.wall_trusted ? 1 : 0)};
        result_.intake->event(RecordKind::began, trusted);
    }
    if (auto appended = append_down(); !appended) return appended;
    if (!changed) return {};
    if (auto made = result_.checkpointer->checkpoint(true); !made) return made;
    std::uint64_t next = 0;
    {
        Intake::Held held(*result_.intake);
        next = held.inbox().next();
    }
    result_.checkpointer.reset();
    auto store = Store::open(database_, Checkpointer::limits_of(settings_));
    if (!store) return failure(store.error());
    store_ = std::move(*store);
    identity.boot = store_->boot();
    identity.incarnation = store_->incarnation();
    if (stored != settings_.text) note("the configuration changed: the leftover was finished under the former one");
    return begin_inbox(next, identity);
}

Outcome<> Recovery::begin_inbox(std::uint64_t first_position, const InboxIdentity& identity) {
    wiring_.assign(settings_);
    auto inbox =
        InboxLog::create(inbox_file_, identity, settings_.text, settings_.capacities.inbox_bytes, first_position);
    if (!inbox) return failure(inbox.error());
    if (auto built = build(settings_, std::move(*inbox), std::move(store_)); !built) return built;
    const std::array<std::byte, 1> trusted{static_cast<std::byte>(identity.wall_trusted ? 1 : 0)};
    result_.intake->event(RecordKind::began, trusted);
    return {};
}

Outcome<Recovered> Recovery::run() {
    if (auto prepared = prepare(); !prepared) return failure(prepared.error());
    if (auto found = find_leftover(); !found) return failure(found.error());
    Outcome<> done;
    const bool fresh = leftover_ == nullptr;
    if (fresh) {
        InboxIdentity identity;
        identity.wall_offset_ns = wall_ns() - monotonic_ns();
        identity.wall_trusted = wall_plausible();
        identity.kernel_boot_id = kernel_boot_id();
        const auto boot = store_->begin_boot(identity.wall_offset_ns, identity.wall_trusted);
        if (!boot) return failure(boot.error());
        identity.boot = *boot;
        identity.incarnation = store_->incarnation();
        done = begin_inbox(1, identity);
    } else {
        wiring_.assign(settings_);
        done = finish_leftover();
    }
    if (!done) return failure(done.error());

    keep_identity([this] {
        Intake::Held held(*result_.intake);
        return held.inbox().identity();
    }());
    for (std::size_t broker = 0; broker < broker_count(settings_); ++broker) {
        const SubscriptionTable& table = wiring_.subscriptions[broker_at(settings_, broker).name];
        result_.checkpointer->keep(SubscriptionTable::key_of(broker_at(settings_, broker).name), table.write());
        result_.brokers.push_back({.subscriptions = table.wanted(), .unsubscriptions = table.unwanted()});
    }
    if (!settings_.models.trusted_keys.empty()) {
        result_.model_subscription =
            wiring_.subscriptions[settings_.mqtt.name].identifier_of(SubscriptionTable::model_filter(settings_));
    }
    if (settings_.alerts.commands) {
        result_.command_subscription =
            wiring_.subscriptions[settings_.mqtt.name].identifier_of(SubscriptionTable::command_filter(settings_));
    }
    if (auto made = result_.checkpointer->checkpoint(true); !made) return failure(made.error());
    result_.boot = result_.checkpointer->store()->boot();
    return std::move(result_);
}

}  // namespace

Outcome<Recovered> recover(const Settings& settings) {
    return Recovery(settings).run();
}

}  // namespace redshank
