#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model/outcome.hpp"

namespace redshank {

// A text that is overwritten before its memory is given back.
class Secret {
public:
    explicit Secret(std::string text) : text_(new std::string(std::move(text)), wipe_and_delete) {}

    // Shared, for a library that keeps it for a while.
    std::shared_ptr<const std::string> text() const noexcept { return text_; }
    void wipe() noexcept { wipe(*text_); }

private:
    static void wipe(std::string& text) noexcept;
    static void wipe_and_delete(std::string* text) noexcept;

    std::shared_ptr<std::string> text_;
};

// The first line of a file that nobody but its owner may read. The failure names the file and never what it holds.
Outcome<Secret> read_password(const std::filesystem::path& file);

}  // namespace redshank
