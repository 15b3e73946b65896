// Each stored bar of a run against the one that was sent. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "probe/line_maker.h"
#include "probe/stored_rows.h"

namespace streamd::probe {

struct BarDifferences {
  static constexpr std::size_t kMostTold = 5;

  std::uint64_t compared = 0;
  std::uint64_t count = 0;
  std::vector<std::string> told;  // the first

  void add(std::string difference) {
    if (count++ < kMostTold) told.push_back(std::move(difference));
  }
};

// `lines` have kept their bars.
Result<BarDifferences> compare_bars(const std::vector<const LineMaker*>& lines, const StoredRows& stored);

}  // namespace streamd::probe
