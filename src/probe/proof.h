// Compares what the daemon has stored with what was sent. The rows of a run are found by its symbols and its seconds,
// which nobody else has (run_clock.h); with times that were given, nobody had before (rows_before).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "probe/line_maker.h"
#include "probe/stored_rows.h"

namespace streamd::probe {

struct Checks {
  bool decisions = false;
  bool every_value = false;  // of each bar, not the number of rows alone
  double wait_s = 10;        // for rows to come, since the last one that came
};

struct Verdict {
  std::uint64_t bars = 0;       // found
  std::uint64_t states = 0;
  std::uint64_t actions = 0;
  std::uint64_t bars_sent = 0;  // that must be there
  std::uint64_t decisions_due = 0;
  std::uint64_t compared = 0;     // with every_value
  std::uint64_t differences = 0;
  std::vector<std::string> complaints;  // empty: all is as it must be; the first differences, one line each
};

// How many bars the database has already of these symbols in these times: they could be taken for what is to be sent.
Result<std::uint64_t> rows_before(const std::vector<const LineMaker*>& lines, const FixedTimes& times,
                                  const StoredRows& stored);

// Waits for rows that are still to come. `on_wait` hears how many are there. Error: the database cannot be read.
Result<Verdict> prove(const std::vector<const LineMaker*>& lines, const StoredRows& stored, const Checks& checks,
                      const std::function<void(const Verdict&)>& on_wait);

}  // namespace streamd::probe
