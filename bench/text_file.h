// A file that is written in large pieces. Every failure ends the program.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "bench/failure.h"

namespace streamd::bench {

class TextFile {
 public:
  explicit TextFile(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
    if (file_ == nullptr) fail("cannot write {}: {}", path_, std::strerror(errno));
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    if (file_ != nullptr) std::fclose(file_);
  }

  template <typename... Args>
  void print(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(waiting_), text, std::forward<Args>(args)...);
    if (waiting_.size() > (1u << 20)) flush();
  }

  void close() {
    flush();
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot write {}: {}", path_, std::strerror(errno));
  }

 private:
  void flush() {
    if (std::fwrite(waiting_.data(), 1, waiting_.size(), file_) != waiting_.size()) {
      fail("cannot write {}: {}", path_, std::strerror(errno));
    }
    waiting_.clear();
  }

  std::string path_;
  std::FILE* file_;
  fmt::memory_buffer waiting_;
};

}  // namespace streamd::bench
