#include "plot/unfinished_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "io/file.h"

namespace streamd::plot {

Result<UnfinishedFile> UnfinishedFile::make(const std::string& name) {
  std::error_code unknown;
  if (std::filesystem::is_directory(name, unknown)) {
    return Error{fmt::format("cannot write {}: it is a folder; give another file", name)};
  }
  UnfinishedFile file(name, fmt::format("{}.{}.part", name, ::getpid()));
  if (const auto made = open_for_appending(file.path_); !made) {
    std::string message = made.error().message;
    if (const std::size_t at = message.find(file.path_); at != std::string::npos) {
      message.replace(at, file.path_.size(), name);
    }
    return Error{message + "; give another file"};
  }
  return file;
}

UnfinishedFile::~UnfinishedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> UnfinishedFile::finish() {
  if (::rename(path_.c_str(), name_.c_str()) != 0) return system_error("write", name_);
  path_.clear();
  return {};
}

}  // namespace streamd::plot
