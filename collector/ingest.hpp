#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/allow_list.hpp"
#include "collector/key_bindings.hpp"
#include "collector/row_tables.hpp"
#include "drivers/uplink/wire.hpp"
#include "model/outcome.hpp"
#include "storage/sqlite/database.hpp"

namespace redshank {

// The collector's side of the protocol (docs/uplink.md), over its database and nothing else: no memory of its own, so
// whatever is lost between two calls is found again in the tables.
//   Invariant: of each (agent, incarnation) exactly the batches 1 .. last_seq are in the tables, once, less the gaps.
//   Thread: one.
class Ingest {
public:
    static Outcome<std::unique_ptr<Ingest>> open(const std::filesystem::path& file);

    // Applies frames in order, all in one transaction that is durable when this returns, and gives an answer to each;
    // a failure in the place of an answer says why that frame was not taken (it then changed nothing and gets no
    // answer). A failure of the whole: the database failed, nothing was applied, nothing may be answered.
    using Answers = std::vector<Outcome<wire::Frame>>;
    //   locked(): it failed because another process holds the database: the same frames can be applied again. A
    //   database whose file was removed or replaced since it was opened fails for good.
    bool locked() const noexcept { return locked_; }
    //   senders: the public key that each frame came by, where connections are encrypted.
    Outcome<Answers> apply(std::span<const std::vector<std::byte>> frames, std::int64_t now_ns,
                           std::span<const std::string> senders = {});
    // From now on a frame is taken only from the key that speaks for its agent. The list must outlive this or the next
    // call; nullptr, as at first: from anybody.
    void admit_by(const AllowList* allowed) noexcept { allowed_ = allowed; }

private:
    struct Known {  // of one incarnation of one agent
        std::uint64_t last_sequence = 0;
        wire::Digest digest{};
    };
    // Outer: the database failed. Inner: this frame cannot be taken.
    using Answer = Outcome<Outcome<wire::Frame>>;

    Ingest() = default;
    Answer take(std::span<const std::byte> frame, std::string_view sender, std::int64_t now_ns);
    Answer take_hello(const wire::Hello& hello, std::int64_t now_ns);
    Answer take_batch(const wire::Batch& batch, std::span<const std::byte> frame, std::int64_t now_ns);
    Answer take_skip(const wire::Skip& skip, std::int64_t now_ns);
    Outcome<Known> find(std::string_view agent, std::uint64_t incarnation);
    Outcome<> remember(const RowTables::Origin& origin, const Known& known, std::int64_t now_ns);
    Outcome<RowTables::Put> put_rows(const RowTables::Origin& origin, std::span<const wire::Row> rows);

    std::unique_ptr<Database> database_;  // ends after the statements
    std::unique_ptr<RowTables> rows_;
    std::unique_ptr<KeyBindings> bindings_;
    std::vector<Statement> statements_;
    const AllowList* allowed_ = nullptr;
    bool locked_ = false;
};

}  // namespace redshank
