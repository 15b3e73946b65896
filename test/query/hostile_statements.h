// Statements that somebody with a grudge would send, and what must become of each.
#pragma once

#include <string>
#include <vector>

namespace streamd {

// Refused: never run, or failed with a message. Cut: ends by a limit (time, memory, rows, bytes). Harmless: whatever it
// says, it says it soon.
enum class Fate { refused, cut, harmless };

struct HostileStatement {
  std::string sql;
  Fate fate;
};

std::vector<HostileStatement> hostile_statements();

}  // namespace streamd
