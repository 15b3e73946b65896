// The simulator finds bugs: four are planted in the daemon's code (base/fault.h), each must be found within some seeds.
#include <gtest/gtest.h>

#include <cstdlib>

#include <cstdio>

#include "base/fault.h"
#include "base/log.h"
#include "sim/simulation.h"

namespace streamd::sim {
namespace {

constexpr std::uint64_t kSeeds = 1000;

std::string first_finding() {
  configure_log(LogLevel::off, LogFormat::text);
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (std::string broken = simulate(seed, {}); !broken.empty()) {
      std::printf("found: %s\n", broken.c_str());
      return broken;
    }
  }
  return "";
}

class SimulationCanary : public testing::Test {
 protected:
  ~SimulationCanary() override { fault::plant(fault::Bug::none); }
};

TEST_F(SimulationCanary, FindsNothingWhereNothingIs) {
  fault::plant(fault::Bug::none);
  EXPECT_EQ(first_finding(), "");
}

TEST_F(SimulationCanary, FindsEventsAppliedBeforeTheyAreJournalled) {
  fault::plant(fault::Bug::applied_before_journalled);
  EXPECT_NE(first_finding(), "");
}

TEST_F(SimulationCanary, FindsAPositionCommittedApartFromItsRows) {
  fault::plant(fault::Bug::position_committed_apart_from_rows);
  EXPECT_NE(first_finding(), "");
}

// A batch's first half applied twice may break an invariant of the core, which ends the process: that finds it, too.
TEST_F(SimulationCanary, FindsASnapshotTakenBetweenTwoHalvesOfABatch) {
  fault::plant(fault::Bug::snapshot_between_halves_of_a_batch);
  EXPECT_DEATH(
      {
        if (!first_finding().empty()) std::abort();
      },
      "");
}

TEST_F(SimulationCanary, FindsARecoveryThatForgetsTheSpools) {
  fault::plant(fault::Bug::spools_ignored_by_recovery);
  EXPECT_NE(first_finding(), "");
}

}  // namespace
}  // namespace streamd::sim
