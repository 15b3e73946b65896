// Files, the few ways in which the daemon uses them. Errors name the path and the system's reason.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace streamd {

// An open file descriptor; closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(-1); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Of the call that has just failed: "cannot <action> <path>: <the system's reason>".
Error system_error(const char* action, const std::string& path);

// Error kind not_found when there is none.
Result<FileDescriptor> open_for_reading(const std::string& path);
Result<FileDescriptor> open_for_appending(const std::string& path);  // makes its folder and the file
Result<struct stat> file_status(int fd, const std::string& path);

// Up to `size` bytes at `offset`; fewer only at the end of the file.
Result<std::size_t> read_at(int fd, const std::string& path, char* buffer, std::size_t size, std::uint64_t offset);
// All of it. On an error some of it may be there: `written` says how much.
Result<void> write_all(int fd, const std::string& path, std::string_view bytes, std::size_t& written);

// The file that `path` leads to by links, there or not; itself when it is no link. At most 40 links deep.
std::string without_links(const std::string& path);

// One name for a file by whatever name, there or not.
std::string canonical_path(const std::string& path);
// Also by hard links.
bool is_same_file(const std::string& one, const std::string& other);

// A file without a name, with this text, to be read from its beginning.
Result<FileDescriptor> memory_file(std::string_view text);

Result<void> make_folders(const std::string& folder);
Result<void> make_parent_folders(const std::string& path);
Result<void> sync_folder(const std::string& folder);

Result<std::string> read_whole_file(const std::string& path);
// Held by this process until it is destroyed or the process ends. Error kind locked when another one holds it.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::string& path);

 private:
  explicit FileLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

}  // namespace streamd
