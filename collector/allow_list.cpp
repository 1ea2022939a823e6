#include "collector/allow_list.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "drivers/uplink/wire.hpp"

namespace redshank {
namespace {

constexpr std::size_t file_bytes_max = 1U << 20;  // more than ten thousand agents
constexpr std::string_view blanks = " \t\r";

std::string_view take_word(std::string_view& line) {
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

bool is_agent_id(std::string_view id) {
    return id.size() <= wire::agent_name_bytes_max && id.find_first_of("/+#") == std::string_view::npos;
}

}  // namespace

Outcome<AllowList> AllowList::parse(std::string_view text) {
    AllowList list;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto wrong = [number](const std::string& what) {
            return failure("line " + std::to_string(number) + ": " + what);
        };
        const std::string_view key_text = take_word(line);
        if (key_text.empty() || key_text.starts_with('#')) continue;
        if (wire::is_secret_key_text(key_text)) {
            return wrong(
                "is a secret key: put its public key there, and make a new pair, because this one is no secret any "
                "more");
        }
        const auto key = wire::parse_curve_public_key(key_text);
        if (!key) {
            return wrong(
                "does not begin with a public key as `redshank keygen FILE` prints it: \"curve-public:\" and 40 "
                "characters");
        }
        std::string_view agent = take_word(line);
        if (agent.starts_with('#')) agent = line = {};
        if (!is_agent_id(agent)) return wrong("what follows the key is no agent's id");
        const std::string_view more = take_word(line);
        if (!more.empty() && !more.starts_with('#')) return wrong("there is more than a key and an agent's id");
        Entry entry{*key, wire::text_of(*key), std::string(agent)};
        if (list.find(entry.name) != nullptr) return wrong("the key is there twice");
        if (list.holder_of(agent) != nullptr) return wrong("the agent's id is given to another key already");
        list.entries_.push_back(std::move(entry));
    }
    return list;
}

Outcome<AllowList> AllowList::read(const std::filesystem::path& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(std::fopen(file.c_str(), "re"), &std::fclose);
    const auto unreadable = [&file] { return failure(file.string() + ": cannot be read: " + std::strerror(errno)); };
    if (!opened) return unreadable();
    std::string text(file_bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), opened.get()));
    if (std::ferror(opened.get()) != 0) return unreadable();
    if (text.size() > file_bytes_max) return failure(file.string() + ": is too large");
    auto list = parse(text);
    wire::wipe(text);  // a secret may stand there by mistake
    if (!list) return failure(file.string() + ": " + list.error());
    return list;
}

std::vector<wire::CurvePublicKey> AllowList::keys() const {
    std::vector<wire::CurvePublicKey> keys;
    keys.reserve(entries_.size());
    for (const Entry& entry : entries_) keys.push_back(entry.key);
    return keys;
}

const AllowList::Entry* AllowList::find(std::string_view key_name) const noexcept {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [key_name](const Entry& entry) { return entry.name == key_name; });
    return found == entries_.end() ? nullptr : &*found;
}

const AllowList::Entry* AllowList::holder_of(std::string_view agent) const noexcept {
    if (agent.empty()) return nullptr;
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [agent](const Entry& entry) { return entry.agent == agent; });
    return found == entries_.end() ? nullptr : &*found;
}

bool AllowList::keeps_all_of(const AllowList& before) const noexcept {
    return std::all_of(before.entries_.begin(), before.entries_.end(), [this](const Entry& entry) {
        const Entry* now = find(entry.name);
        return now != nullptr && *now == entry;
    });
}

}  // namespace redshank
