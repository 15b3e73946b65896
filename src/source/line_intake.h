// Lines of all sources → one event batch. Owns the symbol numbers, refuses what the core must never see (bad lines,
// times ahead of the clock, too many symbols), and keeps the account:
//   lines = trades + ohlc + control + rejected + duplicates
// One thread; its sources (tcp_source, tail_source) feed it their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "core/event.h"
#include "market/symbol_table.h"
#include "source/reject_log.h"
#include "wire/line_splitter.h"
#include "wire/ndjson_reader.h"

namespace streamd {

struct IntakeLimits {
  std::size_t max_line_bytes = 1 << 20;
  std::size_t max_symbols = 50'000;
  std::int64_t max_future_ms = 60'000;
};

// The bytes of one connection or file on their way to lines.
struct LineStream {
  LineStream(std::string name_, std::size_t max_line_bytes, std::uint64_t offset = 0)
      : name(std::move(name_)), splitter(max_line_bytes, offset) {}

  std::string name;        // for people: in logs and the reject file
  SourceId source = 0;     // set before the first byte
  LineSplitter splitter;
  std::uint64_t long_pieces = 0;  // of the long line under way
};

class LineIntake {
 public:
  LineIntake(const IntakeLimits& limits, Counters& counters, RejectLog& rejects);

  // Where events go from now on; null between batches.
  void set_batch(EventBatch* batch) { batch_ = batch; }
  EventBatch& batch() { return *batch_; }
  // A round of reading ends here and goes on with the next batch, so that batches stay small and ticks come in time.
  bool batch_is_full() const { return batch_->size() >= kFullBatch; }
  // The clock as the core knows it: that of the last tick.
  void set_wall_ms(UnixMillis wall_ms) { latest_ms_ = wall_ms + limits_.max_future_ms; }

  const IntakeLimits& limits() const { return limits_; }
  // A number that no source had; announced to the core with its label (empty: live:<symbol>).
  SourceId start_source(std::string label);
  void relabel_source(SourceId source, std::string label);
  void end_source(SourceId source, UnixMillis wall_ms);

  // `bytes` must be readable kReadSlack beyond its end.
  void feed(LineStream& stream, std::string_view bytes);
  // The stream has ended: its unfinished line counts as a line. False when there was one and it was rejected.
  bool finish(LineStream& stream);

  // Adds this batch's counts to the counters.
  void publish_counts();

 private:
  static constexpr std::size_t kFullBatch = 32'768;  // trades and bars

  friend struct StreamLines;
  const char* take_fast(SourceId source, const char* line);
  void take_line(const LineStream& stream, std::string_view line, std::uint64_t offset);
  void take_long_piece(LineStream& stream, std::string_view piece, std::uint64_t offset, bool last);
  void reject(RejectReason reason, const LineStream& stream, std::string_view line, std::uint64_t offset);
  void accept(SourceId source, const ParsedLine& line, SymbolId symbol);

  const IntakeLimits limits_;
  Counters& counters_;
  RejectLog& rejects_;
  SymbolTable symbols_;
  NdjsonReader reader_;
  ParsedLine fast_line_;
  EventBatch* batch_ = nullptr;
  UnixMillis latest_ms_ = kMaxEventTimeMs;  // events beyond it are refused
  SourceId next_source_ = 1;
  struct {
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;
    std::uint64_t trades = 0;
    std::uint64_t ohlc = 0;
    std::uint64_t fast = 0;
  } counts_;
};

}  // namespace streamd
