// Cuts a stream of bytes, arriving in pieces of any size, into lines of bounded length.
// The lines, their offsets and their order do not depend on where the pieces were cut.
// The handler gets
//   const char* take_fast(const char* line)    may consume a line that it knows by sight: returns the position after
//                                              its newline, or nullptr. A newline is sure to follow.
//   void on_line(std::string_view line, std::uint64_t offset)
//                                              any other line, without its newline; at most max_line_bytes
//   void on_long_line(std::string_view piece, std::uint64_t offset, bool last)
//                                              a longer line, piece by piece; the last piece may be empty
// Offsets count from the stream's first byte to the line's first. Text is readable kReadSlack bytes beyond its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "wire/parsed_line.h"

namespace streamd {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line_bytes, std::uint64_t offset = 0)
      : max_line_bytes_(max_line_bytes), line_offset_(offset) {}

  // `bytes` must be readable kReadSlack beyond its end.
  template <typename Handler>
  void feed(std::string_view bytes, Handler& handler);

  // The stream has ended: what is left is a line, too.
  template <typename Handler>
  void finish(Handler& handler);

  // Forgets an unfinished line (it was torn off); its bytes do not count.
  void discard_unfinished() {
    carry_.clear();
    in_long_line_ = false;
  }

  bool has_unfinished() const { return in_long_line_ || !carry_.empty(); }
  std::size_t unfinished_bytes() const { return carry_.size(); }
  // The unfinished line so far, readable kReadSlack beyond its end; empty when there is none or it is too long.
  std::string_view unfinished() const { return {carry_.data(), carry_.size()}; }
  // Where the unfinished (or next) line begins.
  std::uint64_t line_offset() const { return line_offset_; }

 private:
  template <typename Handler>
  const char* take_rest_of_line(const char* p, const char* end, Handler& handler);
  template <typename Handler>
  void take_line(const char* line, std::size_t length, Handler& handler);
  void carry(const char* bytes, std::size_t count) {
    const std::size_t needed = carry_.size() + count + kReadSlack + 1;
    // Doubling, because reserve() grows by just what is asked: a line that comes byte by byte would be copied whole
    // for each byte.
    if (needed > carry_.capacity()) {
      carry_.reserve(std::max(needed, std::min(2 * carry_.capacity(), max_line_bytes_ + kReadSlack + 1)));
    }
    carry_.insert(carry_.end(), bytes, bytes + count);
  }

  const std::size_t max_line_bytes_;
  std::uint64_t line_offset_;     // of the line that begins at or before the next byte
  std::uint64_t long_bytes_ = 0;  // of a long line: handed out so far
  bool in_long_line_ = false;
  std::vector<char> carry_;  // the beginning of an unfinished line, at most max_line_bytes_
};

template <typename Handler>
void LineSplitter::feed(std::string_view bytes, Handler& handler) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (has_unfinished()) {
    p = take_rest_of_line(p, end, handler);
    if (p == nullptr) return;
  }
  const void* last_newline = p == end ? nullptr : memrchr(p, '\n', static_cast<std::size_t>(end - p));
  if (last_newline != nullptr) {
    const char* const complete_end = static_cast<const char*>(last_newline) + 1;
    while (p < complete_end) {
      if (const char* next = handler.take_fast(p)) {
        line_offset_ += static_cast<std::uint64_t>(next - p);
        p = next;
        continue;
      }
      const auto* newline =
          static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(complete_end - p)));
      take_line(p, static_cast<std::size_t>(newline - p), handler);
      p = newline + 1;
    }
  }
  if (p < end) take_rest_of_line(p, end, handler);
}

// Adds to the unfinished line. Returns the position after its newline, or nullptr when it goes on.
template <typename Handler>
const char* LineSplitter::take_rest_of_line(const char* p, const char* end, Handler& handler) {
  const auto available = static_cast<std::size_t>(end - p);
  const auto* newline = available == 0 ? nullptr : static_cast<const char*>(std::memchr(p, '\n', available));
  const std::size_t count = newline != nullptr ? static_cast<std::size_t>(newline - p) : available;
  if (!in_long_line_ && carry_.size() + count > max_line_bytes_) {
    handler.on_long_line({carry_.data(), carry_.size()}, line_offset_, false);
    long_bytes_ = carry_.size();
    carry_.clear();
    in_long_line_ = true;
  }
  if (in_long_line_) {
    handler.on_long_line({p, count}, line_offset_, newline != nullptr);
    long_bytes_ += count;
    if (newline == nullptr) return nullptr;
    line_offset_ += long_bytes_ + 1;
    in_long_line_ = false;
    return newline + 1;
  }
  carry(p, count);
  if (newline == nullptr) return nullptr;
  carry_.push_back('\n');
  if (handler.take_fast(carry_.data()) != nullptr) {
    line_offset_ += carry_.size();
  } else {
    take_line(carry_.data(), carry_.size() - 1, handler);
  }
  carry_.clear();
  return newline + 1;
}

template <typename Handler>
void LineSplitter::take_line(const char* line, std::size_t length, Handler& handler) {
  if (length > max_line_bytes_) {
    handler.on_long_line({line, length}, line_offset_, true);
  } else {
    handler.on_line({line, length}, line_offset_);
  }
  line_offset_ += length + 1;
}

template <typename Handler>
void LineSplitter::finish(Handler& handler) {
  if (in_long_line_) {
    handler.on_long_line({}, line_offset_, true);
    line_offset_ += long_bytes_;
  } else if (!carry_.empty()) {
    handler.on_line({carry_.data(), carry_.size()}, line_offset_);
    line_offset_ += carry_.size();
  }
  discard_unfinished();
}

}  // namespace streamd
