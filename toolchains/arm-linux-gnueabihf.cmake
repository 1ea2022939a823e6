# 32-bit boards with hardware floating point. time_t stays at its 4 bytes, as in the libraries of Debian 12: times of our
# own are 64 bits wide.
set(BOARD_TRIPLET arm-linux-gnueabihf)
set(BOARD_ARCH armhf)
set(BOARD_PROCESSOR armv7l)
set(BOARD_EMULATOR qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/board.cmake)
