#include "tests/sim/simulator_feed.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace redshank::sim {
namespace {

std::vector<std::string> cells_of(std::string line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
}

// The digits go out as they stand in the file; its first column is the device's time.
class RecordedFeed : public Feed {
public:
    explicit RecordedFeed(const SimulatorOptions& options) : options_(options) {
        std::ifstream file(options.csv);
        std::string line;
        if (!std::getline(file, line)) throw std::runtime_error("cannot read " + options.csv);
        const std::vector<std::string> header = cells_of(line);
        std::vector<std::pair<std::string, std::size_t>> columns;
        for (const std::string& column : options.columns) {
            const std::size_t equals = column.find('=');
            const std::string name = column.substr(0, equals);
            const auto found = std::find(header.begin(), header.end(), name);
            if (found == header.end()) throw std::runtime_error(options.csv + " has no column " + name);
            columns.emplace_back(equals == std::string::npos ? name : column.substr(equals + 1),
                                 static_cast<std::size_t>(found - header.begin()));
        }
        for (std::size_t row = 0; std::getline(file, line); ++row) {
            if (row < options.start_row) continue;
            if (options.rows > 0 && payloads_.size() >= options.rows) break;
            payloads_.push_back(payload(cells_of(line), columns));
        }
        if (payloads_.empty()) throw std::runtime_error(options.csv + " has no such rows");
    }
    std::vector<std::string> topics() const override { return {options_.topic}; }
    std::optional<DeviceMessage> next() override {
        if (row_ == payloads_.size()) {
            if (!options_.repeat) return std::nullopt;
            row_ = 0;
        }
        return DeviceMessage{0, payloads_[row_++]};
    }
    double per_second() const override { return options_.rows_per_second; }

private:
    std::string payload(const std::vector<std::string>& cells,
                        const std::vector<std::pair<std::string, std::size_t>>& columns) const {
        std::string text = "{";
        if (!options_.time_field.empty()) text += "\"" + options_.time_field + "\": \"" + cells.at(0) + "\"";
        for (const auto& [name, index] : columns) {
            if (text.size() > 1) text += ", ";
            text += "\"" + name + "\": " + cells.at(index);
        }
        return text + "}";
    }

    SimulatorOptions options_;
    std::vector<std::string> payloads_;
    std::size_t row_ = 0;
};

class LoadFeed : public Feed {
public:
    explicit LoadFeed(const SimulatorOptions& options)
        : options_(options), sequences_(options.devices, 0), left_(std::llround(options.rate * options.seconds)) {}
    std::vector<std::string> topics() const override {
        std::vector<std::string> topics;
        for (std::size_t device = 0; device < options_.devices; ++device)
            topics.push_back(options_.topic_prefix + "/" + std::to_string(device));
        return topics;
    }
    std::optional<DeviceMessage> next() override {
        if (options_.seconds > 0 && left_-- <= 0) return std::nullopt;
        const std::size_t device = turn_++ % options_.devices;
        const std::uint64_t sequence = ++sequences_[device];
        std::string text = "{\"sequence\": " + std::to_string(sequence);
        for (std::size_t value = 1; value <= options_.values; ++value) {
            // A slow saw tooth and a little noise: 20.00 to 22.99.
            const std::uint64_t hundredths = 2000 + (sequence + 37 * value) % 200 + (sequence * 2654435761U >> 7) % 100;
            text += ", \"value" + (options_.values > 1 ? std::to_string(value) : std::string()) +
                    "\": " + std::to_string(hundredths / 100) + "." + std::to_string(hundredths % 100 / 10) +
                    std::to_string(hundredths % 10);
        }
        return DeviceMessage{device, text + "}"};
    }
    double per_second() const override { return options_.rate; }

private:
    SimulatorOptions options_;
    std::vector<std::uint64_t> sequences_;
    std::int64_t left_;
    std::size_t turn_ = 0;
};

}  // namespace

std::unique_ptr<Feed> make_feed(const SimulatorOptions& options) {
    if (options.csv.empty()) return std::make_unique<LoadFeed>(options);
    return std::make_unique<RecordedFeed>(options);
}

}  // namespace redshank::sim
