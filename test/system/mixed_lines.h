// Good and bad lines of every kind, with what must become of them. A function of the seed alone.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "system/bar_oracle.h"

namespace streamd {

struct RejectedLine {
  std::uint64_t offset = 0;  // of its first byte in the stream
  std::string reason;
  std::string bytes;  // without newline
};

class MixedLines {
 public:
  static constexpr std::size_t kMaxLineBytes = 4096;  // to be given as --max-line-bytes

  // `source_file` empty: live:<symbol>. The symbols must have been announced to the daemon, and no further ones be
  // allowed, before the first bad line arrives.
  MixedLines(std::uint64_t seed, std::vector<std::string> symbols, std::string source_file, BarOracle& oracle);

  // Adds one good trade of each symbol.
  void add_prelude();
  // `bad_share` of them bad; blank lines come on top.
  void add(std::size_t lines, double bad_share);
  // A bad last line without newline. Nothing can be added after it.
  void add_torn_end();

  const std::string& text() const { return text_; }
  std::uint64_t lines() const { return trades_ + bars_ + rejected_.size(); }
  std::uint64_t trades() const { return trades_; }
  std::uint64_t bars() const { return bars_; }
  const std::vector<RejectedLine>& rejected() const { return rejected_; }
  // Every reason that add() uses: all but unauthorized.
  static std::vector<std::string> reasons();

 private:
  // Names and JSON texts, in order.
  using Fields = std::vector<std::pair<std::string, std::string>>;

  void add_good();
  void add_bad();
  void add_blank();
  void add_line(const std::string& line);
  Fields trade_fields();
  Fields bar_fields();
  std::string bad_line(const std::string& reason);
  std::string bad_value(const std::string& reason);
  std::string too_long_line();
  std::string json_of(const Fields& fields, bool canonical);
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  template <std::size_t N>
  std::string pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  std::mt19937_64 random_;
  const std::vector<std::string> symbols_;
  const std::string source_file_;
  BarOracle& oracle_;
  std::string text_;
  std::uint64_t trades_ = 0;
  std::uint64_t bars_ = 0;
  std::uint64_t long_lines_ = 0;
  std::vector<RejectedLine> rejected_;
};

}  // namespace streamd
