#include "probe/bar_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "base/utc_text.h"

namespace streamd::probe {
namespace {

constexpr std::size_t kRowsAtOnce = 50'000;

struct Values {
  double open, high, low, close, volume;
  std::int64_t trades;
};

// As a reader of decimals has them.
double units(std::int64_t cents) { return static_cast<double>(cents) / 100; }

Values values_of(const ExpectedBar& bar) {
  return {units(bar.open_cents), units(bar.high_cents), units(bar.low_cents), units(bar.close_cents),
          static_cast<double>(bar.volume_eighths) / 8, bar.trades};
}

template <typename Number>
bool read_number(const std::optional<std::string_view>& text, Number& number) {
  if (!text) return false;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  return failure == std::errc() && end == text->data() + text->size();
}

// "open 1.25, not 1.5; trades 3, not 4"; empty when they are the same.
std::string differing(const Values& stored, const Values& sent) {
  std::string text;
  const auto compare = [&text](const char* name, auto is, auto must_be) {
    if (is == must_be) return;
    text += fmt::format("{}{} {}, not {}", text.empty() ? "" : "; ", name, is, must_be);
  };
  compare("open", stored.open, sent.open);
  compare("high", stored.high, sent.high);
  compare("low", stored.low, sent.low);
  compare("close", stored.close, sent.close);
  compare("volume", stored.volume, sent.volume);
  compare("trades", stored.trades, sent.trades);
  return text;
}

class Comparison {
 public:
  explicit Comparison(const std::vector<const LineMaker*>& lines) : lines_(lines) {
    for (std::size_t connection = 0; connection < lines.size(); ++connection) {
      const auto& names = lines[connection]->symbols();
      for (std::uint32_t symbol = 0; symbol < names.size(); ++symbol) places_[names[symbol]] = {connection, symbol};
      for (const auto& [second, bars] : lines[connection]->rows().by_second()) seconds_.insert(second);
    }
  }

  Result<BarDifferences> run(const StoredRows& stored) {
    const auto at_once = static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, kRowsAtOnce / places_.size()));
    for (auto begin = seconds_.begin(); begin != seconds_.end();) {
      auto end = begin;
      for (std::ptrdiff_t i = 0; i < at_once && end != seconds_.end(); ++i) ++end;
      if (auto done = run_seconds(*begin, *std::prev(end), stored); !done) return done.error();
      begin = end;
    }
    return std::move(differences_);
  }

 private:
  struct Place {
    std::size_t connection;
    std::uint32_t symbol;
  };

  const ExpectedBar* sent_bar(const Place& place, std::int64_t second) const {
    const auto& seconds = lines_[place.connection]->rows().by_second();
    const auto bars = seconds.find(second);
    if (bars == seconds.end() || !bars->second[place.symbol].exists) return nullptr;
    return &bars->second[place.symbol];
  }

  Result<void> run_seconds(std::int64_t first, std::int64_t last, const StoredRows& stored) {
    std::set<std::pair<std::int64_t, std::string>> seen;
    const std::string sql = fmt::format(
        "SELECT symbol, epoch_ms(timestamp) // 1000, open, high, low, close, volume, trades FROM ohlc_1s "
        "WHERE timestamp >= make_timestamp({} * 1000000::BIGINT) AND timestamp <= make_timestamp({} * 1000000::BIGINT)",
        first, last);
    auto read = stored.read(sql, [&](const TextRow& row) { take(row, seen); });
    if (!read) return read;
    for (const auto& [name, place] : places_) {
      for (auto at = seconds_.lower_bound(first); at != seconds_.end() && *at <= last; ++at) {
        if (sent_bar(place, *at) == nullptr || seen.contains({*at, name})) continue;
        differences_.add(fmt::format("{} {}: no row", name, utc_text(*at)));
      }
    }
    return {};
  }

  void take(const TextRow& row, std::set<std::pair<std::int64_t, std::string>>& seen) {
    const std::string name(row[0].value_or(""));
    const auto place = places_.find(name);
    std::int64_t second = 0;
    if (place == places_.end() || !read_number(row[1], second)) return;
    const ExpectedBar* sent = sent_bar(place->second, second);
    const std::string where = fmt::format("{} {}", name, utc_text(second));
    if (sent == nullptr) return differences_.add(where + ": a row, though nothing was sent for it");
    if (!seen.emplace(second, name).second) return differences_.add(where + ": more than one row");
    ++differences_.compared;
    Values is{};
    const bool whole = read_number(row[2], is.open) && read_number(row[3], is.high) && read_number(row[4], is.low) &&
                       read_number(row[5], is.close) && read_number(row[6], is.volume) && read_number(row[7], is.trades);
    const std::string text = whole ? differing(is, values_of(*sent)) : "a value is missing";
    if (!text.empty()) differences_.add(where + ": " + text);
  }

  const std::vector<const LineMaker*>& lines_;
  std::unordered_map<std::string, Place> places_;
  std::set<std::int64_t> seconds_;
  BarDifferences differences_;
};

}  // namespace

Result<BarDifferences> compare_bars(const std::vector<const LineMaker*>& lines, const StoredRows& stored) {
  return Comparison(lines).run(stored);
}

}  // namespace streamd::probe
