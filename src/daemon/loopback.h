// Whether who listens on an address is reached from this machine alone.
#pragma once

#include <string>

namespace streamd {

bool is_loopback(const std::string& host);

}  // namespace streamd
