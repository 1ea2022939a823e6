#include "agent/control_address.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace redshank {

Outcome<ControlAddress> ControlAddress::of(const std::filesystem::path& path) {
    ControlAddress address;
    address.address_.sun_family = AF_UNIX;
    std::string name = path.string();
    if (name.size() >= sizeof address.address_.sun_path) {
        const std::filesystem::path parent = path.parent_path();
        address.directory_ = open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (address.directory_ < 0) return failure(parent.string() + ": " + std::strerror(errno));
        name = "/proc/self/fd/" + std::to_string(address.directory_) + "/" + path.filename().string();
    }
    if (name.size() >= sizeof address.address_.sun_path) return failure(path.string() + ": file name is too long");
    std::memcpy(address.address_.sun_path, name.c_str(), name.size() + 1);
    return address;
}

ControlAddress::~ControlAddress() {
    if (directory_ >= 0) close(directory_);
}

ControlAddress::ControlAddress(ControlAddress&& other) noexcept
    : address_(other.address_), directory_(std::exchange(other.directory_, -1)) {}

}  // namespace redshank
