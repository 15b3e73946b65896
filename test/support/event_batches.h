// Event batches for tests: of every kind, at random, and as texts that tell any two apart.
#pragma once

#include <random>
#include <string>

#include <fmt/format.h>

#include "core/event.h"

namespace streamd {

// Everything that is in it, in the order of its runs.
inline std::string text_of(const EventBatch& batch) {
  std::string text;
  for (const EventBatch::Run& run : batch.runs()) {
    text += fmt::format("run {} {} {}\n", static_cast<int>(run.kind), run.source, run.count);
  }
  for (const Trade& trade : batch.trades()) {
    text += fmt::format("trade {} {} {} {}\n", trade.event_time_ms, trade.price, trade.quantity, trade.symbol);
  }
  for (const BarLine& line : batch.bar_lines()) {
    const Ohlcv& bar = line.values;
    text += fmt::format("bar {} {} {} {} {} {} {} {}\n", line.symbol, line.second, bar.open, bar.high, bar.low,
                        bar.close, bar.volume, bar.trades);
  }
  for (const std::string& name : batch.symbols()) text += fmt::format("symbol {}\n", name);
  for (const SourceStart& start : batch.source_starts()) {
    text += fmt::format("start {} {} {}\n", start.source, start.label, start.tail_path);
  }
  for (const SourceLabel& label : batch.source_labels())
    text += fmt::format("label {} {}\n", label.source, label.label);
  for (const SourceEnd& end : batch.source_ends()) text += fmt::format("end {} {}\n", end.source, end.wall_ms);
  for (const TailPosition& tail : batch.tail_positions()) {
    text += fmt::format("position {} {} {} {} {} {} {} {}\n", tail.source, tail.path, tail.device, tail.inode,
                        tail.prefix_bytes, tail.prefix_hash, tail.offset, tail.finished);
  }
  for (const Tick& tick : batch.ticks()) {
    text += fmt::format("tick {} {} {}", tick.wall_ms, tick.elapsed_ms, tick.all_interrupted);
    for (const BusySource& busy : tick.busy) {
      text += fmt::format(" {}:{}:{}", busy.source, busy.interrupted, busy.undrained);
    }
    text += '\n';
  }
  for (const RunStart& start : batch.run_starts()) {
    const CoreOptions& options = start.options;
    const DecisionOptions& decisions = options.decisions;
    const CostGateOptions& cost = decisions.cost;
    text += fmt::format("run start {} {} {} {} {} {} {}", start.run_id, start.version, options.bars.lateness_ms,
                        options.bars.idle_close_ms, options.bars.producer_grace_ms, start.wall_ms, start.elapsed_ms);
    text += fmt::format(" {} {} {} {} {} {} {}", decisions.emit, decisions.state_window, decisions.tau_on,
                        decisions.tau_off, decisions.base_size, decisions.confidence_is_legitimacy,
                        decisions.influence);
    text += fmt::format(" {} {} {} {} {} {} {} {}", cost.fee_rate, cost.slippage, cost.edge_bps, cost.cost_budget,
                        cost.cost_window_s, options.amend.notices, options.amend.window_s, options.amend.memory);
    text += fmt::format(" {}", options.summaries.window_s);
    for (const SourceId tail : start.tails) text += fmt::format(" {}", tail);
    text += '\n';
  }
  for (const ProducerStart& start : batch.producer_starts()) {
    text +=
        fmt::format("producer {} {} {} {} {}\n", start.source, start.name, start.session, start.label, start.last_seq);
  }
  for (const ProducerSeq& seq : batch.producer_seqs()) text += fmt::format("seq {} {}\n", seq.source, seq.seq);
  for (const SourceId source : batch.producer_ends()) text += fmt::format("producer end {}\n", source);
  for (const SecondStored& stored : batch.seconds_stored()) {
    text += fmt::format("stored {} {}\n", stored.symbol, stored.second);
  }
  for (const GateVerdict& verdict : batch.gate_verdicts()) {
    const std::string slip = verdict.allowed_slip_bps ? fmt::format("{}", *verdict.allowed_slip_bps) : "unknown";
    text += fmt::format("gate {} {} {} {} {}\n", verdict.open, verdict.source, slip, verdict.reason_json,
                        verdict.timestamp_json);
  }
  for (const InfluenceUpdate& update : batch.influence_updates()) {
    text += fmt::format("influence {}", update.replaces_all);
    for (const InfluenceReading& reading : update.readings) {
      text += fmt::format(" {}:{}:{}", reading.target, reading.up, reading.down);
    }
    text += '\n';
  }
  for (const InputEnd& end : batch.input_ends()) text += fmt::format("input end {}\n", end.wall_ms);
  return text;
}

inline std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) {
  return random() % limit;
}

