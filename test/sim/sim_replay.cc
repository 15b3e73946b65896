#include "sim/sim_replay.h"

#include <stdexcept>
#include <utility>

#include "core/core.h"
#include "journal/journal_reader.h"
#include "wire/json_text.h"
#include "wire/ndjson_writer.h"

namespace streamd::sim {
namespace {

// Turns effects into lines and rows, as the delivery and the store do.
class Outcome {
 public:
  explicit Outcome(Replay& replay) : replay_(replay) {}

  void take(const EffectBatch& effects, std::uint64_t position) {
    for (const std::string& name : effects.new_symbols) {
      symbols_.push_back(name);
      append_json_string(symbols_json_.emplace_back(), name);
    }
    labels_.insert(labels_.end(), effects.new_labels.begin(), effects.new_labels.end());
    auto context = effects.contexts.begin();
    for (std::uint32_t i = 0; i < effects.decisions.size(); ++i) {
      if (context != effects.contexts.end() && context->first_decision == i) writer_.set_context((context++)->context);
      const Decision& decision = effects.decisions[i];
      writer_.append(line_, decision, symbols_json_[decision.symbol]);
      give_line(position, false);
      const std::string& symbol = symbols_[decision.symbol];
      const std::string text = decision_text(decision, source_file_of(symbol, labels_[decision.label]));
      if (!replay_.decisions.emplace(std::pair(symbol, decision.second), text).second) {
        throw std::runtime_error("the replay decides twice for " + symbol);
      }
    }
    for (const WindowSummary& summary : effects.summaries) {
      const std::tuple key(symbols_[summary.symbol], summary.start, summary.window_s);
      if (!replay_.summaries.emplace(key, summary_text(summary)).second) {
        throw std::runtime_error("the replay summarises a window twice for " + symbols_[summary.symbol]);
      }
    }
    for (const BarNotice& bar : effects.bar_notices) {
      append_bar_line(line_, bar, symbols_json_[bar.symbol]);
      give_line(position, true);
    }
  }

 private:
  void give_line(std::uint64_t position, bool is_bar) {
    line_.pop_back();
    replay_.lines.push_back({position, is_bar, std::exchange(line_, {})});
  }

  Replay& replay_;
  std::vector<std::string> symbols_;
  std::vector<std::string> symbols_json_;
  std::vector<std::string> labels_{""};
  DecisionLineWriter writer_;
  std::string line_;
};

std::optional<Replay> replay_segments(SimDisk& disk, ReplayWants wants) {
  auto segments = list_segments(disk, kJournalFolder);
  if (!segments || segments->empty() || segments->front().position != 0) return std::nullopt;
  for (const Segment& segment : *segments) {
    if (segment.damaged) return std::nullopt;
  }
  Replay replay;
  Outcome outcome(replay);
  Core core;
  EffectBatch effects;
  EventBatch events;
  JournalReader reader(disk, *segments, 0);
  for (;;) {
    events.clear();
    auto more = reader.next(events);
    if (!more || !*more) break;
    core.apply(events, reader.position(), effects);
    if (wants == ReplayWants::lines) outcome.take(effects, reader.position());
    effects.clear();
  }
  ByteSink state;
  core.save(state);
  replay.state = state.take();
  replay.end = reader.position();
  return replay;
}

}  // namespace

std::optional<Replay> replay_whole_journal(SimDisk& disk, ReplayWants wants) {
  disk.show_removed(true);
  auto replay = replay_segments(disk, wants);
  disk.show_removed(false);
  return replay;
}

}  // namespace streamd::sim
