// A test's random seed: a new one for each run, or that of a failed run: STREAMD_SEED=<number>. Always printed.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace streamd {

inline std::uint64_t test_seed() {
  const char* given = std::getenv("STREAMD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "STREAMD_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace streamd
