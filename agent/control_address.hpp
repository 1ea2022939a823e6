#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "model/outcome.hpp"

namespace redshank {

// The address of a socket file, also of one whose path is longer than sun_path (107 bytes): then by way of its
// directory's descriptor under /proc/self/fd, so it is good as long as this object lives.
class ControlAddress {
public:
    static Outcome<ControlAddress> of(const std::filesystem::path& path);
    ~ControlAddress();
    ControlAddress(ControlAddress&& other) noexcept;
    ControlAddress& operator=(ControlAddress&&) = delete;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
    static constexpr socklen_t size() { return sizeof(sockaddr_un); }

private:
    ControlAddress() = default;

    sockaddr_un address_{};
    int directory_ = -1;
};

}  // namespace redshank
