// A spool's files as a start finds them. A record that was not written whole is cut off the last one here, before
// anything is read or added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/disk.h"
#include "sink/spool.h"

namespace streamd {

struct FoundSpool {
  std::vector<std::uint64_t> positions;  // where each segment begins, ascending
  std::uint64_t end = 0;
  std::optional<JournalPoint> point;
  bool gap_is_open = false;
};

// Error kind refused: a segment of a version that this program does not know.
Result<FoundSpool> find_spool(Disk& disk, const std::string& folder);

}  // namespace streamd
