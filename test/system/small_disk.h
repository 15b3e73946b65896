// A folder that is a small file system of its own, which can be full, grow, or be closed for writing. Only root may
// mount one: elsewhere is_mounted() is false, and the test skips itself.
#pragma once

#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace streamd {

class SmallDisk {
 public:
  SmallDisk(std::string folder, std::uint64_t bytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size_option(bytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return mounted_; }
  static constexpr const char* kSkipped = "a file system can be mounted only by root";

  void resize(std::uint64_t bytes) { remount(0, size_option(bytes)); }
  // Nothing can be written any more.
  void close_for_writing() { remount(MS_RDONLY, ""); }
  std::uint64_t free_bytes() const { return std::filesystem::space(folder_).available; }

 private:
  static std::string size_option(std::uint64_t bytes) { return "size=" + std::to_string(bytes); }
  void remount(unsigned long flags, const std::string& options) {
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | flags, options.c_str()) != 0) {
      throw std::runtime_error("cannot change the mount of " + folder_);
    }
  }

  const std::string folder_;
  bool mounted_ = false;
};

}  // namespace streamd
