#include "feed/similar_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace streamd::feed {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMinBeginning = 2;  // of a name that goes on

// Letters to add, drop or change, or neighbours to swap, until both are the same.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::vector<std::size_t> next(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    next[0] = i;
    for (std::size_t k = 1; k <= right.size(); ++k) {
      const std::size_t change = row[k - 1] + (left[i - 1] == right[k - 1] ? 0 : 1);
      next[k] = std::min({row[k] + 1, next[k - 1] + 1, change});
      const bool swapped = i > 1 && k > 1 && left[i - 1] == right[k - 2] && left[i - 2] == right[k - 1];
      if (swapped) next[k] = std::min(next[k], before[k - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row.back();
}

}  // namespace

std::vector<std::string> similar_names(std::string_view name, const std::vector<std::string_view>& known,
                                       std::size_t most) {
  if (name.size() > kMaxNameBytes) return {};
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> found;
  for (const std::string_view candidate : known) {
    const bool goes_on = name.size() >= kMinBeginning && candidate.starts_with(name);
    const std::size_t differs = distance(name, candidate);
    if (goes_on) {
      found.emplace_back(std::min<std::size_t>(differs, 1), candidate);
    } else if (differs <= limit) {
      found.emplace_back(differs, candidate);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i) names.emplace_back(found[i].second);
  return names;
}

}  // namespace streamd::feed
