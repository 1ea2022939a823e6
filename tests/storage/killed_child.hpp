#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

namespace redshank {

// A forked process that works until it is killed and reports numbers over a pipe, each after what it stands for is
// done. It ends with this object at the latest.
class KilledChild {
public:
    // work(report) runs in the child; report(number) is a write into the pipe. When work returns the child exits with
    // its value.
    template <class Work>
    explicit KilledChild(Work work) {
        int ends[2] = {-1, -1};
        if (::pipe(ends) != 0) throw std::runtime_error("pipe");
        read_ = ends[0];
        process_ = ::fork();
        if (process_ == 0) {
            ::close(ends[0]);
            const int write_end = ends[1];
            ::_exit(work([write_end](std::uint64_t number) {
                if (::write(write_end, &number, sizeof number) != sizeof number) ::_exit(99);
            }));
        }
        ::close(ends[1]);
        if (process_ < 0) throw std::runtime_error("fork");
    }
    ~KilledChild() {
        kill();
        ::close(read_);
    }
    KilledChild(const KilledChild&) = delete;
    KilledChild& operator=(const KilledChild&) = delete;

    // The next report; nothing when the child has ended and all was read.
    std::optional<std::uint64_t> next() {
        std::uint64_t number = 0;
        if (::read(read_, &number, sizeof number) != sizeof number) return std::nullopt;
        return number;
    }

    void signal(int number) const { ::kill(process_, number); }

    // Waits until a SIGSTOP has taken effect.
    void stop() const {
        signal(SIGSTOP);
        int status = 0;
        ::waitpid(process_, &status, WUNTRACED);
    }

    // SIGKILL. True when it was this that ended the child.
    bool kill() {
        if (process_ <= 0) return false;
        signal(SIGKILL);
        return WIFSIGNALED(wait());
    }

    int wait() {
        int status = 0;
        ::waitpid(process_, &status, 0);
        process_ = -1;
        return status;
    }

private:
    pid_t process_ = -1;
    int read_ = -1;
};

}  // namespace redshank
