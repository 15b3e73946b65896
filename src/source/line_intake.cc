#include "source/line_intake.h"

#include <utility>

#include "base/log.h"
#include "wire/contract_fast_path.h"

namespace streamd {
namespace {

bool is_hello_reason(RejectReason reason) {
  switch (reason) {
    case RejectReason::bad_label:
    case RejectReason::bad_producer:
    case RejectReason::bad_session:
    case RejectReason::bad_token:
    case RejectReason::bad_ack:
    case RejectReason::missing_producer:
    case RejectReason::too_many_producers: return true;
    default: return false;
  }
}

}  // namespace

// The splitter's handler for one stream.
struct StreamLines {
  LineIntake& intake;
  LineStream& stream;

  const char* take_fast(const char* line) { return intake.take_fast(stream, line); }
  void on_line(std::string_view line, std::uint64_t offset) { intake.take_line(stream, line, offset); }
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last) {
    intake.take_long_piece(stream, piece, offset, last);
  }
};

LineIntake::LineIntake(const IntakeLimits& limits, Counters& counters, RejectLog& rejects)
    : limits_(limits), counters_(counters), rejects_(rejects), symbols_(limits.max_symbols) {}

void LineIntake::restore(const Core& core) {
  for (const std::string& symbol : core.symbols()) symbols_.add_beyond_limit(symbol);
  for (const std::string& label : core.labels()) labels_.insert(label);
  next_source_ = core.next_source();
}

SourceId LineIntake::start_source(std::string label, std::string tail_path) {
  const SourceId source = new_source();
  batch_->add_source_start({source, std::move(label), std::move(tail_path)});
  return source;
}

void LineIntake::relabel_source(SourceId source, std::string label) {
  batch_->add_source_label({source, std::move(label)});
}

void LineIntake::end_source(SourceId source, UnixMillis wall_ms) { batch_->add_source_end({source, wall_ms}); }

bool LineIntake::allow_label(const std::string& label) {
  if (labels_.contains(label)) return true;
  if (labels_.size() >= kMaxLabels) {
    if (!std::exchange(label_warned_, true)) {
      log_warn("{} labels are known, no more are taken: rows of the label \"{}\" and of further ones say live:<symbol>",
               kMaxLabels, label);
    }
    return false;
  }
  labels_.insert(label);
  return true;
}

void LineIntake::feed(LineStream& stream, std::string_view bytes) {
  counts_.bytes += bytes.size();
  StreamLines lines{*this, stream};
  stream.splitter.feed(bytes, lines);
}

bool LineIntake::finish(LineStream& stream) {
  const std::uint64_t rejected_before = counters_.rejected.get();
  StreamLines lines{*this, stream};
  stream.at_end = true;
  stream.splitter.finish(lines);
  stream.at_end = false;
  return counters_.rejected.get() == rejected_before;
}

bool LineIntake::take_seq(BookedProducer& producer, std::uint64_t seq) {
  producer.answer_due = true;
  if (seq <= producer.last_seq) {
    ++counts_.duplicates;
    ++counts_.lines;
    return false;
  }
  producer.last_seq = seq;
  if (!producer.advanced) {
    producer.advanced = true;
    advanced_.push_back(&producer);
  }
  return true;
}

// Leaves to take_line whatever is not plainly good, new symbols too.
const char* LineIntake::take_fast(LineStream& stream, const char* line) {
  if (!stream.authorized || stream.closed) return nullptr;
  const char* next = read_contract_line(line, limits_.max_line_bytes, fast_line_);
  if (next == nullptr || fast_line_.event_time_ms > latest_ms_) return nullptr;
  const bool has_number = fast_line_.seq_form != SeqForm::absent;
  if (has_number && (stream.hello_refused || (stream.producer != nullptr && fast_line_.seq == 0))) return nullptr;
  const auto symbol = symbols_.find_in_buffer(fast_line_.symbol);
  if (!symbol) return nullptr;
  ++stream.lines;
  if (has_number && stream.producer != nullptr) {
    if (!take_seq(*stream.producer, fast_line_.seq)) return next;
  }
  ++counts_.fast;
  accept(stream, fast_line_, *symbol);
  return next;
}

