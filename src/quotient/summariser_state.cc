// The state of quotient/summariser ↔ bytes. A change here is a new version of the core's state.
#include <cmath>

#include "quotient/summariser.h"

namespace streamd {
namespace {

constexpr std::uint8_t kHasWindow = 1;
constexpr std::uint8_t kHasEnded = 2;
constexpr std::uint8_t kHasLegitimacy = 4;
constexpr std::uint8_t kAllFlags = kHasWindow | kHasEnded | kHasLegitimacy;

constexpr std::size_t kLeastBytes = 1 + sizeof(double) + sizeof(std::uint32_t);  // of a symbol: flags, no closes

}  // namespace

void Summariser::save(ByteSink& bytes) const {
  bytes.put(options_.window_s);
  bytes.put(last_window_s_);
  bytes.put(static_cast<std::uint32_t>(symbols_.size()));
  for (std::size_t symbol = 0; symbol < symbols_.size(); ++symbol) save_symbol(symbol, bytes);
}

void Summariser::save_symbol(std::size_t id, ByteSink& bytes) const {
  const Symbol& symbol = symbols_[id];
  const bool has_ended = symbol.ended_until != kNeverEnded;
  bytes.put(static_cast<std::uint8_t>((has_window(id) ? kHasWindow : 0) | (has_ended ? kHasEnded : 0) |
                                      (symbol.legitimacy ? kHasLegitimacy : 0)));
  symbol.series.save(bytes);
  if (has_ended) bytes.put(symbol.ended_until);
  if (symbol.legitimacy) bytes.put(*symbol.legitimacy);
  bytes.put(static_cast<std::uint16_t>(symbol.of_other_lengths.size()));
  for (const Ended& ended : symbol.of_other_lengths) {
    bytes.put(ended.window_s);
    bytes.put(ended.until);
  }
  if (!has_window(id)) return;
  bytes.put(window_ends_[id]);
  bytes.put(symbol.window.bars);
  bytes.put(symbol.window.legitimate_bars);
  bytes.put(static_cast<std::uint32_t>(symbol.window.features.size()));
  for (const FeatureValues& values : symbol.window.features) {
    bytes.put_raw({reinterpret_cast<const char*>(values.data()), sizeof values});
  }
}

bool Summariser::load(ByteSource& bytes) {
  options_.window_s = bytes.get<std::int32_t>();
  last_window_s_ = bytes.get<std::int32_t>();
  if (!options_.are_in_range() || !SummaryOptions{last_window_s_}.are_in_range()) return false;
  if (options_.is_on() && options_.window_s != last_window_s_) return false;
  grow_to(bytes.get_count(kLeastBytes));
  for (std::size_t symbol = 0; symbol < symbols_.size(); ++symbol) {
    if (!load_symbol(symbol, bytes)) return false;
    earliest_end_ = std::min(earliest_end_, window_ends_[symbol]);
  }
  return bytes.ok();
}

bool Summariser::load_symbol(std::size_t id, ByteSource& bytes) {
  Symbol& symbol = symbols_[id];
  const auto flags = bytes.get<std::uint8_t>();
  if (flags > kAllFlags || !symbol.series.load(bytes)) return false;
  if ((flags & kHasEnded) != 0) symbol.ended_until = bytes.get<Second>();
  if ((flags & kHasLegitimacy) != 0) symbol.legitimacy = bytes.get<double>();
  for (auto others = bytes.get<std::uint16_t>(); others > 0 && bytes.ok(); --others) {
    const auto window_s = bytes.get<std::int32_t>();
    symbol.of_other_lengths.push_back({window_s, bytes.get<Second>()});
  }
  if ((flags & kHasWindow) == 0) return bytes.ok();
  const Second end = bytes.get<Second>();
  window_ends_[id] = end;
  Window& window = symbol.window;
  window.bars = bytes.get<std::int32_t>();
  window.legitimate_bars = bytes.get<std::int32_t>();
  window.features.resize(bytes.get_count(sizeof(FeatureValues)));
  for (FeatureValues& values : window.features) {
    for (double& value : values) {
      value = bytes.get<double>();
      if (!std::isfinite(value)) return false;
    }
  }
  const auto with_features = static_cast<std::int32_t>(window.features.size());
  return bytes.ok() && is_on() && end >= options_.window_s && end < kNoWindow && end % options_.window_s == 0 &&
         window.bars >= 1 && window.bars <= options_.window_s && with_features <= window.bars &&
         window.legitimate_bars >= 0 && window.legitimate_bars <= with_features;
}

}  // namespace streamd
