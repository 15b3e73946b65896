// The journal's files: one segment after another in a folder, each named by the position of its first record. What a
// crash or a bad disk did to the last of them is found and mended here, before anything is read or added.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "io/disk.h"

namespace streamd {

struct Segment {
  std::string path;
  std::string journal_id;
  std::uint64_t position = 0;  // of its first record
  std::uint64_t bytes = 0;     // of records, by the file's size
  UnixMillis created_wall_ms = 0;
  bool damaged = false;        // its header cannot be read

  std::uint64_t end() const { return position + bytes; }
};

// All segments of the folder, ascending. A last one that a crash left without a whole header is removed.
// Error kind refused: a segment of a version that this program does not know.
Result<std::vector<Segment>> list_segments(Disk& disk, const std::string& folder);

// Everything behind `end` goes: the segment that holds it is cut there, later ones are moved aside. When whole records
// are among what is cut, it is kept beside the journal, named with `mark`, and the result is true.
Result<bool> cut_segments(Disk& disk, const std::string& folder, std::vector<Segment>& segments, std::uint64_t end,
                          const std::string& mark);

}  // namespace streamd
