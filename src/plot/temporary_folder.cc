#include "plot/temporary_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "io/file.h"

namespace streamd::plot {

Result<TemporaryFolder> TemporaryFolder::make() {
  const char* place = std::getenv("TMPDIR");
  std::string path =
      fmt::format("{}/plot_stream_decisions.XXXXXX", place != nullptr && *place != '\0' ? place : "/tmp");
  if (::mkdtemp(path.data()) == nullptr) {
    return Error{system_error("make", path).message + "; point TMPDIR to a folder that can be written"};
  }
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace streamd::plot
