// Faults at random: a function of the seed alone. One every four seconds, on the average.
#pragma once

#include <cstdint>

#include "exchange/faults.h"
#include "probe/random.h"

namespace streamd::exchange {

class Misbehaviour {
 public:
  explicit Misbehaviour(std::uint64_t seed) : random_(seed) {}

  // Until the next fault.
  std::int64_t next_pause_ms() { return 1000 + random_.below(6000); }
  FaultCommand next();

 private:
  probe::Random random_;
};

}  // namespace streamd::exchange
