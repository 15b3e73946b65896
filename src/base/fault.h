// Faults for tests: named points at which the process dies, and bugs that tests must find. They exist only in
// builds with STREAMD_FAULTS, which no program for users has; elsewhere all of this is nothing.
//   STREAMD_CRASH_AT="<point>:<n>"  dies at the n-th pass of that point (SIGKILL)
//   STREAMD_BUG=late_trade_lost     has that bug; the others are planted from within
#pragma once

#include <cstddef>

namespace streamd::fault {

enum class Bug {
  none,
  applied_before_journalled,
  position_committed_apart_from_rows,
  snapshot_between_halves_of_a_batch,
  spools_ignored_by_recovery,
  late_trade_lost,  // one in 10,000
};

#if defined(STREAMD_FAULTS)
// True when this pass of the point is the one to die at; the caller arranges the scene and calls crash().
bool crash_armed(const char* point);
[[noreturn]] void crash();
// Dies at a random moment within the life of this object, at its end at the latest, when this pass is the one.
class CrashWithin {
 public:
  explicit CrashWithin(const char* point);
  ~CrashWithin();
  CrashWithin(const CrashWithin&) = delete;
  CrashWithin& operator=(const CrashWithin&) = delete;

 private:
  const bool armed_;
};
Bug planted();
void plant(Bug bug);
#else
constexpr bool crash_armed(const char*) {
  return false;
}
constexpr void crash() {}
class CrashWithin {
 public:
  explicit constexpr CrashWithin(const char*) {}
  ~CrashWithin() {}
};
constexpr Bug planted() {
  return Bug::none;
}
#endif

inline void crash_at(const char* point) {
  if (crash_armed(point)) crash();
}

}  // namespace streamd::fault
