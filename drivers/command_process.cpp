#include "drivers/command_process.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace redshank {

namespace {

constexpr std::int64_t grace_ns = 1'000'000'000;
constexpr int first_inherited = 3;

}  // namespace

CommandProcess::CommandProcess(std::vector<std::string> arguments, std::int64_t timeout_ns)
    : arguments_(std::move(arguments)), timeout_ns_(timeout_ns), files_{}, attributes_{} {
    for (std::string& argument : arguments_) pointers_.push_back(argument.data());
    pointers_.push_back(nullptr);

    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, first_inherited);
    posix_spawn_file_actions_addchdir_np(&files_, "/");

    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

CommandProcess::~CommandProcess() {
    if (process_ > 0) {
        kill(-process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    if (descriptor_ >= 0) close(descriptor_);
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
}

int CommandProcess::start(char* const* environment, std::int64_t now_ns) noexcept {
    pid_t process = -1;
    const int error =
        posix_spawn(&process, arguments_.front().c_str(), &files_, &attributes_, pointers_.data(), environment);
    if (error != 0) return error;
    process_ = process;
    descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, process, 0));  // close-on-exec by itself
    deadline_ns_ = now_ns + timeout_ns_;
    timed_out_ = false;
    return 0;
}

std::optional<CommandProcess::Ended> CommandProcess::step(std::int64_t now_ns) noexcept {
    if (process_ <= 0) return std::nullopt;
    siginfo_t info{};
    // Not yet taken off the list of processes: until then its group's number belongs to nobody else.
    if (waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
        if (now_ns < deadline_ns_) return std::nullopt;
        kill(-process_, timed_out_ ? SIGKILL : SIGTERM);
        timed_out_ = true;
        deadline_ns_ = now_ns + grace_ns;
        return std::nullopt;
    }
    if (timed_out_) kill(-process_, SIGKILL);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
    return Ended{timed_out_, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
}

void CommandProcess::end_by(std::int64_t time_ns) noexcept {
    if (!timed_out_) deadline_ns_ = std::min(deadline_ns_, time_ns);
}

}  // namespace redshank
