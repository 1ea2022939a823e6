#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/settings.hpp"

namespace redshank {

// `redshank model ...` and `redshank keygen`: what the command line does, in a process of its own. Models are asked of
// the running agent and given to it by its control socket; secret keys are read here and never reach the agent.
class ModelCommands {
public:
    // configuration and json: where --config and --json of these commands go.
    ModelCommands(CLI::App& app, std::string& configuration, bool& json);

    bool keygen_parsed() const { return keygen_->parsed(); }
    bool model_parsed() const { return model_->parsed(); }

    int keygen() const;  // exit code
    int model(const Settings& settings) const;

private:
    CLI::App* leaf(const std::string& name, const std::string& meaning, bool figures);
    CLI::App* of_group(const std::string& name, const std::string& meaning, bool figures = false);

    int print_figures(const std::filesystem::path& socket, const std::string& request) const;
    int export_file(const std::filesystem::path& socket) const;
    int import_file(const std::filesystem::path& socket) const;
    int send(const std::filesystem::path& socket) const;

    std::string& configuration_;
    bool& json_;
    std::string key_file_;
    std::string uplink_key_file_;
    std::string group_;
    std::string out_;
    std::string sign_;
    std::string file_;
    std::string to_;
    bool unsigned_ = false;
    bool retain_ = false;
    CLI::App* keygen_ = nullptr;
    CLI::App* model_ = nullptr;
    CLI::App* list_ = nullptr;
    CLI::App* show_ = nullptr;
    CLI::App* export_ = nullptr;
    CLI::App* import_ = nullptr;
    CLI::App* accept_ = nullptr;
    CLI::App* rollback_ = nullptr;
    CLI::App* reset_ = nullptr;
    CLI::App* send_ = nullptr;
};

}  // namespace redshank
