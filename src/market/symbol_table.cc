#include "market/symbol_table.h"

#include <cstring>

namespace streamd {
namespace {

std::uint64_t load(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

// Names are mostly 2 to 12 bytes: a multiply per eight bytes beats a general hash.
std::uint32_t hash_name(std::string_view name) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  std::uint64_t hash = name.size() * kMultiplier;
  const char* p = name.data();
  std::size_t left = name.size();
  for (; left >= 8; left -= 8, p += 8) hash = ((hash ^ load(p, 8)) * kMultiplier) ^ (hash >> 29);
  hash = (hash ^ load(p, left)) * kMultiplier;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

SymbolTable::SymbolTable(std::size_t max_symbols) : max_symbols_(max_symbols), slots_(64) {}

std::optional<SymbolId> SymbolTable::find(std::string_view name) const {
  const std::uint32_t hash = hash_name(name);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.id_plus_one == 0) return std::nullopt;
    if (slot.hash == hash && views_[slot.id_plus_one - 1] == name) return slot.id_plus_one - 1;
  }
}

std::optional<SymbolId> SymbolTable::add(std::string_view name) {
  if (names_.size() >= max_symbols_) return std::nullopt;
  if ((names_.size() + 1) * 2 > slots_.size()) grow();
  names_.emplace_back(name);
  views_.push_back(names_.back());
  const std::uint32_t hash = hash_name(name);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i].id_plus_one != 0) i = (i + 1) & mask;
  slots_[i] = {hash, static_cast<std::uint32_t>(names_.size())};
  return static_cast<SymbolId>(names_.size() - 1);
}

void SymbolTable::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.id_plus_one == 0) continue;
    std::size_t i = slot.hash & mask;
    while (larger[i].id_plus_one != 0) i = (i + 1) & mask;
    larger[i] = slot;
  }
  slots_.swap(larger);
}

}  // namespace streamd
