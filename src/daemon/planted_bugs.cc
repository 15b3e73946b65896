#include "daemon/planted_bugs.h"

#if defined(STREAMD_FAULTS)

#include "base/fault.h"
#include "journal/event_codec.h"
#include "journal/record.h"

namespace streamd::fault {
namespace {

// Gives the first so many events to one batch, the others to another.
class Halver {
 public:
  Halver(EventBatch& first, EventBatch& second, std::uint64_t events_of_first)
      : first_(first), second_(second), left_(events_of_first) {}

  void trades(SourceId source, const Trade* trades, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) half().add_trade(source, trades[i]);
  }
  void bar_lines(SourceId source, const BarLine* lines, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) half().add_bar_line(source, lines[i]);
  }
  void new_symbol(const std::string& name) { half().add_symbol(name); }
  void source_start(const SourceStart& start) { half().add_source_start(start); }
  void source_label(const SourceLabel& label) { half().add_source_label(label); }
  void source_end(const SourceEnd& end) { half().add_source_end(end); }
  void tail_position(const TailPosition& position) { half().add_tail_position(position); }
  void tick(const Tick& tick) { half().add_tick(tick); }
  void write_open() { half().add_write_open(); }
  void run_start(const RunStart& start) { half().add_run_start(start); }
  void producer_start(const ProducerStart& start) { half().add_producer_start(start); }
  void producer_seq(const ProducerSeq& seq) { half().add_producer_seq(seq); }
  void producer_end(SourceId source) { half().add_producer_end(source); }
  void second_stored(const SecondStored& stored) { half().add_second_stored(stored); }
  void gate_verdict(const GateVerdict& verdict) { half().add_gate_verdict(verdict); }
  void influence_update(const InfluenceUpdate& update) { half().add_influence_update(update); }
  void input_end(const InputEnd& end) { half().add_input_end(end); }

 private:
  EventBatch& half() {
    if (left_ == 0) return second_;
    --left_;
    return first_;
  }

  EventBatch& first_;
  EventBatch& second_;
  std::uint64_t left_;
};

}  // namespace

std::pair<EventBatch, EventBatch> halves_of(const EventBatch& batch) {
  std::uint64_t events = 0;
  for (const EventBatch::Run& run : batch.runs()) events += run.count;
  std::pair<EventBatch, EventBatch> halves;
  batch.visit(Halver(halves.first, halves.second, events / 2));
  return halves;
}

void lose_late_trades(EffectBatch& effects) {
  if (planted() != Bug::late_trade_lost) return;
  constexpr std::uint64_t kOneIn = 10'000;
  static std::uint64_t late_trades = 0;
  std::erase_if(effects.writes, [](const BarWrite& write) {
    return write.origin == BarOrigin::trades && write.bar.values.trades == 1 && ++late_trades % kOneIn == 0;
  });
}

std::uint64_t position_behind(const Journal& journal, const EventBatch& batch) {
  if (planted() != Bug::applied_before_journalled) return journal.end();
  EventEncoder encoder;
  const auto payload = encoder.encode(batch);
  return journal.end() + record_bytes(make_record_header(journal.end(), payload).payload_bytes);
}

}  // namespace streamd::fault

#endif
