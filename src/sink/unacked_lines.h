// The lines that are under way to a peer and were not acknowledged, in the order of delivery; an acknowledgement of one
// covers all before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace streamd {

class UnackedLines {
 public:
  static constexpr std::size_t kMaxLines = 1'048'576;
  explicit UnackedLines(std::size_t max_lines = kMaxLines) : max_lines_(max_lines) {}

  // `key` of delivered_line.h; `end` is the position behind the line.
  void add(std::uint64_t key, std::uint64_t end) {
    lines_.push_back({key, end});
  }
  // Removes the line and all before it. Returns the position behind it; nothing for a line that is not under way.
  // Looks from the oldest on: of lines with the same key, it is the first.
  std::optional<std::uint64_t> acknowledge(std::uint64_t key) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].key != key) continue;
      const std::uint64_t end = lines_[i].end;
      lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return end;
    }
    return std::nullopt;
  }
  void drop_oldest() { lines_.pop_front(); }
  void clear() { lines_.clear(); }
  bool is_full() const { return lines_.size() >= max_lines_; }
  bool is_empty() const { return lines_.empty(); }
  std::size_t size() const { return lines_.size(); }

 private:
  struct Line {
    std::uint64_t key;
    std::uint64_t end;
  };
  const std::size_t max_lines_;
  std::deque<Line> lines_;
};

}  // namespace streamd
