#include "agent/command_line.hpp"

int main(int argc, char** argv) {
    return redshank::command_line(argc, argv, {redshank::run_agent, redshank::run_replay});
}
