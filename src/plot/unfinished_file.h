// A file that appears under its name when it is whole. Until then it is `<name>.<process>.part` beside it, which is
// gone with the object.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace streamd::plot {

class UnfinishedFile {
 public:
  // Makes it, empty, and its folders. `name` may be there already: it is replaced in the end.
  static Result<UnfinishedFile> make(const std::string& name);
  UnfinishedFile(UnfinishedFile&& other) noexcept
      : name_(std::move(other.name_)), path_(std::exchange(other.path_, {})) {}
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  ~UnfinishedFile();

  // Where to write.
  const std::string& path() const { return path_; }
  Result<void> finish();

 private:
  UnfinishedFile(std::string name, std::string path) : name_(std::move(name)), path_(std::move(path)) {}

  std::string name_, path_;
};

}  // namespace streamd::plot
