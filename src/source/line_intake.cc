#include "source/line_intake.h"

#include <utility>

#include "wire/contract_fast_path.h"

namespace streamd {

// The splitter's handler for one stream.
struct StreamLines {
  LineIntake& intake;
  LineStream& stream;

  const char* take_fast(const char* line) { return intake.take_fast(stream.source, line); }
  void on_line(std::string_view line, std::uint64_t offset) { intake.take_line(stream, line, offset); }
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last) {
    intake.take_long_piece(stream, piece, offset, last);
  }
};

LineIntake::LineIntake(const IntakeLimits& limits, Counters& counters, RejectLog& rejects)
    : limits_(limits), counters_(counters), rejects_(rejects), symbols_(limits.max_symbols) {}

SourceId LineIntake::start_source(std::string label) {
  const SourceId source = next_source_++;
  batch_->add_source_start({source, std::move(label)});
  return source;
}

void LineIntake::relabel_source(SourceId source, std::string label) {
  batch_->add_source_label({source, std::move(label)});
}

void LineIntake::end_source(SourceId source, UnixMillis wall_ms) { batch_->add_source_end({source, wall_ms}); }

void LineIntake::feed(LineStream& stream, std::string_view bytes) {
  counts_.bytes += bytes.size();
  StreamLines lines{*this, stream};
  stream.splitter.feed(bytes, lines);
}

bool LineIntake::finish(LineStream& stream) {
  const std::uint64_t rejected_before = counters_.rejected.get();
  StreamLines lines{*this, stream};
  stream.splitter.finish(lines);
  return counters_.rejected.get() == rejected_before;
}

// Leaves to take_line whatever is not plainly good, new symbols too.
const char* LineIntake::take_fast(SourceId source, const char* line) {
  const char* next = read_contract_line(line, limits_.max_line_bytes, fast_line_);
  if (next == nullptr || fast_line_.event_time_ms > latest_ms_) return nullptr;
  const auto symbol = symbols_.find_in_buffer(fast_line_.symbol);
  if (!symbol) return nullptr;
  ++counts_.fast;
  accept(source, fast_line_, *symbol);
  return next;
}

void LineIntake::take_line(const LineStream& stream, std::string_view text, std::uint64_t offset) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin a file with it
  if (offset == 0 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (is_blank_line(text)) return;
  const ParsedLine line = reader_.read(text);
  if (line.kind == LineKind::reject) return reject(line.reject, stream, text, offset);
  if (line.kind != LineKind::trade && line.kind != LineKind::bar) {
    return reject(RejectReason::unknown_type, stream, text, offset);
  }
  if (line.event_time_ms > latest_ms_) return reject(RejectReason::bad_ts_ms, stream, text, offset);
  auto symbol = symbols_.find(line.symbol);
  if (!symbol) {
    symbol = symbols_.add(line.symbol);
    if (!symbol) return reject(RejectReason::too_many_symbols, stream, text, offset);
    batch_->add_symbol(line.symbol);
  }
  accept(stream.source, line, *symbol);
}

void LineIntake::accept(SourceId source, const ParsedLine& line, SymbolId symbol) {
  ++counts_.lines;
  if (line.kind == LineKind::trade) {
    ++counts_.trades;
    batch_->add_trade(source, {line.event_time_ms, line.price, line.quantity, symbol});
  } else {
    ++counts_.ohlc;
    batch_->add_bar_line(source, {symbol, second_of(line.event_time_ms), line.bar});
  }
}

void LineIntake::reject(RejectReason reason, const LineStream& stream, std::string_view line, std::uint64_t offset) {
  ++counts_.lines;
  rejects_.add(reason, stream.name, offset, line);
}

void LineIntake::take_long_piece(LineStream& stream, std::string_view piece, std::uint64_t offset, bool last) {
  rejects_.add_piece(stream.name, offset, piece, stream.long_pieces++, last);
  if (!last) return;
  stream.long_pieces = 0;
  ++counts_.lines;
}

void LineIntake::publish_counts() {
  counters_.bytes.add(counts_.bytes);
  counters_.lines.add(counts_.lines);
  counters_.trades.add(counts_.trades);
  counters_.ohlc.add(counts_.ohlc);
  counters_.fast_path_lines.add(counts_.fast);
  counts_ = {};
}

}  // namespace streamd
