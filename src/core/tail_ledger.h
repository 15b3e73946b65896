// Which tailed files are in already, and how far. Bounded: beyond kMaxFiles the one that was read longest ago is
// forgotten. Part of the core's state.
#pragma once

#include <cstddef>
#include <vector>

#include "core/event.h"

namespace streamd {

class TailLedger {
 public:
  static constexpr std::size_t kMaxFiles = 10'000;

  // One entry a device and inode; the newest last.
  void record(const TailPosition& position);
  const std::vector<TailPosition>& positions() const { return positions_; }

 private:
  std::vector<TailPosition> positions_;
};

}  // namespace streamd
