// The target of a request: its path, and its parameters decoded.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace streamd::exchange {

// What is wrongly encoded stays as it is.
std::pair<std::string, std::map<std::string, std::string>> split_target(std::string_view target);

}  // namespace streamd::exchange
