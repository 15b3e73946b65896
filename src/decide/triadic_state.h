// The triadic state of a bar, of the last W closes of its symbol: z follows the returns, each in units of the deviation
// of the returns up to it; its sign is the state, unless it is in the dead zone. First step of decide/decision_engine.
// Pure. Computed afresh for every bar, so it never depends on when the daemon started.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/byte_codec.h"
#include "market/decision.h"

namespace streamd {

// The last closes of one symbol, as their returns c_t / c_(t-1) - 1: nothing else of them matters. Grows as they come.
class CloseWindow {
 public:
  // Forgets the oldest beyond `window` closes, which is at least 2.
  void append(double close, std::size_t window);
  // The newest `window` stay.
  void shrink_to(std::size_t window);

  bool empty() const { return !has_close_; }
  // Oldest first; one fewer than there are closes. Valid until the next change.
  std::span<const double> returns() const { return std::span(returns_).subspan(oldest_); }

  void save(ByteSink& bytes) const;
  // For a fresh object; at most `window` closes. False: these are not the bytes of one.
  bool load(ByteSource& bytes, std::size_t window);

 private:
  void make_room(std::size_t window);

  bool has_close_ = false;
  double newest_close_ = 0;
  std::vector<double> returns_;  // what is before oldest_ has been forgotten
  std::size_t oldest_ = 0;
};

// The state after the last return; no returns: that of a first close. Cost grows with their number.
TriadicState triadic_state(std::span<const double> returns);
// The same, one return after the other as the contract puts it. Slower; triadic_state() asks it in rare cases.
TriadicState triadic_state_by_steps(std::span<const double> returns);

}  // namespace streamd
