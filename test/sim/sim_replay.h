// What all that was ever journalled comes to: the state, the decisions and the lines that a replay from nothing gives.
// Segments that the daemon has trimmed are read, too: the simulated disk keeps them for this.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/sim_disk.h"
#include "sim/sim_store.h"

namespace streamd::sim {

inline const std::string kJournalFolder = "journal";
inline const std::string kSnapshotFolder = "snapshots";

struct ReplayedLine {
  std::uint64_t position = 0;  // in the journal, behind its event
  bool is_bar = false;         // else a decision
  std::string text;            // without its newline
};

struct Replay {
  std::string state;
  std::uint64_t end = 0;
  std::vector<ReplayedLine> lines;
  DecisionTable decisions;
  SummaryTable summaries;
};

enum class ReplayWants { state, lines };

// Nothing when a part of the journal is gone or cannot be read.
std::optional<Replay> replay_whole_journal(SimDisk& disk, ReplayWants wants);

}  // namespace streamd::sim