inline std::string random_text(std::mt19937_64& random) {
  std::string text(below(random, 4) == 0 ? below(random, 200) : below(random, 12), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// One event; its numbers mean nothing.
inline void add_random_event(std::mt19937_64& random, EventKind kind, EventBatch& batch) {
  const auto source = static_cast<SourceId>(1 + below(random, 3));
  const auto number = [&] { return static_cast<double>(random() % 1'000'000) / 7 - 1000; };
  const auto time = [&] { return static_cast<UnixMillis>(random() >> 12); };
  switch (kind) {
    case EventKind::trades:
      batch.add_trade(source, {time(), number(), number(), static_cast<SymbolId>(random())});
      break;
    case EventKind::bar_lines:
      batch.add_bar_line(
          source,
          {static_cast<SymbolId>(random()), time(), {number(), number(), number(), number(), number(), time()}});
      break;
    case EventKind::new_symbol:
      batch.add_symbol(random_text(random));
      break;
    case EventKind::source_start:
      batch.add_source_start({source, random_text(random), random_text(random)});
      break;
    case EventKind::source_label:
      batch.add_source_label({source, random_text(random)});
      break;
    case EventKind::source_end:
      batch.add_source_end({source, time()});
      break;
    case EventKind::tail_position:
      batch.add_tail_position(
          {source, random_text(random), random(), random(), random(), random(), random(), below(random, 2) == 1});
      break;
    case EventKind::tick: {
      Tick tick{time(), time(), below(random, 2) == 1, {}};
      for (auto i = below(random, 4); i > 0; --i) {
        tick.busy.push_back({static_cast<SourceId>(random()), below(random, 2) == 1, below(random, 2) == 1});
      }
      batch.add_tick(std::move(tick));
      break;
    }
    case EventKind::write_open:
      batch.add_write_open();
      break;
    case EventKind::run_start: {
      RunStart start{random_text(random), random_text(random), {}, time(), time(), {}};
      const auto flag = [&] { return below(random, 2) == 1; };
      start.options.bars = {time(), time(), time()};
      start.options.decisions = {flag(), static_cast<std::uint32_t>(random()), number(), number(), number(), flag(),
                                 flag(), {number(), number(), number(), number(), number()}};
      start.options.amend = {flag(), time(), random()};
      start.options.summaries = {static_cast<std::int32_t>(random())};
      for (auto i = below(random, 4); i > 0; --i) start.tails.push_back(static_cast<SourceId>(random()));
      batch.add_run_start(std::move(start));
      break;
    }
    case EventKind::producer_start:
      batch.add_producer_start({source, random_text(random), random_text(random), random_text(random), random()});
      break;
    case EventKind::producer_seq:
      batch.add_producer_seq({source, random()});
      break;
    case EventKind::producer_end: batch.add_producer_end(source); break;
    case EventKind::second_stored:
      batch.add_second_stored({static_cast<SymbolId>(random()), static_cast<Second>(random())});
      break;
    case EventKind::gate_verdict: {
      GateVerdict verdict{below(random, 2) == 1, random_text(random), {}, random_text(random), random_text(random)};
      if (below(random, 2) == 1) verdict.allowed_slip_bps = number();
      batch.add_gate_verdict(std::move(verdict));
      break;
    }
    case EventKind::influence_update: {
      InfluenceUpdate update{below(random, 2) == 1, {}};
      for (auto i = below(random, 4); i > 0; --i) {
        update.readings.push_back({random_text(random), below(random, 2) == 1, below(random, 2) == 1});
      }
      batch.add_influence_update(std::move(update));
      break;
    }
    case EventKind::input_end: batch.add_input_end({time()}); break;
  }
}

inline constexpr int kEventKinds = static_cast<int>(kLastEventKind) + 1;

inline void add_random_events(std::mt19937_64& random, std::size_t count, EventBatch& batch) {
  while (count > 0) {
    const auto kind = static_cast<EventKind>(below(random, kEventKinds));
    for (auto in_a_row = 1 + below(random, 3); in_a_row > 0 && count > 0; --in_a_row, --count) {
      add_random_event(random, kind, batch);
    }
  }
}

}  // namespace streamd
