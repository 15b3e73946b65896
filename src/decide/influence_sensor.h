// Which way influences from other symbols point: readings by name ↔ symbol numbers. Readings may be of names that are
// no symbol yet; they count once it is one. Part of decide/decision_engine. Pure; holds what updates bring, no more.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "market/trade.h"
#include "market/verdict.h"

namespace streamd {

class InfluenceSensor {
 public:
  // Symbols are numbered 0, 1, 2 … in this order; no name twice.
  void add_symbol(std::string_view name);
  void update(const InfluenceUpdate& update);

  // Whether the symbol's readings carry this direction; false for 0. Without a look-up: it is asked for every bar.
  bool points(SymbolId symbol, int direction) const;

  // Readings only: before load(), the symbols are added again.
  void save(ByteSink& bytes) const;
  // For an object without readings. False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  struct Directions {
    bool up = false;
    bool down = false;
    bool any() const { return up || down; }
  };
  struct Target {
    Directions directions;
    std::optional<SymbolId> symbol;  // once it is one
  };

  void add(std::string_view target, Directions directions);
  void forget_readings();

  std::map<std::string, Target, std::less<>> targets_;  // symbols, and what else has readings; ordered, for save()
  std::vector<Directions> by_symbol_;
};

}  // namespace streamd
