#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/support/eventually.hpp"

namespace redshank::test {

ChildProcess::ChildProcess(const std::vector<std::string>& argv) {
    const std::string program = find_program(argv.at(0));
    const std::string out = (directory_ / "stdout").string();
    const std::string err = (directory_ / "stderr").string();
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    for (const std::string& file : {out, err}) std::ofstream{file};
    const pid_t parent = getpid();

    // No library may run between fork and exec: another thread may have held its locks. Hence _Fork, which runs
    // nobody's fork handlers, and bare system calls, which a sanitizer does not wrap.
    pid_ = _Fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
        syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (syscall(SYS_getppid) != parent) syscall(SYS_exit_group, 126);
        syscall(SYS_dup3, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0), STDIN_FILENO, 0);
        syscall(SYS_dup3, syscall(SYS_openat, AT_FDCWD, out.c_str(), O_WRONLY | O_APPEND, 0), STDOUT_FILENO, 0);
        syscall(SYS_dup3, syscall(SYS_openat, AT_FDCWD, err.c_str(), O_WRONLY | O_APPEND, 0), STDERR_FILENO, 0);
        syscall(SYS_close_range, 3U, ~0U, 0U);
        syscall(SYS_execve, program.c_str(), arguments.data(), environ);
        syscall(SYS_exit_group, 127);
    }
}

ChildProcess::~ChildProcess() {
    kill();
}

bool ChildProcess::running() {
    return !wait(std::chrono::milliseconds(0)).has_value();
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds deadline) {
    eventually(deadline, [this] {
        if (status_) return true;
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
        status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        return true;
    });
    return status_;
}

void ChildProcess::signal(int number) const {
    if (!status_) ::kill(pid_, number);
}

int ChildProcess::terminate(std::chrono::milliseconds deadline) {
    signal(SIGTERM);
    if (!wait(deadline)) kill();
    return status_.value_or(-1);
}

void ChildProcess::kill() {
    if (status_) return;
    signal(SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string ChildProcess::output() const {
    return read_text(directory_ / "stdout");
}

std::string ChildProcess::errors() const {
    return read_text(directory_ / "stderr");
}

bool ChildProcess::says(const std::string& text, std::chrono::milliseconds deadline) {
    const auto said = [&] { return output().find(text) != std::string::npos; };
    eventually(deadline, [&] { return said() || !running(); });
    return said();
}

std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::string program = folder;
        program.append("/").append(name);
        if (!folder.empty() && access(program.c_str(), X_OK) == 0) return program;
    }
    return name;
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace redshank::test
