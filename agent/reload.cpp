#include "agent/reload.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "drivers/clock.hpp"

namespace redshank {

namespace {

constexpr std::int64_t check_within_ns = 10'000'000'000;
constexpr const char* this_program = "/proc/self/exe";

class Child final : public ConfigurationCheck {
public:
    explicit Child(pid_t process) : process_(process), until_ns_(monotonic_ns() + check_within_ns) {}

    ~Child() override {
        if (process_ <= 0) return;
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }

    Verdict poll() noexcept override {
        int status = 0;
        const pid_t ended = waitpid(process_, &status, WNOHANG);
        if (ended == 0) return monotonic_ns() < until_ns_ ? Verdict::running : Verdict::bad;
        process_ = -1;
        return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Verdict::good : Verdict::bad;
    }

private:
    pid_t process_;
    std::int64_t until_ns_;
};

std::vector<char*> pointers(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

std::unique_ptr<ConfigurationCheck> ConfigurationCheck::begin(const RunOptions& options) {
    if (!options.configuration_file) {
        spdlog::warn("reload: there is no configuration file to read again");
        return nullptr;
    }
    // The same command line, so that --broker and --topic count there, too.
    std::vector<std::string> arguments = options.arguments;
    arguments.at(1) = "check";  // was "run"
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t process = -1;
    const int error = posix_spawn(&process, this_program, &files, nullptr, pointers(arguments).data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        spdlog::error("reload: the check could not be started");
        return nullptr;
    }
    return std::make_unique<Child>(process);
}

void execute_again(const RunOptions& options) {
    // The mask stays: a second SIGHUP that is pending by now must not end the program before it handles signals.
    std::vector<std::string> arguments = options.arguments;
    execv(this_program, pointers(arguments).data());
}

}  // namespace redshank
