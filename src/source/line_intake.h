// Lines of all sources → one event batch. Owns the symbol numbers, refuses what the core must never see (bad lines,
// times ahead of the clock, too many symbols), and keeps the account:
//   lines = trades + ohlc + control + rejected + duplicates
// Lines of a named producer that are in already, by their sequence number, are duplicates.
// One thread, but for counts(); its sources (ingest_connection, tail_source) feed it their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/counters.h"
#include "base/published.h"
#include "core/core.h"
#include "core/event.h"
#include "market/symbol_table.h"
#include "source/intake_counts.h"
#include "source/producer_book.h"
#include "source/reject_log.h"
#include "wire/line_splitter.h"
#include "wire/ndjson_reader.h"

namespace streamd {

struct IntakeLimits {
  std::size_t max_line_bytes = 1 << 20;
  std::size_t max_symbols = 50'000;
  std::int64_t max_future_ms = 60'000;
};

// Who is at the other end of a stream, where somebody is.
class StreamPeer {
 public:
  virtual ~StreamPeer() = default;
  // A hello, sync or ping. Nothing: it was taken; else why it is refused.
  virtual std::optional<RejectReason> take_control(const ParsedLine& line) = 0;
  // `text` is the line; empty when it was too long.
  virtual void on_reject(const ParsedLine& line, RejectReason reason, std::string_view text) = 0;
};

// The bytes of one connection or file on their way to lines.
struct LineStream {
  LineStream(std::string name_, std::size_t max_line_bytes, std::uint64_t offset = 0)
      : name(std::move(name_)), splitter(max_line_bytes, offset) {}

  std::string name;        // for people: in logs and the reject file
  SourceId source = 0;     // 0: it becomes an anonymous one with its first trade or bar
  LineSplitter splitter;
  std::uint64_t lines = 0;        // so far, blank ones too
  std::uint64_t long_pieces = 0;  // of the long line under way
  StreamPeer* peer = nullptr;     // nullptr: a file; control lines in it count, and do nothing
  BookedProducer* producer = nullptr;
  bool authorized = true;
  bool hello_refused = false;     // it says who it is, and is not heard: lines with a number would lose their meaning
  bool closed = false;            // what still comes is no line
  bool at_end = false;            // the line under way has no newline
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
  // Goes on with the numbers that the core knows. Before the first line.
  void restore(const Core& core);

  // A number that no source had.
  SourceId new_source() { return next_source_++; }
  // Announces a new source to the core with its label (empty: live:<symbol>) and, of a tail, its path.
  SourceId start_source(std::string label, std::string tail_path);
  void relabel_source(SourceId source, std::string label);
  void end_source(SourceId source, UnixMillis wall_ms);
  // False (and a warning): there are too many labels already; rows then say live:<symbol>.
  bool allow_label(const std::string& label);

  // `bytes` must be readable kReadSlack beyond its end.
  void feed(LineStream& stream, std::string_view bytes);
  // The stream has ended: its unfinished line counts as a line; of a named producer only when it is JSON, because it
  // sends what was torn again. False when there was one and it was rejected.
  bool finish(LineStream& stream);

  // The batch is complete: adds how far named producers are, and the batch's counts to the counters.
  void end_batch();
  // As of the last end_batch(). Any thread.
  IntakeCounts counts() const { return published_.get(); }

 private:
  static constexpr std::size_t kFullBatch = 32'768;  // trades and bars
  static constexpr std::size_t kMaxLabels = 65'536;

  friend struct StreamLines;
  const char* take_fast(LineStream& stream, const char* line);
  void take_line(LineStream& stream, std::string_view line, std::uint64_t offset);
  void take_control(LineStream& stream, const ParsedLine& line, std::string_view text, std::uint64_t offset);
  // False: it is in already.
  bool take_seq(BookedProducer& producer, std::uint64_t seq);
  void take_long_piece(LineStream& stream, std::string_view piece, std::uint64_t offset, bool last);
  void reject(LineStream& stream, const ParsedLine& line, RejectReason reason, std::string_view text,
              std::uint64_t offset);
  void accept(LineStream& stream, const ParsedLine& line, SymbolId symbol);
  void publish_counts();

  const IntakeLimits limits_;
  Counters& counters_;
  RejectLog& rejects_;
  SymbolTable symbols_;
  NdjsonReader reader_;
  ParsedLine fast_line_;
  EventBatch* batch_ = nullptr;
  UnixMillis latest_ms_ = kMaxEventTimeMs;  // events beyond it are refused
  SourceId next_source_ = 1;
  std::unordered_set<std::string> labels_;
  bool label_warned_ = false;
  std::vector<BookedProducer*> advanced_;  // in the batch under way
  struct {
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;
    std::uint64_t trades = 0;
    std::uint64_t ohlc = 0;
    std::uint64_t control = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t fast = 0;
  } counts_;
  Published<IntakeCounts> published_;
};

}  // namespace streamd
