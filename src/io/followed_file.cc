#include "io/followed_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace streamd {
namespace {

constexpr std::size_t kBeginningBytes = 4096;

}  // namespace

Result<void> FollowedFile::open() {
  struct stat named {};
  if (::stat(path_.c_str(), &named) == 0 && !S_ISREG(named.st_mode)) {
    return Error{fmt::format("cannot follow {}: it is no plain file", path_)};
  }
  auto fd = open_for_reading(path_);
  if (!fd && fd.error().kind == ErrorKind::not_found) return {};
  if (!fd) return fd.error();
  const auto status = file_status(fd->get(), path_);
  if (!status) return status.error();
  device_ = status.value().st_dev;
  inode_ = status.value().st_ino;
  fd_ = std::move(fd).value();
  return {};
}

std::uint64_t FollowedFile::size() const {
  if (!fd_) return 0;
  const auto status = file_status(fd_.get(), path_);
  return status ? static_cast<std::uint64_t>(status.value().st_size) : offset_;
}

bool FollowedFile::was_rewritten() {
  if (size() < offset_) return true;
  std::string now(beginning_.size(), '\0');
  const auto count = read_at(fd_.get(), path_, now.data(), now.size(), 0);
  return count && (count.value() != now.size() || now != beginning_);
}

// While the new one is empty, its writer may not have noticed, and still write to the old one.
bool FollowedFile::was_replaced() {
  struct stat named {};
  if (::stat(path_.c_str(), &named) != 0) return false;  // moved away; the new one is not there yet
  return (named.st_ino != inode_ || named.st_dev != device_) && named.st_size > 0;
}

FollowedFile::Piece FollowedFile::begin_anew() {
  offset_ = 0;
  beginning_.clear();
  return {0, true};
}

Result<FollowedFile::Piece> FollowedFile::read(char* buffer, std::size_t size) {
  if (!fd_) {
    if (auto opened = open(); !opened) return opened.error();
    if (!fd_) return Piece{};
  }
  // In the same file: by its name there may be another one already.
  if (offset_ > 0 && was_rewritten()) return begin_anew();
  // Looked at before the read: only an end that is seen after the move is one.
  const bool is_replaced = was_replaced();
  const auto count = read_at(fd_.get(), path_, buffer, size, offset_);
  if (!count) return count.error();
  if (count.value() == 0) {
    if (!is_replaced) return Piece{};
    fd_.reset();
    return begin_anew();
  }
  if (beginning_.size() < kBeginningBytes && offset_ == beginning_.size()) {
    beginning_.append(buffer, std::min(count.value(), kBeginningBytes - beginning_.size()));
  }
  offset_ += count.value();
  return Piece{count.value(), false};
}

}  // namespace streamd
