#include "io/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace streamd {

Error system_error(const char* action, const std::string& path) {
  return {fmt::format("cannot {} {}: {}", action, path, std::strerror(errno)),
          errno == ENOENT ? ErrorKind::not_found : ErrorKind::other};
}

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<FileDescriptor> open_for_reading(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error("read", path);
  return fd;
}

Result<FileDescriptor> open_for_appending(const std::string& path) {
  if (auto made = make_parent_folders(path); !made) return made.error();
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return system_error("write", path);
  return fd;
}

Result<struct stat> file_status(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error("read", path);
  return status;
}

Result<std::size_t> read_at(int fd, const std::string& path, char* buffer, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(fd, buffer + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Result<void> write_all(int fd, const std::string& path, std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("write", path);
    written += static_cast<std::size_t>(count);
  }
  return {};
}

std::string without_links(const std::string& path) {
  std::filesystem::path file = path;
  std::error_code failure;
  for (int depth = 0; depth < 40 && std::filesystem::is_symlink(file, failure); ++depth) {
    const std::filesystem::path target = std::filesystem::read_symlink(file, failure);
    if (failure) break;
    file = target.is_absolute() ? target : file.parent_path() / target;
  }
  return file.lexically_normal().string();
}

std::string canonical_path(const std::string& path) {
  const std::string file = std::filesystem::absolute(without_links(path)).lexically_normal();
  std::error_code failure;
  const std::string canonical = std::filesystem::weakly_canonical(file, failure);
  return failure ? file : canonical;
}

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code absent;
  return canonical_path(one) == canonical_path(other) || std::filesystem::equivalent(one, other, absent);
}

Result<FileDescriptor> memory_file(std::string_view text) {
  const char* const name = "a file in memory";
  FileDescriptor file(::memfd_create("text", MFD_CLOEXEC));
  if (!file) return system_error("make", name);
  std::size_t written = 0;
  if (auto done = write_all(file.get(), name, text, written); !done) return done.error();
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return system_error("rewind", name);
  return file;
}

Result<void> make_folders(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return Error{fmt::format("cannot make the folder {}: {}", folder, failure.message())};
  return {};
}

Result<void> make_parent_folders(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) return {};
  return make_folders(parent.string());
}

Result<void> sync_folder(const std::string& folder) {
  auto fd = open_for_reading(folder);
  if (!fd) return fd.error();
  if (::fsync(fd->get()) != 0) return system_error("sync", folder);
  return {};
}

Result<std::string> read_whole_file(const std::string& path) {
  auto fd = open_for_reading(path);
  if (!fd) return fd.error();
  auto status = file_status(fd->get(), path);
  if (!status) return status.error();
  std::string content(static_cast<std::size_t>(status->st_size), '\0');
  auto count = read_at(fd->get(), path, content.data(), content.size(), 0);
  if (!count) return count.error();
  content.resize(*count);
  return content;
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return system_error("write", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Error{path + " is held by another process", ErrorKind::locked};
    return system_error("lock", path);
  }
  return FileLock(std::move(fd));
}

}  // namespace streamd
