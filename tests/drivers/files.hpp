#pragma once

#include <fstream>
#include <stdexcept>
#include <string_view>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {

// A file with that text, in a directory of its own.
class TextFile {
public:
    explicit TextFile(std::string_view text, std::string_view name = "hall.csv") : path_(directory_ / name) {
        std::ofstream out(path_, std::ios::binary);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        if (!out.flush()) throw std::runtime_error("cannot write " + path_.string());
    }
    const std::filesystem::path& path() const { return path_; }

private:
    TemporaryDirectory directory_;
    std::filesystem::path path_;
};

}  // namespace redshank::test
