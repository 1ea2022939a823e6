#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace redshank::sim {

struct SimulatorOptions {
    std::string broker;
    std::string client_id;
    std::string result;  // file; empty: none

    std::string csv;  // empty: synthetic load
    std::string topic;
    std::vector<std::string> columns;  // COLUMN or COLUMN=FIELD
    std::string time_field = "ts";     // empty: messages carry no time
    double rows_per_second = 0;        // 0: as fast as the broker takes them
    bool repeat = false;
    std::size_t start_row = 0;
    std::size_t rows = 0;  // 0: to the end

    std::size_t devices = 1;
    double rate = 100;    // messages a second, all devices together
    double seconds = 10;  // 0: until a signal
    std::size_t values = 1;
    std::string topic_prefix = "load";

    double wait_seconds = 30;  // for outstanding acknowledgements at the end
};

}  // namespace redshank::sim
