#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace redshank::test {

// The folder table of the house, applied to every #include line below `root`: who may include whom, and which folder
// each third-party header belongs to. Each offence is one line "file:line: what is wrong", files in order of name.
std::vector<std::string> include_offences(const std::filesystem::path& root);

// Names at the top level that do not belong there.
std::vector<std::string> strangers(const std::filesystem::path& root);

}  // namespace redshank::test
