#include "drivers/gpio_line.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

// No machine that runs the tests has a line to spare: what can be seen is what a chip that is none says.
TEST(GpioLine, a_chip_that_is_not_there_is_named) {
    const TemporaryDirectory directory;
    const std::string chip = directory / "gpiochip9";
    const auto line = GpioLine::open({chip, 17, false}, false);
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error(), chip + ": No such file or directory");
}

TEST(GpioLine, a_file_that_is_no_chip_is_named) {
    const TemporaryDirectory directory;
    const std::string chip = directory / "gpiochip9";
    std::ofstream(chip) << "no chip";
    const auto line = GpioLine::open({chip, 17, true}, true);
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().find(chip + ": "), 0U) << line.error();
}

}  // namespace
}  // namespace redshank::test
