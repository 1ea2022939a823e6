#include "drivers/gpio_line.hpp"

#include <gpiod.h>

#include <cerrno>
#include <system_error>

namespace redshank {

namespace {

struct CloseChip {
    void operator()(gpiod_chip* chip) const noexcept { gpiod_chip_close(chip); }  // and gives its lines back
};

class ChipLine final : public GpioLine {
public:
    ChipLine(std::unique_ptr<gpiod_chip, CloseChip> chip, gpiod_line* line) : chip_(std::move(chip)), line_(line) {}
    bool set(bool active) noexcept override { return gpiod_line_set_value(line_, active ? 1 : 0) == 0; }

private:
    std::unique_ptr<gpiod_chip, CloseChip> chip_;
    gpiod_line* line_;
};

}  // namespace

Outcome<std::unique_ptr<GpioLine>> GpioLine::open(const Place& place, bool active) {
    const auto wrong = [](const std::string& what) {
        return failure(what + ": " + std::generic_category().message(errno));
    };
    std::unique_ptr<gpiod_chip, CloseChip> chip(gpiod_chip_open(place.chip.c_str()));
    if (chip == nullptr) return wrong(place.chip);
    gpiod_line* line = gpiod_chip_get_line(chip.get(), place.line);
    const std::string name = place.chip + " line " + std::to_string(place.line);
    if (line == nullptr) return wrong(name);
    const int flags = place.active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    if (gpiod_line_request_output_flags(line, "redshank", flags, active ? 1 : 0) != 0) return wrong(name);
    return std::make_unique<ChipLine>(std::move(chip), line);
}

}  // namespace redshank
