// Files → the line intake: one after another as one source (or side by side, each a source), once to their end or
// followed as they grow, through truncation, rotation and a last line that is not finished yet.
// What is in already (tail_ledger) is not read twice. The intake's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bars/tick.h"
#include "source/line_intake.h"
#include "source/tail_ledger.h"

namespace streamd {

struct TailOptions {
  std::vector<std::string> paths;
  bool follow = false;    // the last one (all when parallel); it need not be there yet
  bool parallel = false;
  bool again = false;     // also what is in already
};

struct TailProgress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;  // of all files, as large as they were at the start
};

class TailSource {
 public:
  // `ledger`: what earlier runs left; a copy, because the store's thread adds to the daemon's own.
  TailSource(TailOptions options, TailLedger ledger, LineIntake& intake, const Clock& clock);
  ~TailSource();

  // Every file that is not waited for must be there and readable, and none be given twice.
  Result<void> check_files();

  // Reads a piece of each file that is its turn. Returns false when there was nothing to read.
  bool read();
  // Files that have bytes that were not read yet.
  void add_undrained(std::vector<BusySource>& busy) const;
  // All files are read to their end (never when following).
  bool finished() const;
  // How far unfinished files are in; their unfinished lines do not count. For a stop.
  void add_positions();

  TailProgress progress() const;
  // Files that could not be read to their end.
  std::uint64_t failures() const { return failures_; }

 private:
  class Lane;
  const TailOptions options_;
  const TailLedger ledger_;
  LineIntake& intake_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t next_lane_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace streamd
