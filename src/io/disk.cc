#include "io/disk.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "io/file.h"

namespace streamd {
namespace {

class SystemFile final : public DiskFile {
 public:
  SystemFile(std::string path, FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override {
    std::array<iovec, 8> vectors;
    STREAMD_CHECK(pieces.size() <= vectors.size());
    std::size_t count = 0;
    for (std::string_view piece : pieces) {
      if (!piece.empty()) vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    iovec* first = vectors.data();
    while (count > 0) {
      const ssize_t written = ::pwritev(fd_.get(), first, static_cast<int>(count), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error("write", path_);
      offset += static_cast<std::uint64_t>(written);
      auto left = static_cast<std::size_t>(written);
      while (count > 0 && left >= first->iov_len) {
        left -= first->iov_len;
        ++first;
        --count;
      }
      if (count > 0) {
        first->iov_base = static_cast<char*>(first->iov_base) + left;
        first->iov_len -= left;
      }
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
    return streamd::read_at(fd_.get(), path_, buffer, size, offset);
  }

  Result<std::uint64_t> size() override {
    auto status = file_status(fd_.get(), path_);
    if (!status) return status.error();
    return static_cast<std::uint64_t>(status->st_size);
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return system_error("cut", path_);
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error("sync", path_);
    return {};
  }

 private:
  const std::string path_;
  const FileDescriptor fd_;
};

}  // namespace

Result<std::unique_ptr<DiskFile>> SystemDisk::open(const std::string& path, Mode mode) {
  int flags = O_CLOEXEC;
  if (mode == Mode::read) flags |= O_RDONLY;
  if (mode == Mode::write) flags |= O_RDWR;
  if (mode == Mode::create) flags |= O_RDWR | O_CREAT | O_TRUNC;
  FileDescriptor fd(::open(path.c_str(), flags, 0644));
  if (!fd) return system_error(mode == Mode::read ? "read" : "write", path);
  return std::unique_ptr<DiskFile>(std::make_unique<SystemFile>(path, std::move(fd)));
}

Result<std::vector<std::string>> SystemDisk::list(const std::string& folder) {
  std::error_code failure;
  std::vector<std::string> names;
  for (auto entry = std::filesystem::directory_iterator(folder, failure);
       !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    names.push_back(entry->path().filename().string());
  }
  if (failure) return Error{"cannot read " + folder + ": " + failure.message()};
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> SystemDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from);
  return {};
}

Result<void> SystemDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("remove", path);
  return {};
}

Result<void> SystemDisk::sync_folder(const std::string& folder) { return streamd::sync_folder(folder); }

Result<void> SystemDisk::make_folders(const std::string& folder) { return streamd::make_folders(folder); }

}  // namespace streamd
