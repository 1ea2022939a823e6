#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/settings_parse.hpp"

namespace redshank {

struct TextPosition {
    unsigned line = 1;
    unsigned column = 1;
};

// Where each value of a document stands, by a path like "mqtt.url", "rule#0" or "rule#0.name", and what is wrong.
class SettingsReport {
public:
    explicit SettingsReport(std::string file) : file_(std::move(file)) {}

    void found(const std::string& path, TextPosition at) { found_[path] = at; }
    bool has(const std::string& path) const { return found_.contains(path); }

    void error(TextPosition at, std::string message) {
        errors_.push_back({file_, at.line == 0 ? 1 : at.line, at.column == 0 ? 1 : at.column, std::move(message)});
    }
    // At the value of that path, or else at what holds it.
    void error(std::string path, std::string message);

    bool good() const { return errors_.empty(); }
    std::vector<SettingsError> take_errors();  // in the order of the file

private:
    std::string file_;
    std::map<std::string, TextPosition> found_;
    std::vector<SettingsError> errors_;
};

// A name from the document as a message may show it: control characters replaced, long ones cut.
std::string shown(std::string_view name);

}  // namespace redshank
