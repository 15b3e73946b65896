#include "market/symbol_table.h"

#include <bit>
#include <cstring>

namespace streamd {
namespace {

// The first `bytes` of a word, in memory order; the rest zero.
std::uint64_t keep_bytes(const char* text, std::size_t bytes) {
  std::uint64_t word;
  std::memcpy(&word, text, 8);
  if constexpr (std::endian::native == std::endian::little) {
    return bytes >= 8 ? word : word & ((std::uint64_t{1} << (8 * bytes)) - 1);
  } else {
    return bytes >= 8 ? word : bytes == 0 ? 0 : word & ~(~std::uint64_t{0} >> (8 * bytes));
  }
}

}  // namespace

SymbolTable::SymbolTable(std::size_t max_symbols) : max_symbols_(max_symbols), slots_(64) {}

SymbolTable::ShortName SymbolTable::short_name(std::string_view name) {
  ShortName copy;
  char bytes[kInlineBytes] = {};
  std::memcpy(bytes, name.data(), name.size());
  std::memcpy(&copy.low, bytes, 8);
  std::memcpy(&copy.high, bytes + 8, 8);
  return copy;
}

std::size_t SymbolTable::hash(const ShortName& name) {
  // Both halves of the product: names often differ only in their last bytes, and the low half hardly sees those.
  const unsigned __int128 product =
      static_cast<unsigned __int128>(name.low ^ 0x9E3779B97F4A7C15) * (name.high ^ 0xC2B2AE3D27D4EB4F);
  return static_cast<std::size_t>(product ^ (product >> 64));
}

std::optional<SymbolId> SymbolTable::find_short(const ShortName& name, std::size_t length) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash(name) & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.id_plus_one == 0) return std::nullopt;
    if (slot.name == name && slot.length == length) return slot.id_plus_one - 1;
  }
}

std::optional<SymbolId> SymbolTable::find_in_buffer(std::string_view name) const {
  if (name.size() > kInlineBytes) return find(name);
  const ShortName key{keep_bytes(name.data(), name.size()),
                      name.size() <= 8 ? 0 : keep_bytes(name.data() + 8, name.size() - 8)};
  return find_short(key, name.size());
}

std::optional<SymbolId> SymbolTable::find(std::string_view name) const {
  if (name.size() <= kInlineBytes) return find_short(short_name(name), name.size());
  const auto found = long_names_.find(name);
  if (found == long_names_.end()) return std::nullopt;
  return found->second;
}

std::optional<SymbolId> SymbolTable::add(std::string_view name) {
  if (names_.size() >= max_symbols_) return std::nullopt;
  return add_beyond_limit(name);
}

SymbolId SymbolTable::add_beyond_limit(std::string_view name) {
  const auto id = static_cast<SymbolId>(names_.size());
  names_.emplace_back(name);
  if (name.size() > kInlineBytes) {
    long_names_.emplace(names_.back(), id);
    return id;
  }
  if (++short_names_ * 2 > slots_.size()) {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id_plus_one != 0) place(slot);
    }
  }
  place({short_name(name), id + 1, static_cast<std::uint32_t>(name.size())});
  return id;
}

void SymbolTable::place(const Slot& slot) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash(slot.name) & mask;
  while (slots_[i].id_plus_one != 0) i = (i + 1) & mask;
  slots_[i] = slot;
}

}  // namespace streamd
