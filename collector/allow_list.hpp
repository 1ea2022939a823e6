#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/uplink/curve_key.hpp"
#include "model/outcome.hpp"

namespace redshank {

// Who may deliver: public keys, each with the agent it speaks for, where that is laid down.
//   As a text, one a line: a key, and after blanks the agent's id. Empty lines, and lines that begin with '#', say
//   nothing; so does what follows a '#' after a blank. No key and no id is there twice.
class AllowList {
public:
    struct Entry {
        wire::CurvePublicKey key{};
        std::string name;   // of the key, as wire::text_of() writes it
        std::string agent;  // empty: the first id that the key uses
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    // A failure: "line N: ...", never with what stands there, which may be a secret.
    static Outcome<AllowList> parse(std::string_view text);
    static Outcome<AllowList> read(const std::filesystem::path& file);  // "FILE: line N: ..."

    const std::vector<Entry>& entries() const noexcept { return entries_; }
    std::vector<wire::CurvePublicKey> keys() const;
    const Entry* find(std::string_view key_name) const noexcept;  // nullptr: may not
    // The key that an agent's id is given to, or nullptr.
    const Entry* holder_of(std::string_view agent) const noexcept;
    // Everybody who may deliver by `before` may do so by this one, too, under the same id.
    bool keeps_all_of(const AllowList& before) const noexcept;

private:
    std::vector<Entry> entries_;
};

}  // namespace redshank
