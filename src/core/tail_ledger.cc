#include "core/tail_ledger.h"

#include <algorithm>

namespace streamd {

void TailLedger::record(const TailPosition& position) {
  const auto same_file = [&](const TailPosition& other) {
    return other.device == position.device && other.inode == position.inode;
  };
  if (!positions_.empty() && same_file(positions_.back())) {
    positions_.back() = position;
    return;
  }
  std::erase_if(positions_, same_file);
  if (positions_.size() >= kMaxFiles) positions_.erase(positions_.begin());
  positions_.push_back(position);
}

}  // namespace streamd
