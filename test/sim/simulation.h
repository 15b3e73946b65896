// A whole life of the daemon from a seed: producers, files, crashes of the process and of the power, stops, restarts
// under other options, a disk that is full for a while, a database that is locked, loses its log, or does not say whether
// a commit happened. In the end the table must be what a naive oracle makes of all lines, and no promise broken.
#pragma once

#include <cstdint>
#include <string>

namespace streamd::sim {

struct SimulationOptions {
  // Rows go into a real DuckDB file in this folder; empty: into a model.
  std::string database_folder;
};

// Empty when all was well, else what was wrong.
std::string simulate(std::uint64_t seed, const SimulationOptions& options);

}  // namespace streamd::sim
