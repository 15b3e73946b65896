// Where the sources and the programs are. Apart, so that no other object depends on the folder that was checked out.
#pragma once

#include <string>

namespace streamd {

std::string source_path(const std::string& below);   // of the checkout, beginning without a slash
std::string program_path(const std::string& name);  // what was built

}  // namespace streamd
