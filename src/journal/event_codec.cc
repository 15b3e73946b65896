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

constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(kLastEventKind);

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

void put_options(const CoreOptions& options, ByteSink& sink) {
  sink.put(options.bars.lateness_ms);
  sink.put(options.bars.idle_close_ms);
  sink.put(options.bars.producer_grace_ms);
  const DecisionOptions& decisions = options.decisions;
  sink.put(static_cast<std::uint8_t>(decisions.emit));
  sink.put(decisions.state_window);
  sink.put(decisions.tau_on);
  sink.put(decisions.tau_off);
  sink.put(decisions.base_size);
  sink.put(static_cast<std::uint8_t>(decisions.confidence_is_legitimacy));
  sink.put(static_cast<std::uint8_t>(decisions.influence));
  const CostGateOptions& cost = decisions.cost;
  for (const double value : {cost.fee_rate, cost.slippage, cost.edge_bps, cost.cost_budget, cost.cost_window_s}) {
    sink.put(value);
  }
  sink.put(static_cast<std::uint8_t>(options.amend.notices));
  sink.put(options.amend.window_s);
  sink.put(options.amend.memory);
  sink.put(options.summaries.window_s);
}

CoreOptions get_options(ByteSource& source) {
  CoreOptions options;
  options.bars.lateness_ms = source.get<std::int64_t>();
  options.bars.idle_close_ms = source.get<ElapsedMillis>();
  options.bars.producer_grace_ms = source.get<ElapsedMillis>();
  DecisionOptions& decisions = options.decisions;
  decisions.emit = source.get<std::uint8_t>() != 0;
  decisions.state_window = source.get<std::uint32_t>();
  decisions.tau_on = source.get<double>();
  decisions.tau_off = source.get<double>();
  decisions.base_size = source.get<double>();
  decisions.confidence_is_legitimacy = source.get<std::uint8_t>() != 0;
  decisions.influence = source.get<std::uint8_t>() != 0;
  CostGateOptions& cost = decisions.cost;
  for (double* value : {&cost.fee_rate, &cost.slippage, &cost.edge_bps, &cost.cost_budget, &cost.cost_window_s}) {
    *value = source.get<double>();
  }
  options.amend.notices = source.get<std::uint8_t>() != 0;
  options.amend.window_s = source.get<std::int64_t>();
  options.amend.memory = source.get<std::uint64_t>();
  options.summaries.window_s = source.get<std::int32_t>();
  return options;
}

void put_run_start(const RunStart& start, ByteSink& sink) {
  sink.put_text(start.run_id);
  sink.put_text(start.version);
  put_options(start.options, sink);
  sink.put(start.wall_ms);
  sink.put(start.elapsed_ms);
  sink.put(static_cast<std::uint32_t>(start.tails.size()));
  for (SourceId tail : start.tails) sink.put(tail);
}

RunStart get_run_start(ByteSource& source) {
  RunStart start;
  start.run_id = source.get_text();
  start.version = source.get_text();
  start.options = get_options(source);
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

void put_verdict(const GateVerdict& verdict, ByteSink& sink) {
  sink.put(static_cast<std::uint8_t>(verdict.open));
  sink.put_text(verdict.source);
  sink.put(static_cast<std::uint8_t>(verdict.allowed_slip_bps.has_value()));
  sink.put(verdict.allowed_slip_bps.value_or(0));
  sink.put_text(verdict.reason_json);
  sink.put_text(verdict.timestamp_json);
}

GateVerdict get_verdict(ByteSource& source) {
  GateVerdict verdict;
  verdict.open = source.get<std::uint8_t>() != 0;
  verdict.source = source.get_text();
  const bool has_slip = source.get<std::uint8_t>() != 0;
  const auto slip = source.get<double>();
  if (has_slip) verdict.allowed_slip_bps = slip;
  verdict.reason_json = source.get_text();
  verdict.timestamp_json = source.get_text();
  return verdict;
}

void put_influence(const InfluenceUpdate& update, ByteSink& sink) {
  sink.put(static_cast<std::uint8_t>(update.replaces_all));
  sink.put(static_cast<std::uint32_t>(update.readings.size()));
  for (const InfluenceReading& reading : update.readings) {
    sink.put_text(reading.target);
    sink.put(static_cast<std::uint8_t>((reading.up ? 1 : 0) | (reading.down ? 2 : 0)));
  }
}

InfluenceUpdate get_influence(ByteSource& source) {
  InfluenceUpdate update;
  update.replaces_all = source.get<std::uint8_t>() != 0;
  update.readings.resize(source.get_count(sizeof(std::uint32_t) + 1));
  for (InfluenceReading& reading : update.readings) {
    reading.target = source.get_text();
    const auto flags = source.get<std::uint8_t>();
    reading.up = (flags & 1) != 0;
    reading.down = (flags & 2) != 0;
  }
  return update;
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
    case EventKind::gate_verdict: batch.add_gate_verdict(get_verdict(source)); break;
    case EventKind::influence_update: batch.add_influence_update(get_influence(source)); break;
    case EventKind::input_end: batch.add_input_end({source.get<UnixMillis>()}); break;
  }
}

// Events that have no column, one behind the other.
class Writer {
 public:
  explicit Writer(ByteSink& sink) : sink_(sink) {}

  void trades(SourceId, const Trade*, std::uint32_t) {}
  void bar_lines(SourceId, const BarLine*, std::uint32_t) {}
  void new_symbol(const std::string& name) { sink_.put_text(name); }
  void source_start(const SourceStart& start) {
    sink_.put(start.source);
    sink_.put_text(start.label);
    sink_.put_text(start.tail_path);
  }
  void source_label(const SourceLabel& label) {
    sink_.put(label.source);
    sink_.put_text(label.label);
  }
  void source_end(const SourceEnd& end) {
    sink_.put(end.source);
    sink_.put(end.wall_ms);
  }
  void tail_position(const TailPosition& position) { put_position(position, sink_); }
  void tick(const Tick& tick) { put_tick(tick, sink_); }
  void write_open() {}
  void run_start(const RunStart& start) { put_run_start(start, sink_); }
  void producer_start(const ProducerStart& start) { put_producer_start(start, sink_); }
  void producer_seq(const ProducerSeq& seq) {
    sink_.put(seq.source);
    sink_.put(seq.seq);
  }
  void producer_end(SourceId source) { sink_.put(source); }
  void second_stored(const SecondStored& stored) {
    sink_.put(stored.symbol);
    sink_.put(stored.second);
  }
  void gate_verdict(const GateVerdict& verdict) { put_verdict(verdict, sink_); }
  void influence_update(const InfluenceUpdate& update) { put_influence(update, sink_); }
  void input_end(const InputEnd& end) { sink_.put(end.wall_ms); }

 private:
  ByteSink& sink_;
};

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
  batch.visit(Writer(after_));
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
