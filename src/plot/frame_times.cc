#include "plot/frame_times.h"

#include <algorithm>

namespace streamd::plot {

std::vector<UnixMillis> frame_times(const std::vector<SymbolSeries>& series, std::uint64_t step) {
  std::vector<UnixMillis> all;
  for (const SymbolSeries& one : series) {
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    for (const SeriesPoint& point : one.points) all.push_back(point.timestamp_ms);
    std::inplace_merge(all.begin(), all.begin() + middle, all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  std::vector<UnixMillis> times;
  for (std::size_t i = 0; i + 1 < all.size(); i += step) times.push_back(all[i]);
  times.push_back(all.back());
  return times;
}

}  // namespace streamd::plot
