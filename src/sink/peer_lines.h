// What a peer sends, cut into lines: short ones, for longer ones are junk and are skipped. Bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamd {

class PeerLines {
 public:
  static constexpr std::size_t kMaxLineBytes = 4096;

  void add(std::string_view bytes) {
    buffer_.erase(0, taken_);
    taken_ = 0;
    buffer_ += bytes;
  }
  // The next whole line, without its newline; nothing when more bytes are needed. `skipped` grows with each line that
  // was too long. The view lives until the next add() or clear().
  std::optional<std::string_view> next(std::uint64_t& skipped) {
    for (;;) {
      const std::size_t newline = buffer_.find('\n', taken_);
      const std::size_t end = newline == std::string::npos ? buffer_.size() : newline;
      const bool too_long = end - taken_ > kMaxLineBytes;
      const std::string_view line = std::string_view(buffer_).substr(taken_, end - taken_);
      if (newline == std::string::npos) {
        if (too_long || in_long_line_) {
          in_long_line_ = true;
          taken_ = buffer_.size();
        }
        return std::nullopt;
      }
      taken_ = newline + 1;
      if (!too_long && !in_long_line_) return line;
      in_long_line_ = false;
      ++skipped;
    }
  }
  void clear() {
    buffer_.clear();
    taken_ = 0;
    in_long_line_ = false;
  }

 private:
  std::string buffer_;
  std::size_t taken_ = 0;
  bool in_long_line_ = false;
};

}  // namespace streamd
