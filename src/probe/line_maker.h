// Makes the lines of one connection: each of its symbols in turn, prices walking at random, and among them bad lines and
// late ones as asked for; notes what rows they cause. Same options, same lines, but for what the clock gives. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probe/expected_rows.h"
#include "probe/load_options.h"
#include "probe/random.h"

namespace streamd::probe {

// Bytes that grow without being cleared first.
struct LineBuffer {
  std::vector<char> bytes;
  std::size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};

class LineMaker {
 public:
  // `connection` of options.connections: it has the symbols connection, connection + connections, ….
  LineMaker(const LoadOptions& options, std::size_t connection);

  // Appends so many lines of that event time. Good lines are numbered on from the last one's number, where acks are
  // wanted. No line is of a time before `least_ms`.
  void make(LineBuffer& out, std::uint64_t count, std::int64_t time_ms, std::int64_t least_ms);

  std::uint64_t bad_lines() const { return bad_; }
  std::uint64_t last_seq() const { return seq_; }  // of good lines, numbered or not
  const std::vector<std::string>& symbols() const { return names_; }
  const ExpectedRows& rows() const { return rows_; }

 private:
  struct Symbol {
    std::string begin;  // of its lines, up to the time's digits
    std::int64_t cents;
  };

  char* append_trade(char* at, std::uint32_t symbol, std::int64_t time_ms);
  char* append_bar(char* at, std::uint32_t symbol, std::int64_t second);
  char* append_end(char* at);
  std::int64_t late_time(std::int64_t time_ms, std::int64_t least_ms);
  void walk(Symbol& symbol);

  const LineMode mode_;
  const double disorder_;
  const double bad_share_;
  const bool numbered_;
  Random random_;
  std::vector<std::string> names_;
  std::vector<Symbol> symbols_;
  std::size_t max_line_bytes_;
  ExpectedRows rows_;
  std::uint32_t next_symbol_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t bad_ = 0;
};

}  // namespace streamd::probe
