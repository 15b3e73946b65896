// Symbol names ↔ dense numbers 0, 1, 2 … in order of first appearance. Bounded; nothing is ever removed.
// One thread. A name's view lives as long as the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "market/trade.h"

namespace streamd {

class SymbolTable {
 public:
  static constexpr std::size_t kInlineBytes = 16;

  explicit SymbolTable(std::size_t max_symbols);
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  // The number of a known name.
  std::optional<SymbolId> find(std::string_view name) const;
  // The same, faster, where kInlineBytes bytes from the name's first on are readable.
  std::optional<SymbolId> find_in_buffer(std::string_view name) const;
  // Adds an unknown name; nothing when the table is full.
  std::optional<SymbolId> add(std::string_view name);
  // The same where the bound was larger when the name came.
  SymbolId add_beyond_limit(std::string_view name);

  std::string_view name(SymbolId id) const { return names_[id]; }
  std::size_t size() const { return names_.size(); }

 private:
  // A name of up to kInlineBytes, zero-filled; so nearly all names are compared without following a pointer.
  struct ShortName {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const ShortName&, const ShortName&) = default;
  };
  struct Slot {
    ShortName name;
    std::uint32_t id_plus_one = 0;  // 0: empty
    std::uint32_t length = 0;
  };
  static ShortName short_name(std::string_view name);
  static std::size_t hash(const ShortName& name);
  std::optional<SymbolId> find_short(const ShortName& name, std::size_t length) const;
  void place(const Slot& slot);

  std::size_t max_symbols_;
  std::deque<std::string> names_;  // a deque: growing moves no name
  std::vector<Slot> slots_;        // short names; open addressing; a power of two, at most half full
  std::size_t short_names_ = 0;
  std::unordered_map<std::string_view, SymbolId> long_names_;
};

}  // namespace streamd
