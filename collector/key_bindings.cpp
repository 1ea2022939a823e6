#include "collector/key_bindings.hpp"

#include <utility>

namespace redshank {
namespace {

// The one text that the statement finds; empty for none.
Outcome<std::string> ask(Statement& statement, std::string_view what) {
    const auto found = statement.bind(1, what).step();
    if (!found) return failure(found.error());
    std::string text = *found ? std::string(statement.text(0)) : std::string();
    statement.reset();
    return text;
}

std::string shown(std::string_view agent) {
    return "\"" + std::string(agent) + "\"";
}

}  // namespace

KeyBindings::KeyBindings(Statement of_key, Statement of_agent, Statement bind)
    : of_key_(std::move(of_key)), of_agent_(std::move(of_agent)), bind_(std::move(bind)) {}

Outcome<std::unique_ptr<KeyBindings>> KeyBindings::prepare(Database& database) {
    auto of_key = database.prepare("SELECT agent FROM keys WHERE key = ?1");
    if (!of_key) return failure(of_key.error());
    auto of_agent = database.prepare("SELECT key FROM keys WHERE agent = ?1");
    if (!of_agent) return failure(of_agent.error());
    // Both columns are unique: rows that this one contradicts go.
    auto bind = database.prepare("INSERT OR REPLACE INTO keys(key, agent, since_ns) VALUES (?1, ?2, ?3)");
    if (!bind) return failure(bind.error());
    return std::unique_ptr<KeyBindings>(new KeyBindings(std::move(*of_key), std::move(*of_agent), std::move(*bind)));
}

Outcome<std::string> KeyBindings::why_not(const AllowList& allowed, std::string_view key, std::string_view agent,
                                          std::int64_t now_ns) {
    const AllowList::Entry* entry = allowed.find(key);
    if (entry == nullptr) return std::string(key) + " is not in the allow file";
    const bool given = !entry->agent.empty();
    if (given && entry->agent != agent) {
        return std::string(key) + " speaks for " + shown(entry->agent) + " by the allow file, not for " + shown(agent);
    }
    if (const AllowList::Entry* holder = allowed.holder_of(agent); holder != nullptr && holder != entry) {
        return shown(agent) + " is given to another key by the allow file than " + std::string(key);
    }
    const auto known_agent = ask(of_key_, key);
    if (!known_agent) return failure(known_agent.error());
    if (*known_agent == agent) return std::string();
    if (!given && !known_agent->empty()) {
        return std::string(key) + " has spoken for " + shown(*known_agent) + " before, not for " + shown(agent);
    }
    const auto known_key = ask(of_agent_, agent);
    if (!known_key) return failure(known_key.error());
    if (!given && !known_key->empty()) {
        return "another key has spoken for " + shown(agent) + " before than " + std::string(key);
    }
    if (auto bound = bind_.bind(1, key).bind(2, agent).bind(3, now_ns).run(); !bound) return failure(bound.error());
    return std::string();
}

}  // namespace redshank
