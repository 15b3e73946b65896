#include "plot/plot_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace streamd::plot {
namespace {

constexpr std::int64_t kColumnsOfAMarker = 24;  // more, where many symbols share the panel

double seconds(UnixMillis ms) {
  return static_cast<double>(ms) / 1000;
}

void append_number(std::string& out, double value) {
  fmt::format_to(std::back_inserter(out), "{}", value == 0 ? 0.0 : value);
}
void append_time(std::string& out, UnixMillis ms) {
  fmt::format_to(std::back_inserter(out), "{}.{:03} ", ms / 1000, ms % 1000);
}
void append_point(std::string& out, UnixMillis ms, double value) {
  append_time(out, ms);
  append_number(out, value);
  out += '\n';
}

class Columns {
 public:
  Columns(UnixMillis first, UnixMillis last, int count)
      : first_(first),
        per_ms_(static_cast<double>(count) / static_cast<double>(std::max<UnixMillis>(last - first, 1))) {}
  std::int64_t of(UnixMillis ms) const { return static_cast<std::int64_t>(static_cast<double>(ms - first_) * per_ms_); }

 private:
  UnixMillis first_;
  double per_ms_;
};

// Indices of the points that are enough to draw `value`.
template <typename Value>
std::vector<std::size_t> thinned(const std::vector<SeriesPoint>& points, const Columns& columns, Value value) {
  std::vector<std::size_t> kept;
  for (std::size_t begin = 0; begin < points.size();) {
    const std::int64_t column = columns.of(points[begin].timestamp_ms);
    std::size_t low = begin, high = begin, end = begin + 1;
    for (; end < points.size() && columns.of(points[end].timestamp_ms) == column; ++end) {
      if (value(points[end]) < value(points[low])) low = end;
      if (value(points[end]) > value(points[high])) high = end;
    }
    std::size_t four[] = {begin, low, high, end - 1};
    std::sort(std::begin(four), std::end(four));
    kept.insert(kept.end(), std::begin(four), std::unique(std::begin(four), std::end(four)));
    begin = end;
  }
  return kept;
}

template <typename Value>
std::string line_text(const std::vector<SeriesPoint>& points, const Columns& columns, Value value) {
  std::string text;
  for (const std::size_t i : thinned(points, columns, value))
    append_point(text, points[i].timestamp_ms, value(points[i]));
  return text;
}

std::string delta_text(const std::vector<SeriesPoint>& points, const Columns& columns) {
  std::string text;
  const auto value = [](const SeriesPoint& point) { return point.delta; };
  for (const std::size_t i : thinned(points, columns, value)) {
    if (points[i].delta != 0) append_point(text, points[i].timestamp_ms, points[i].delta);
  }
  return text;
}

// 0 … kThickLevels.
int thickness(float urgency) {
  return std::min(kThickLevels, static_cast<int>(urgency * (kThickLevels + 1)));
}

// The steps whose decision has that thickness: the way up or down to it, and along it to the next.
std::string thick_text(const std::vector<SeriesPoint>& points, const std::vector<std::size_t>& kept, int level) {
  std::string text;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const SeriesPoint& point = points[kept[k]];
    if (thickness(point.urgency) != level) continue;
    if (k > 0) append_point(text, point.timestamp_ms, points[kept[k - 1]].exposure);
    append_point(text, point.timestamp_ms, point.exposure);
    if (k + 1 < kept.size()) append_point(text, points[kept[k + 1]].timestamp_ms, point.exposure);
    text += '\n';
  }
  return text;
}

// A marker where the state changes or goes on for the width of one; of those that would cover each other the most
// urgent one.
std::string state_text(const std::vector<SeriesPoint>& points, const Columns& columns, std::int64_t apart, int state) {
  std::string text;
  const SeriesPoint* best = nullptr;
  const auto put = [&] {
    if (best == nullptr) return;
    append_time(text, best->timestamp_ms);
    append_number(text, best->exposure);
    fmt::format_to(std::back_inserter(text), " {:.3}\n", 0.9 + 1.1 * static_cast<double>(best->urgency));
  };
  std::int64_t place = -1;
  for (const SeriesPoint& point : points) {
    if (point.state != state) continue;
    const std::int64_t here = columns.of(point.timestamp_ms) / apart;
    if (here != place) {
      put();
      best = nullptr;
    }
    place = here;
    if (best == nullptr || point.urgency > best->urgency) best = &point;
  }
  put();
  return text;
}

