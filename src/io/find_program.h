// Programs of others that ours start.
#pragma once

#include <string>

#include "base/result.h"

namespace streamd {

// Where it is, by PATH. Error kind not_found, one line: "<name> <what it does> and is not in PATH", and the Debian
// package to install.
Result<std::string> find_program(const std::string& name, const std::string& what_it_does, const std::string& package);

}  // namespace streamd
