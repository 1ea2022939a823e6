#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "model/outcome.hpp"

namespace redshank {

// One output line of a GPIO chip, held until it is destroyed; then the kernel has it back, and whether it keeps its
// level is the chip's affair. The kernel's character device, by libgpiod 1.6.
//   Thread: one at a time. Errors: opening says which chip or line and why; set says false.
class GpioLine {
public:
    struct Place {
        std::string chip;  // "/dev/gpiochip0"
        std::uint32_t line = 0;
        bool active_low = false;
    };
    // Takes the line with its first level, so that it never shows another one.
    static Outcome<std::unique_ptr<GpioLine>> open(const Place& place, bool active);
    using Opener = std::function<Outcome<std::unique_ptr<GpioLine>>(const Place& place, bool active)>;

    virtual ~GpioLine() = default;
    virtual bool set(bool active) noexcept = 0;
};

}  // namespace redshank
