// The store port as a model: tables that outlive the process, whole transactions, a log that can be lost, commits that
// are refused, that crash, or that happen and are reported as failed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "sim/sim_disk.h"
#include "store/pending_rows.h"
#include "store/store.h"

namespace streamd::sim {

struct SimRow {
  PartialBar bar;
  bool has_span = false;
  std::string source_file;
};
using SimTable = std::map<std::pair<std::string, Second>, SimRow>;

// What stream_state and stream_actions have of a decision, in one text.
using DecisionTable = std::map<std::pair<std::string, Second>, std::string>;
std::string decision_text(const Decision& decision, const std::string& source_file);
inline std::string source_file_of(const std::string& symbol, const std::string& label) {
  return label.empty() ? "live:" + symbol : label;
}

// What quotient_summaries has of a window; its length is part of the key.
using SummaryTable = std::map<std::tuple<std::string, Second, std::int64_t>, std::string>;
std::string summary_text(const WindowSummary& summary);

// What is on the disk.
struct SimDatabase {
  SimTable rows;
  DecisionTable decisions;
  SummaryTable summaries;
  std::optional<Progress> progress;
  DecisionTable decisions_in_file;
  SummaryTable summaries_in_file;
  SimTable rows_in_file;  // as of the last checkpoint
  std::optional<Progress> progress_in_file;
  std::uint64_t log_bytes = 0;

  void lose_log() {
    rows = rows_in_file;
    decisions = decisions_in_file;
    summaries = summaries_in_file;
    progress = progress_in_file;
    log_bytes = 0;
  }
};

class SimStore final : public Store {
 public:
  SimStore(SimDatabase& database, Random& random);

  void add(EffectBatch& effects) override;
  std::size_t pending_rows() const override { return pending_.rows(); }
  std::size_t pending_bytes() const override { return pending_.bytes(); }
  Result<void> commit(CommitTarget target, const std::optional<Progress>& progress) override;
  Result<std::vector<std::int64_t>> stored_trades(const std::vector<RowKey>& keys) override;
  bool outcome_is_unknown() const override { return unknown_.has_value(); }
  std::uint64_t log_bytes() const override { return database_.log_bytes; }
  std::uint64_t log_bytes_reread() const override { return 0; }
  Result<void> checkpoint() override;

  void set_locked(bool locked) { locked_ = locked; }
  // The next commit dies before or after it has happened, or happens and is reported as failed.
  enum class Trouble { none, dies_before, dies_after, reports_failure };
  void set_trouble(Trouble trouble) { trouble_ = trouble; }

 private:
  void apply(const BarWrite& write);
  void apply(const Decision& decision);
  void apply(const WindowSummary& summary);
  void move_log();

  SimDatabase& database_;
  Random& random_;
  std::vector<std::string> symbols_;
  std::vector<std::string> labels_{""};
  std::map<std::string, Second> newest_;  // stored, of symbols that were not announced yet
  std::map<std::string, Second> newest_decided_;  // likewise
  PendingRows pending_;
  std::optional<Progress> unknown_;
  bool locked_ = false;
  Trouble trouble_ = Trouble::none;
};

}  // namespace streamd::sim
