#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/allow_list.hpp"
#include "model/outcome.hpp"
#include "storage/sqlite/database.hpp"

namespace redshank {

// Which key speaks for which agent: one to one. The allow list decides where it names an id, and moves that id to its
// key; else the first id that a key uses is its own for good, in the table `keys`. The caller holds the transaction.
class KeyBindings {
public:
    static Outcome<std::unique_ptr<KeyBindings>> prepare(Database& database);

    // Empty: this key speaks for this agent. Else why not. A failure: the database failed.
    Outcome<std::string> why_not(const AllowList& allowed, std::string_view key, std::string_view agent,
                                 std::int64_t now_ns);

private:
    KeyBindings(Statement of_key, Statement of_agent, Statement bind);

    Statement of_key_;
    Statement of_agent_;
    Statement bind_;
};

}  // namespace redshank
