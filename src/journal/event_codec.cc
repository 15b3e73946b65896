#include "journal/event_codec.h"

#include <cstring>

#include "core/tail_position_bytes.h"

namespace streamd {
namespace {

constexpr std::size_t kRunBytes = 9;

PackedBarLine packed(const BarLine& line) {
  const Ohlcv& values = line.values;
  return {line.symbol,  0,            line.second,   values.open,  values.high,
          values.low,   values.close, values.volume, values.trades};
}

BarLine unpacked(const char* bytes) {
  PackedBarLine packed;
  std::memcpy(&packed, bytes, sizeof packed);
  return {packed.symbol, packed.second,
          {packed.open, packed.high, packed.low, packed.close, packed.volume, packed.trades}};
}

constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(EventKind::second_stored);

bool has_column(EventKind kind) { return kind == EventKind::trades || kind == EventKind::bar_lines; }

void put_tick(const Tick& tick, ByteSink& sink) {
  sink.put(tick.wall_ms);
  sink.put(tick.elapsed_ms);
  sink.put(static_cast<std::uint8_t>(tick.all_interrupted));
  sink.put(static_cast<std::uint32_t>(tick.busy.size()));
  for (const BusySource& busy : tick.busy) {
    sink.put(busy.source);
    sink.put(static_cast<std::uint8_t>((busy.interrupted ? 1 : 0) | (busy.undrained ? 2 : 0)));
  }
}

Tick get_tick(ByteSource& source) {
  Tick tick;
  tick.wall_ms = source.get<UnixMillis>();
  tick.elapsed_ms = source.get<ElapsedMillis>();
  tick.all_interrupted = source.get<std::uint8_t>() != 0;
  tick.busy.resize(source.get_count(sizeof(SourceId) + 1));
  for (BusySource& busy : tick.busy) {
    busy.source = source.get<SourceId>();
    const auto flags = source.get<std::uint8_t>();
    busy.interrupted = (flags & 1) != 0;
    busy.undrained = (flags & 2) != 0;
  }
  return tick;
}

void put_run_start(const RunStart& start, ByteSink& sink) {
  sink.put_text(start.run_id);
  sink.put_text(start.version);
  sink.put(start.options.bars.lateness_ms);
  sink.put(start.options.bars.idle_close_ms);
  sink.put(start.options.bars.producer_grace_ms);
  sink.put(start.wall_ms);
  sink.put(start.elapsed_ms);
  sink.put(static_cast<std::uint32_t>(start.tails.size()));
  for (SourceId tail : start.tails) sink.put(tail);
}

RunStart get_run_start(ByteSource& source) {
  RunStart start;
  start.run_id = source.get_text();
  start.version = source.get_text();
  start.options.bars.lateness_ms = source.get<std::int64_t>();
  start.options.bars.idle_close_ms = source.get<ElapsedMillis>();
  start.options.bars.producer_grace_ms = source.get<ElapsedMillis>();
  start.wall_ms = source.get<UnixMillis>();
  start.elapsed_ms = source.get<ElapsedMillis>();
  start.tails.resize(source.get_count(sizeof(SourceId)));
  for (SourceId& tail : start.tails) tail = source.get<SourceId>();
  return start;
}

void put_producer_start(const ProducerStart& start, ByteSink& sink) {
  sink.put(start.source);
  sink.put_text(start.name);
  sink.put_text(start.session);
  sink.put_text(start.label);
  sink.put(start.last_seq);
}

ProducerStart get_producer_start(ByteSource& source) {
  ProducerStart start{};
  start.source = source.get<SourceId>();
  start.name = source.get_text();
  start.session = source.get_text();
  start.label = source.get_text();
  start.last_seq = source.get<std::uint64_t>();
  return start;
}

// One event of a run that has no column.
void get_event(EventKind kind, ByteSource& source, EventBatch& batch) {
  switch (kind) {
    case EventKind::trades:
    case EventKind::bar_lines: break;
    case EventKind::new_symbol: batch.add_symbol(source.get_text()); break;
    case EventKind::source_start: {
      SourceStart start{};
      start.source = source.get<SourceId>();
      start.label = source.get_text();
      start.tail_path = source.get_text();
      batch.add_source_start(std::move(start));
      break;
    }
    case EventKind::source_label: {
      const auto id = source.get<SourceId>();
      batch.add_source_label({id, std::string(source.get_text())});
      break;
    }
    case EventKind::source_end: {
      const auto id = source.get<SourceId>();
      batch.add_source_end({id, source.get<UnixMillis>()});
      break;
    }
    case EventKind::tail_position: batch.add_tail_position(get_position(source)); break;
    case EventKind::tick: batch.add_tick(get_tick(source)); break;
    case EventKind::write_open: batch.add_write_open(); break;
    case EventKind::run_start: batch.add_run_start(get_run_start(source)); break;
    case EventKind::producer_start: batch.add_producer_start(get_producer_start(source)); break;
    case EventKind::producer_seq: {
      const auto id = source.get<SourceId>();
      batch.add_producer_seq({id, source.get<std::uint64_t>()});
      break;
    }
    case EventKind::producer_end: batch.add_producer_end(source.get<SourceId>()); break;
    case EventKind::second_stored: {
      const auto symbol = source.get<SymbolId>();
      batch.add_second_stored({symbol, source.get<Second>()});
      break;
    }
  }
}

}  // namespace

std::array<std::string_view, 4> EventEncoder::encode(const EventBatch& batch) {
  before_.clear();
  bar_lines_.clear();
  after_.clear();
  before_.put(static_cast<std::uint32_t>(batch.runs().size()));
  for (const EventBatch::Run& run : batch.runs()) {
    before_.put(static_cast<std::uint8_t>(run.kind));
    before_.put(run.source);
    before_.put(run.count);
  }
  for (const BarLine& line : batch.bar_lines()) bar_lines_.push_back(packed(line));
  const std::string* symbol = batch.symbols().data();
  const SourceStart* start = batch.source_starts().data();
  const SourceLabel* label = batch.source_labels().data();
  const SourceEnd* end = batch.source_ends().data();
  const TailPosition* position = batch.tail_positions().data();
  const Tick* tick = batch.ticks().data();
  const RunStart* run_start = batch.run_starts().data();
  const ProducerStart* producer_start = batch.producer_starts().data();
  const ProducerSeq* producer_seq = batch.producer_seqs().data();
  const SourceId* producer_end = batch.producer_ends().data();
  const SecondStored* second_stored = batch.seconds_stored().data();
  for (const EventBatch::Run& run : batch.runs()) {
    if (has_column(run.kind) || run.kind == EventKind::write_open) continue;
    for (std::uint32_t i = 0; i < run.count; ++i) {
      switch (run.kind) {
        case EventKind::trades:
        case EventKind::bar_lines:
        case EventKind::write_open: break;
        case EventKind::new_symbol: after_.put_text(*symbol++); break;
        case EventKind::source_start:
          after_.put(start->source);
          after_.put_text(start->label);
          after_.put_text(start->tail_path);
          ++start;
          break;
        case EventKind::source_label:
          after_.put(label->source);
          after_.put_text(label->label);
          ++label;
          break;
        case EventKind::source_end:
          after_.put(end->source);
          after_.put(end->wall_ms);
          ++end;
          break;
        case EventKind::tail_position: put_position(*position++, after_); break;
        case EventKind::tick: put_tick(*tick++, after_); break;
        case EventKind::run_start: put_run_start(*run_start++, after_); break;
        case EventKind::producer_start: put_producer_start(*producer_start++, after_); break;
        case EventKind::producer_seq:
          after_.put(producer_seq->source);
          after_.put(producer_seq->seq);
          ++producer_seq;
          break;
        case EventKind::producer_end: after_.put(*producer_end++); break;
        case EventKind::second_stored:
          after_.put(second_stored->symbol);
          after_.put(second_stored->second);
          ++second_stored;
          break;
      }
    }
  }
  const auto& trades = batch.trades();
  return {before_.bytes(),
          std::string_view(reinterpret_cast<const char*>(trades.data()), trades.size() * sizeof(Trade)),
          std::string_view(reinterpret_cast<const char*>(bar_lines_.data()), bar_lines_.size() * sizeof(PackedBarLine)),
          after_.bytes()};
}

bool decode_events(std::string_view payload, EventBatch& batch) {
  ByteSource source(payload);
  struct Run {
    EventKind kind;
    SourceId source;
    std::uint32_t count;
  };
  std::vector<Run> runs(source.get_count(kRunBytes));
  std::uint64_t trades = 0;
  std::uint64_t bar_lines = 0;
  std::uint64_t events = 0;
  for (Run& run : runs) {
    const auto kind = source.get<std::uint8_t>();
    if (kind > kLastKind) return false;
    run.kind = static_cast<EventKind>(kind);
    run.source = source.get<SourceId>();
    run.count = source.get<std::uint32_t>();
    if (run.kind == EventKind::trades) trades += run.count;
    if (run.kind == EventKind::bar_lines) bar_lines += run.count;
    if (run.kind == EventKind::write_open) run.count = 1;  // it has no bytes, and more of them do nothing more
    events += run.count;
    if (events > payload.size()) return false;  // no event has less than one byte, a write_open that of its run
  }
  const std::string_view trade_column = source.get_raw(trades * sizeof(Trade));
  const std::string_view bar_line_column = source.get_raw(bar_lines * sizeof(PackedBarLine));
  if (!source.ok()) return false;
  const char* next_trade = trade_column.data();
  const char* next_bar_line = bar_line_column.data();
  for (const Run& run : runs) {
    if (run.kind == EventKind::trades) {
      batch.add_trades(run.source, next_trade, run.count);
      next_trade += run.count * sizeof(Trade);
      continue;
    }
    for (std::uint32_t i = 0; i < run.count && source.ok(); ++i) {
      if (run.kind == EventKind::bar_lines) {
        batch.add_bar_line(run.source, unpacked(next_bar_line));
        next_bar_line += sizeof(PackedBarLine);
      } else {
        get_event(run.kind, source, batch);
      }
    }
  }
  return source.ok() && source.at_end();
}

}  // namespace streamd
