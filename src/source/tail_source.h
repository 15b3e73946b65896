// Files → the line intake: one after another as one source (or side by side, each a source), once to their end or
// followed as they grow, through truncation, rotation and a last line that is not finished yet.
// What is in already is not read twice: with each batch goes how far the files are in (TailPosition), and at a start
// the positions of earlier runs come back. The intake's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bars/tick.h"
#include "source/line_intake.h"
#include "source/source.h"

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

class TailSource final : public Source {
 public:
  TailSource(TailOptions options, LineIntake& intake, const Clock& clock);
  ~TailSource() override;

  // Takes up what earlier runs left: how far files are in, and the tails that did not end. Those that this run reads,
  // too, go on as the same source and are returned. Before the first read.
  std::vector<SourceId> go_on(const Core& core);
  // Every file that is not waited for must be there and readable, and none be given twice.
  Result<void> check_files();

  void poll(int) override {}
  // A piece of each file whose turn it is.
  bool read() override;
  void add_undrained(std::vector<BusySource>& busy) const override;
  // Unfinished lines do not count as in.
  void end_batch() override;
  void stop() override { stopped_ = true; }
  std::uint64_t bytes_to_read() const override { return 0; }
  void finish() override {}

  // All files are read to their end (never when following).
  bool finished() const;
  TailProgress progress() const;
  // Files that could not be read to their end.
  std::uint64_t failures() const { return failures_; }

 private:
  class Lane;
  const TailOptions options_;
  std::vector<TailPosition> known_;  // from earlier runs
  LineIntake& intake_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t next_lane_ = 0;
  bool stopped_ = false;
  std::uint64_t failures_ = 0;
};

}  // namespace streamd
