#include "probe/unacked_lines.h"

#include <charconv>

namespace streamd::probe {
namespace {

// 0: it has none.
std::uint64_t number_of(std::string_view line) {
  const std::size_t key = line.rfind(UnackedLines::kNumberKey);
  std::uint64_t number = 0;
  if (key != std::string_view::npos) {
    std::from_chars(line.data() + key + UnackedLines::kNumberKey.size(), line.data() + line.size(), number);
  }
  return number;
}

}  // namespace

void UnackedLines::add(std::string_view lines, std::uint64_t last_seq, std::int64_t sent_ns) {
  if (last_seq == added_) return;
  pieces_.push_back({std::string(lines), added_ + 1, last_seq, sent_ns});
  added_ = last_seq;
  bytes_ += lines.size();
}

UnackedLines::Again UnackedLines::beyond(std::uint64_t seq) const {
  Again again;
  for (const Piece& piece : pieces_) {
    if (piece.last_seq <= seq) continue;
    for (std::string_view rest = piece.lines; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      rest.remove_prefix(line.size());
      if (number_of(line) <= seq) continue;
      again.lines += line;
      ++again.count;
    }
  }
  return again;
}

}  // namespace streamd::probe
