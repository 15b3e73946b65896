#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

constexpr std::uint32_t kNames = 26 * 26 * 26 * 26;

// The factor has no divisor in common with 26, so names scatter and never meet.
std::string symbol_name(std::uint32_t number) {
  std::uint64_t place = (std::uint64_t{number} * 7919 + 4711) % kNames;
  std::string name;
  for (int letters = 4; letters > 0; --letters, place /= 26) name.push_back(static_cast<char>('A' + place % 26));
  return name + "USDT";
}

}  // namespace

std::vector<std::string> symbol_names(std::uint32_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) names.push_back(symbol_name(i));
  return names;
}

}  // namespace streamd::bench
