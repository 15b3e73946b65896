// Thousands of lives of the daemon. STREAMD_SEED=n runs one seed, STREAMD_SEEDS=n that many, STREAMD_FIRST_SEED=n from
// there on; `make sim` goes on without end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "sim/simulation.h"

namespace streamd::sim {
namespace {

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void run_seeds(std::uint64_t count, const SimulationOptions& options) {
  configure_log(number_in("STREAMD_SEED", 0) == 0 ? LogLevel::off : LogLevel::debug, LogFormat::text);
  const std::uint64_t first = number_in("STREAMD_SEED", number_in("STREAMD_FIRST_SEED", 1));
  const std::uint64_t seeds = std::getenv("STREAMD_SEED") != nullptr ? 1 : number_in("STREAMD_SEEDS", count);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const std::string broken = simulate(seed, options);
    ASSERT_EQ(broken, "") << "repeat it with STREAMD_SEED=" << seed;
  }
}

TEST(Simulation, NothingIsLostAndNothingComesTwice) { run_seeds(5000, {}); }

TEST(Simulation, NothingIsLostAndNothingComesTwiceInDuckDB) {
  const std::string folder = testing::TempDir() + "simulation_" + std::to_string(::getpid());
  run_seeds(20, {folder});
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace streamd::sim
