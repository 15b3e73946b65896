// Symbol names ↔ dense numbers 0, 1, 2 … in order of first appearance. Bounded; nothing is ever removed.
// One thread. A name's view lives as long as the table.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/trade.h"

namespace streamd {

class SymbolTable {
 public:
  explicit SymbolTable(std::size_t max_symbols);

  // The number of a known name.
  std::optional<SymbolId> find(std::string_view name) const;
  // Adds an unknown name; nothing when the table is full.
  std::optional<SymbolId> add(std::string_view name);

  std::string_view name(SymbolId id) const { return names_[id]; }
  std::size_t size() const { return names_.size(); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id_plus_one = 0;  // 0: empty
  };
  void grow();

  std::size_t max_symbols_;
  std::deque<std::string> names_;  // a deque: growing moves no name
  std::vector<std::string_view> views_;
  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
};

}  // namespace streamd
