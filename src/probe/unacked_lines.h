// Numbered lines that were sent and are not acknowledged yet, to be sent again after a lost connection. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace streamd::probe {

class UnackedLines {
 public:
  // What stands at a line's end, in front of its number.
  static constexpr std::string_view kNumberKey = ",\"seq\":";

  // Whole lines whose last number is `last_seq`; lines without a number among them are not sent again, and are not kept
  // when there is none with one.
  void add(std::string_view lines, std::uint64_t last_seq, std::int64_t sent_ns);
  std::size_t bytes() const { return bytes_; }
  std::uint64_t acknowledged() const { return acknowledged_; }  // up to this number

  // All up to this number are acknowledged. Calls on_piece(count of lines, sent_ns)
  // for each piece that now is, wholly.
  template <typename OnPiece>
  void acknowledge(std::uint64_t seq, OnPiece on_piece) {
    while (!pieces_.empty() && pieces_.front().last_seq <= seq) {
      const Piece& piece = pieces_.front();
      on_piece(piece.last_seq - piece.first_seq + 1, piece.sent_ns);
      bytes_ -= piece.lines.size();
      pieces_.pop_front();
    }
    acknowledged_ = std::max(acknowledged_, seq);
  }
  struct Again {
    std::string lines;
    std::uint64_t count = 0;
  };
  // The lines beyond this number.
  Again beyond(std::uint64_t seq) const;

 private:
  struct Piece {
    std::string lines;
    std::uint64_t first_seq;
    std::uint64_t last_seq;
    std::int64_t sent_ns;
  };

  std::deque<Piece> pieces_;
  std::size_t bytes_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t added_ = 0;  // the last number
};

}  // namespace streamd::probe
