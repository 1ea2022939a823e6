#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "agent/settings.hpp"

namespace redshank {

// `redshank silence`, `redshank ack` and `redshank maintenance`: said to the running agent by its control socket.
class AlertCommands {
public:
    AlertCommands(CLI::App& app, std::string& configuration);

    bool parsed() const { return silence_->parsed() || acknowledge_->parsed() || maintenance_->parsed(); }
    int run(const Settings& settings) const;  // exit code

private:
    CLI::App* command(CLI::App& app, const std::string& name, const std::string& meaning);
    CLI::App* of_alerts(CLI::App& app, const std::string& name, const std::string& meaning);

    std::string& configuration_;
    std::string rule_;
    std::string channel_;
    std::string duration_;
    std::string mode_;
    bool end_ = false;
    CLI::App* silence_ = nullptr;
    CLI::App* acknowledge_ = nullptr;
    CLI::App* maintenance_ = nullptr;
};

}  // namespace redshank
