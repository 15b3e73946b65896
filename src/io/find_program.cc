#include "io/find_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace streamd {

Result<std::string> find_program(const std::string& name, const std::string& what_it_does, const std::string& package) {
  const char* path = std::getenv("PATH");
  const std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string folder = end == begin ? "." : folders.substr(begin, end - begin);
    std::string program = folder + "/" + name;
    std::error_code absent;
    if (std::filesystem::is_regular_file(program, absent) && ::access(program.c_str(), X_OK) == 0) return program;
    begin = end + 1;
  }
  return Error{fmt::format("{} {} and is not in PATH; install {} (apt-get install {})", name, what_it_does, package,
                           package),
               ErrorKind::not_found};
}

}  // namespace streamd
