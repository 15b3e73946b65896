// A file that is followed by its name: what is appended to it, through truncation and rotation, and while it is not
// there yet. Not compressed ones. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/file.h"

namespace streamd {

class FollowedFile {
 public:
  explicit FollowedFile(std::string path) : path_(std::move(path)) {}

  struct Piece {
    std::size_t bytes = 0;
    // What was read before has ended, also its last line: other content begins. Has no bytes.
    bool begins_anew = false;
  };
  // The next bytes, at most `size`; none at the end of what is there now. Never waits. After an error the same may be
  // tried again.
  Result<Piece> read(char* buffer, std::size_t size);

  bool is_there() const { return static_cast<bool>(fd_); }
  // How far it is read; what there is now.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t size() const;

 private:
  Result<void> open();
  bool was_rewritten();
  bool was_replaced();
  Piece begin_anew();

  const std::string path_;
  FileDescriptor fd_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  std::uint64_t offset_ = 0;
  std::string beginning_;  // of what was read: another one tells of a content that has grown again since
};

}  // namespace streamd
