#include "daemon/planted_bugs.h"

#if defined(STREAMD_FAULTS)

#include "base/fault.h"
#include "journal/event_codec.h"
#include "journal/record.h"

namespace streamd::fault {
namespace {

// Adds the next event of a run's kind to `to`; the iterators go on.
struct Cursor {
  explicit Cursor(const EventBatch& batch)
      : trade(batch.trades().data()),
        bar_line(batch.bar_lines().data()),
        symbol(batch.symbols().data()),
        start(batch.source_starts().data()),
        label(batch.source_labels().data()),
        end(batch.source_ends().data()),
        position(batch.tail_positions().data()),
        tick(batch.ticks().data()),
        run_start(batch.run_starts().data()),
        producer_start(batch.producer_starts().data()),
        producer_seq(batch.producer_seqs().data()),
        producer_end(batch.producer_ends().data()),
        second_stored(batch.seconds_stored().data()) {}

  void give_one(const EventBatch::Run& run, EventBatch& to) {
    switch (run.kind) {
      case EventKind::trades: to.add_trade(run.source, *trade++); break;
      case EventKind::bar_lines: to.add_bar_line(run.source, *bar_line++); break;
      case EventKind::new_symbol: to.add_symbol(*symbol++); break;
      case EventKind::source_start: to.add_source_start(*start++); break;
      case EventKind::source_label: to.add_source_label(*label++); break;
      case EventKind::source_end: to.add_source_end(*end++); break;
      case EventKind::tail_position: to.add_tail_position(*position++); break;
      case EventKind::tick: to.add_tick(*tick++); break;
      case EventKind::write_open: to.add_write_open(); break;
      case EventKind::run_start: to.add_run_start(*run_start++); break;
      case EventKind::producer_start: to.add_producer_start(*producer_start++); break;
      case EventKind::producer_seq: to.add_producer_seq(*producer_seq++); break;
      case EventKind::producer_end: to.add_producer_end(*producer_end++); break;
      case EventKind::second_stored: to.add_second_stored(*second_stored++); break;
    }
  }

  const Trade* trade;
  const BarLine* bar_line;
  const std::string* symbol;
  const SourceStart* start;
  const SourceLabel* label;
  const SourceEnd* end;
  const TailPosition* position;
  const Tick* tick;
  const RunStart* run_start;
  const ProducerStart* producer_start;
  const ProducerSeq* producer_seq;
  const SourceId* producer_end;
  const SecondStored* second_stored;
};

}  // namespace

std::pair<EventBatch, EventBatch> halves_of(const EventBatch& batch) {
  std::uint64_t events = 0;
  for (const EventBatch::Run& run : batch.runs()) events += run.count;
  std::pair<EventBatch, EventBatch> halves;
  Cursor cursor(batch);
  std::uint64_t given = 0;
  for (const EventBatch::Run& run : batch.runs()) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      cursor.give_one(run, given++ < events / 2 ? halves.first : halves.second);
    }
  }
  return halves;
}

std::uint64_t position_behind(const Journal& journal, const EventBatch& batch) {
  if (planted() != Bug::applied_before_journalled) return journal.end();
  EventEncoder encoder;
  const auto payload = encoder.encode(batch);
  return journal.end() + record_bytes(make_record_header(journal.end(), payload).payload_bytes);
}

}  // namespace streamd::fault

#endif
