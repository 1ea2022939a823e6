#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/settings.hpp"
#include "agent/settings_parse_environment.hpp"
#include "model/outcome.hpp"

namespace redshank {

// line and column count from 1, a column is a character.
struct SettingsError {
    std::string file;
    unsigned line = 1;
    unsigned column = 1;
    std::string message;

    std::string text() const;  // "file:line:column: message"
};

// What the command line and the surroundings put in where the file says nothing, or over what it says.
struct SettingsExtras {
    std::string broker_url;           // in place of mqtt.url
    std::vector<std::string> topics;  // a json source for each that no [[source]] has
    bool source_needed = false;       // without any source: a json source "#"
    bool key_files = false;           // the files of keys are read, too: for who is about to use them
    bool stored = false;              // of an earlier start: a disk that is too small by now is none of its errors
    bool files = false;               // those that it names must be there: to run, and to check
    Environment environment = environment_of_process();
};

inline constexpr std::size_t settings_bytes_max = 256U << 10U;

using ParsedSettings = tl::expected<Settings, std::vector<SettingsError>>;

// A configuration (TOML) to settings, or every error in it, in the order of the file; after an error of syntax, that
// one alone. file_name is what errors are called by. Settings::text is the whole of it, extras included, so that
// parsing it anywhere gives the same settings.
ParsedSettings parse_settings(std::string_view text, std::string file_name, const SettingsExtras& extras = {});

// The same from a file.
ParsedSettings load_settings(const std::filesystem::path& file, const SettingsExtras& extras = {});

}  // namespace redshank