void LineIntake::take_line(LineStream& stream, std::string_view text, std::uint64_t offset) {
  ++stream.lines;
  if (stream.closed) return;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin a file with it
  if (offset == 0 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (is_blank_line(text)) return;
  const ParsedLine line = reader_.read(text);
  if (!stream.authorized && line.kind != LineKind::hello) {
    return reject(stream, line, RejectReason::unauthorized, text, offset);
  }
  const bool is_rejected = line.kind == LineKind::reject;
  const bool is_data = line.kind == LineKind::trade || line.kind == LineKind::bar;
  const bool is_numbered = line.seq_form == SeqForm::valid && line.seq > 0;  // numbers begin at 1
  if (stream.producer != nullptr) {
    if (stream.at_end && is_rejected && line.reject == RejectReason::invalid_json) return;
    if ((is_data || is_rejected) && is_numbered && !take_seq(*stream.producer, line.seq)) return;
  }
  if (is_rejected) return reject(stream, line, line.reject, text, offset);
  if (!is_data) return take_control(stream, line, text, offset);
  const bool has_number = line.seq_form != SeqForm::absent;
  if (has_number && (stream.hello_refused || (stream.producer != nullptr && !is_numbered))) {
    return reject(stream, line, RejectReason::bad_seq, text, offset);
  }
  if (line.event_time_ms > latest_ms_) return reject(stream, line, RejectReason::bad_ts_ms, text, offset);
  auto symbol = symbols_.find(line.symbol);
  if (!symbol) {
    symbol = symbols_.add(line.symbol);
    if (!symbol) return reject(stream, line, RejectReason::too_many_symbols, text, offset);
    batch_->add_symbol(line.symbol);
  }
  accept(stream, line, *symbol);
}

void LineIntake::take_control(LineStream& stream, const ParsedLine& line, std::string_view text,
                              std::uint64_t offset) {
  if (stream.peer != nullptr) {
    if (const auto refused = stream.peer->take_control(line)) return reject(stream, line, *refused, text, offset);
  }
  if (line.kind == LineKind::hello) stream.hello_refused = false;
  ++counts_.lines;
  ++counts_.control;
}

void LineIntake::accept(LineStream& stream, const ParsedLine& line, SymbolId symbol) {
  if (stream.source == 0) stream.source = start_source("", {});
  ++counts_.lines;
  if (line.kind == LineKind::trade) {
    ++counts_.trades;
    batch_->add_trade(stream.source, {line.event_time_ms, line.price, line.quantity, symbol});
  } else {
    ++counts_.ohlc;
    batch_->add_bar_line(stream.source, {symbol, second_of(line.event_time_ms), line.bar});
  }
}

void LineIntake::reject(LineStream& stream, const ParsedLine& line, RejectReason reason, std::string_view text,
                        std::uint64_t offset) {
  ++counts_.lines;
  rejects_.add(reason, stream.name, offset, text);
  if (reason == RejectReason::unauthorized) stream.closed = true;
  stream.hello_refused |= is_hello_reason(reason);
  if (stream.peer != nullptr) stream.peer->on_reject(line, reason, text);
}

void LineIntake::take_long_piece(LineStream& stream, std::string_view piece, std::uint64_t offset, bool last) {
  if (stream.closed) return;
  if (!stream.authorized) {
    if (stream.long_pieces == 0) reject(stream, {}, RejectReason::unauthorized, piece, offset);
    return;
  }
  if (stream.at_end && stream.producer != nullptr) return;  // torn: it comes again, and is judged then
  rejects_.add_piece(stream.name, offset, piece, stream.long_pieces++, last);
  if (!last) return;
  ++stream.lines;
  stream.long_pieces = 0;
  ++counts_.lines;
  if (stream.peer != nullptr) stream.peer->on_reject({}, RejectReason::line_too_long, {});
}

void LineIntake::end_batch() {
  for (BookedProducer* producer : advanced_) {
    batch_->add_producer_seq({producer->source, producer->last_seq});
    producer->advanced = false;
  }
  advanced_.clear();
  counters_.bytes.add(counts_.bytes);
  counters_.lines.add(counts_.lines);
  counters_.trades.add(counts_.trades);
  counters_.ohlc.add(counts_.ohlc);
  counters_.control.add(counts_.control);
  counters_.duplicates.add(counts_.duplicates);
  counters_.fast_path_lines.add(counts_.fast);
  counts_ = {};
  publish_counts();
}

void LineIntake::publish_counts() {
  IntakeCounts counts;
  counts.bytes = counters_.bytes.get();
  counts.lines = counters_.lines.get();
  counts.trades = counters_.trades.get();
  counts.ohlc = counters_.ohlc.get();
  counts.control = counters_.control.get();
  counts.duplicates = counters_.duplicates.get();
  counts.fast_path_lines = counters_.fast_path_lines.get();
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    counts.rejected_by_reason[i] = rejects_.count(static_cast<RejectReason>(i));
  }
  published_.give(counts);
}

}  // namespace streamd
