# 64-bit boards: Raspberry Pi 3 and later with a 64-bit Debian.
set(BOARD_TRIPLET aarch64-linux-gnu)
set(BOARD_ARCH arm64)
set(BOARD_PROCESSOR aarch64)
set(BOARD_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/board.cmake)
