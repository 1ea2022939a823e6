#include "drivers/uplink/wire.hpp"
