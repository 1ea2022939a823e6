#include "agent/settings.hpp"
