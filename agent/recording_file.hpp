#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "model/outcome.hpp"

namespace redshank {

// Lines into a file, or to standard output. A file that would grow beyond its bound becomes FILE.1, the one that was
// FILE.1 becomes FILE.2 and so on, and the oldest goes. Mode 0600.
//   Thread: one. Errors: what is there already is not replaced unless it is to be; what the system refuses.
class RecordingFile {
public:
    struct Settings {
        std::filesystem::path file;  // empty: standard output
        std::uint64_t bytes_max = 64ULL << 20;
        std::uint32_t keep = 1;  // old files
        bool replace = false;
    };
    static Outcome<> check(const Settings& settings);  // before anything is changed

    explicit RecordingFile(Settings settings) : settings_(std::move(settings)) {}
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;

    Outcome<> begin();
    Outcome<> add(std::string_view line);  // adds the line break
    Outcome<> flush();

    std::uint64_t bytes() const noexcept { return bytes_all_; }
    std::uint64_t rotations() const noexcept { return rotations_; }
    bool reader_gone() const noexcept { return reader_gone_; }  // of standard output: a failure that is none

private:
    std::filesystem::path old_file(std::uint32_t number) const;
    Outcome<> open_new();
    Outcome<> rotate();
    tl::unexpected<std::string> wrong(const std::string& what) const;

    Settings settings_;
    int file_ = -1;
    std::string waiting_;
    std::uint64_t bytes_ = 0;  // of this file, the waiting ones included
    std::uint64_t bytes_all_ = 0;
    std::uint64_t rotations_ = 0;
    bool reader_gone_ = false;
};

}  // namespace redshank
