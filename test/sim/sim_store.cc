#include "sim/sim_store.h"

#include <fmt/format.h>

#include <stdexcept>

namespace streamd::sim {

std::string decision_text(const Decision& decision, const std::string& source_file) {
  const Intent& allowed = decision.allowed;
  return fmt::format("close {} state {} gate {} posture {} direction {} target {} urgency {} hold {} actionability {} "
                     "reason {} source {}",
                     decision.close, static_cast<int>(decision.state), decision.gate_open,
                     posture_name(decision.posture), allowed.direction, allowed.target_exposure, allowed.urgency,
                     allowed.hold, allowed.actionability, reason_text(allowed.reason), source_file);
}

std::string summary_text(const WindowSummary& summary) {
  std::string text = fmt::format("count {} legitimacy {} unknown {} marker {} made {}", summary.count,
                                 summary.legitimacy_density, summary.unknown_frac, summary.event_marker,
                                 summary.artifact_ms);
  if (summary.count == 0) return text;
  for (const FeatureStatistics& feature : summary.features) {
    text += fmt::format(" {} {} {} {} {}", feature.mean, feature.median, feature.mad, feature.run_length_pos,
                        feature.run_length_neg);
  }
  for (const double quantile : summary.vol_ratio_quantiles) text += fmt::format(" {}", quantile);
  for (const double quantile : summary.curvature_quantiles) text += fmt::format(" {}", quantile);
  return text;
}

SimStore::SimStore(SimDatabase& database, Random& random) : database_(database), random_(random) {
  for (const auto& [key, row] : database_.rows) newest_[key.first] = key.second;
  for (const auto& [key, row] : database_.decisions) newest_decided_[key.first] = key.second;
}

void SimStore::add(EffectBatch& effects) {
  STREAMD_CHECK(!outcome_is_unknown());
  for (const std::string& name : effects.new_symbols) {
    if (const auto newest = newest_.find(name); newest != newest_.end()) {
      pending_.set_newest_stored(static_cast<SymbolId>(symbols_.size()), newest->second);
    }
    if (const auto newest = newest_decided_.find(name); newest != newest_decided_.end()) {
      pending_.set_newest_decided(static_cast<SymbolId>(symbols_.size()), newest->second);
    }
    symbols_.push_back(name);
  }
  for (const std::string& label : effects.new_labels) labels_.push_back(label);
  for (const BarWrite& write : effects.writes) pending_.add(write);
  for (const Decision& decision : effects.decisions) pending_.add(decision);
  for (const WindowSummary& summary : effects.summaries) pending_.add(summary);
}

// One row a key, merged as store/batch_writer.h says.
void SimStore::apply(const BarWrite& write) {
  const std::string& symbol = symbols_[write.symbol];
  const std::string source_file = source_file_of(symbol, labels_[write.label]);
  const auto [row, is_new] = database_.rows.try_emplace({symbol, write.second});
  if (write.origin == BarOrigin::line) {
    row->second = {write.bar, false, source_file};
  } else if (is_new) {
    row->second = {write.bar, true, source_file};
  } else if (row->second.has_span) {
    row->second.bar.merge(write.bar);
  }
}

void SimStore::apply(const Decision& decision) {
  const std::string& symbol = symbols_[decision.symbol];
  const std::string text = decision_text(decision, source_file_of(symbol, labels_[decision.label]));
  if (!database_.decisions.emplace(std::pair(symbol, decision.second), text).second) {
    throw std::runtime_error(fmt::format("a second decision for {}@{}: {}", symbol, decision.second, text));
  }
}

void SimStore::apply(const WindowSummary& summary) {
  const std::string& symbol = symbols_[summary.symbol];
  const std::string text = summary_text(summary);
  if (!database_.summaries.emplace(std::tuple(symbol, summary.start, summary.window_s), text).second) {
    throw std::runtime_error(fmt::format("a second summary for {}@{}: {}", symbol, summary.start, text));
  }
}

Result<void> SimStore::commit(CommitTarget target, const std::optional<Progress>& progress) {
  if (locked_) return Error{"locked", ErrorKind::locked};
  if (const auto unknown = std::exchange(unknown_, std::nullopt); unknown && database_.progress == unknown) {
    pending_.clear_committed();
    return {};
  }
  const Trouble trouble = std::exchange(trouble_, Trouble::none);
  if (trouble == Trouble::dies_before) throw Crash();
  for (const BarWrite& write : pending_.appends()) apply(write);
  for (const BarWrite& write : pending_.revisions()) apply(write);
  for (const Decision& decision : pending_.decisions()) apply(decision);
  for (const WindowSummary& summary : pending_.summaries()) apply(summary);
  if (progress) database_.progress = progress;
  database_.log_bytes += 1 + pending_.bytes();
  if (trouble == Trouble::dies_after) throw Crash();
  if (target == CommitTarget::file) move_log();
  if (trouble == Trouble::reports_failure && progress) {
    unknown_ = progress;
    return Error{"nobody knows"};
  }
  pending_.clear_committed();
  return {};
}

Result<std::vector<std::int64_t>> SimStore::stored_trades(const std::vector<RowKey>& keys) {
  std::vector<std::int64_t> trades;
  for (const RowKey& key : keys) {
    const auto row = database_.rows.find({key.symbol, key.second});
    trades.push_back(row == database_.rows.end() || !row->second.has_span ? 0 : row->second.bar.values.trades);
  }
  return trades;
}

void SimStore::move_log() {
  database_.rows_in_file = database_.rows;
  database_.decisions_in_file = database_.decisions;
  database_.summaries_in_file = database_.summaries;
  database_.progress_in_file = database_.progress;
  database_.log_bytes = 0;
}

Result<void> SimStore::checkpoint() {
  if (locked_) return Error{"locked", ErrorKind::locked};
  if (chance(random_, 0.1)) return Error{"no checkpoint now"};
  move_log();
  return {};
}

}  // namespace streamd::sim
