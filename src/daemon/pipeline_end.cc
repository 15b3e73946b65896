// How the daemon ends: the sinks are closed, the log tells what was done, and what was left undone makes the exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "base/log.h"
#include "daemon/pipeline_parts.h"

namespace streamd {
namespace {

constexpr ElapsedMillis kSinkEndMs = 500;  // for a sink to close

}  // namespace

int Pipeline::Parts::end() {
  query_desk->close();
  http->stop();
  const bool sinks_ended = delivery->close(clock.elapsed_ms() + kSinkEndMs);
  delivery->report_undelivered();
  log_summary();
  const int code = outcome();
  if (!sinks_ended) {
    log_warn("a sink hangs in its file or peer; it is left so");
    ::_exit(code);
  }
  return code;
}

// The exit code.
int Pipeline::Parts::outcome() const {
  int code = 0;
  const auto fail = [&code](const std::string& message) {
    log_error("{}", message);
    code = 1;
  };
  if (const auto rows = store_stage->rows_left(); rows > 0 && journal != nullptr) {
    log_warn("{} rows wait in the journal for the next start: {}", rows, store_stage->last_error());
  } else if (rows > 0) {
    fail(fmt::format("{} rows could not be stored: {}", rows, store_stage->last_error()));
  }
  if (core_stage->batches_given_up() > 0) {
    fail(fmt::format("{} batches of lines could not be journalled: {}", core_stage->batches_given_up(),
                     core_stage->last_error()));
  }
  if (const auto batches = delivery->batches_given_up(); batches > 0 && journal != nullptr) {
    log_warn("{} batches of lines for the sinks wait in the journal for the next start: a spool was full", batches);
  } else if (batches > 0) {
    fail(fmt::format("{} batches of lines for the sinks are lost: a spool was full", batches));
  }
  if (const auto bytes = intake_stage->bytes_left(); bytes > 0) {
    fail(fmt::format("{} bytes had arrived and could not be read in time", bytes));
  }
  if (const auto bytes = rejects.waiting_bytes(); bytes > 0) {
    fail(fmt::format("{} bytes of rejected lines could not be written to {}", bytes, options.reject_file));
  }
  if (tail != nullptr && tail->failures() > 0) {
    fail(fmt::format("{} files could not be read to their end", tail->failures()));
  }
  return code;
}

void Pipeline::Parts::log_summary() const {
  log_info(
      "done: lines={} trades={} ohlc={} control={} rejected={} duplicates={} fast_path_lines={} late_trades={} "
      "trades_superseded={} seconds_closed={} rows={} bars_merged={} commits={} journal_bytes_cut={} decisions={} "
      "summaries={} summaries_passed_over={} bars_after_window={}",
      counters.lines.get(), counters.trades.get(), counters.ohlc.get(), counters.control.get(),
      counters.rejected.get(), counters.duplicates.get(), counters.fast_path_lines.get(), counters.late_trades.get(),
      counters.trades_superseded.get(), counters.seconds_closed.get(), counters.rows_committed.get(),
      counters.bars_merged.get(), counters.commits.get(), counters.journal_bytes_cut.get(), counters.decisions.get(),
      counters.summaries.get(), counters.summaries_passed_over.get(), counters.bars_after_window.get());
  if (counters.rejected.get() > 0) log_info("rejected by reason: {}", rejects.summary());
}

}  // namespace streamd