// Runs of a state, up to the next decision; at least a column wide, and not closer together than that.
std::string row_text(const std::vector<SeriesPoint>& points, const Columns& columns, int state, double row,
                     double step_s) {
  std::string text;
  double from = 0, to = 0;
  std::int64_t last_column = -2;
  const auto put = [&] {
    if (last_column >= 0)
      fmt::format_to(std::back_inserter(text), "{:.3f} {:.3f} {}\n", from, std::max(to, from + step_s), row);
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].state != state) continue;
    const double begin = seconds(points[i].timestamp_ms);
    const double end = i + 1 < points.size() ? seconds(points[i + 1].timestamp_ms) : begin;
    const std::int64_t column = columns.of(points[i].timestamp_ms);
    const bool goes_on = last_column >= 0 && (begin <= to || column <= last_column);
    if (!goes_on) {
      put();
      from = begin;
    }
    to = end;
    last_column = columns.of(static_cast<UnixMillis>(end * 1000));
  }
  put();
  return text;
}

std::vector<Range> observe_bands(const std::vector<SymbolSeries>& series, const Columns& columns) {
  std::map<std::int64_t, bool> observed;  // by column: was the gate closed for any that was decided there?
  std::map<std::int64_t, UnixMillis> first;
  for (const SymbolSeries& one : series) {
    for (const SeriesPoint& point : one.points) {
      const std::int64_t column = columns.of(point.timestamp_ms);
      const auto [at, is_new] = observed.try_emplace(column, point.observe);
      at->second |= point.observe;
      const auto [time, is_first] = first.try_emplace(column, point.timestamp_ms);
      time->second = std::min(time->second, point.timestamp_ms);
    }
  }
  std::vector<Range> bands;
  bool is_open = false;
  for (const auto& [column, observe] : observed) {
    const double time = seconds(first[column]);
    if (is_open) bands.back().high = time;
    if (observe && !is_open) bands.push_back({time, time});
    is_open = observe;
  }
  return bands;
}

Range with_room(Range range, double least) {
  const double room = std::max((range.high - range.low) * 0.08, least);
  return {range.low - room, range.high + room};
}

void add_to(Range& range, double value) {
  range.low = std::min(range.low, value);
  range.high = std::max(range.high, value);
}

}  // namespace

PlotData plot_data(const std::vector<SymbolSeries>& series, int columns_count) {
  PlotData data;
  UnixMillis first = kMaxEventTimeMs, last = 0;
  for (const SymbolSeries& one : series) {
    first = std::min(first, one.points.front().timestamp_ms);
    last = std::max(last, one.points.back().timestamp_ms);
    for (const SeriesPoint& point : one.points) {
      add_to(data.exposure, point.exposure);
      add_to(data.delta, point.delta);
      add_to(data.pnl, point.gross);
      add_to(data.pnl, point.net());
    }
  }
  data.first_s = seconds(first);
  data.last_s = seconds(last);
  data.exposure = with_room(data.exposure, data.exposure.high == data.exposure.low ? 0.05 : 0);
  data.delta = with_room(data.delta, data.delta.high == data.delta.low ? 0.05 : 0);
  data.pnl = with_room(data.pnl, data.pnl.high == data.pnl.low ? 1 : 0);
  const Columns columns(first, last, columns_count);
  const double step_s = std::max((data.last_s - data.first_s) / columns_count, 0.001);
  const auto apart = kColumnsOfAMarker * std::max<std::int64_t>(1, static_cast<std::int64_t>(series.size()) / 3);
  data.observe = observe_bands(series, columns);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto& points = series[i].points;
    data.symbols.push_back(series[i].symbol);
    const auto put = [&](const std::string& what, std::string text) {
      if (!text.empty()) data.files[fmt::format("{}_{}", i, what)] = std::move(text);
    };
    const auto exposure = [](const SeriesPoint& point) { return point.exposure; };
    const auto kept = thinned(points, columns, exposure);
    put("exposure", line_text(points, columns, exposure));
    put("delta", delta_text(points, columns));
    put("gross", line_text(points, columns, [](const SeriesPoint& point) { return point.gross; }));
    put("net", line_text(points, columns, [](const SeriesPoint& point) { return point.net(); }));
    for (int level = 1; level <= kThickLevels; ++level)
      put(fmt::format("thick{}", level), thick_text(points, kept, level));
    for (const int state : kStates) {
      put(fmt::format("state{}", state), state_text(points, columns, apart, state));
      put(fmt::format("rows{}", state), row_text(points, columns, state, static_cast<double>(i), step_s));
    }
  }
  return data;
}

}  // namespace streamd::plot
