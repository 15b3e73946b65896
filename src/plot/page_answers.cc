#include "plot/page_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "wire/json_object.h"

namespace streamd::plot {
namespace {

constexpr UnixMillis kDayMs = 86'400'000;

int direction_of(const FileDecision& decision) { return (decision.target > 0) - (decision.target < 0); }

std::string newest_json(std::span<const FileDecision> decisions, const PageNames& names) {
  const FileDecision& newest = decisions.back();
  const auto first_of_day =
      std::upper_bound(decisions.begin(), decisions.end() - 1, newest.timestamp_ms - kDayMs,
                       [](UnixMillis time, const FileDecision& decision) { return time < decision.timestamp_ms; });
  JsonObject row;
  row.add("symbol", names.symbols[newest.symbol]);
  row.add("ts_ms", newest.timestamp_ms);
  row.add("close", newest.close);
  row.add("open_close", first_of_day->close);
  row.add("state", static_cast<int>(newest.state));
  row.add("direction", direction_of(newest));
  row.add("target_exposure", std::abs(newest.target));
  row.add("hold", newest.hold);
  row.add("posture", names.words[newest.posture]);
  row.add("gate_open", newest.gate_open);
  return row.text();
}

// One array a name.
template <typename Value>
void add_column(JsonObject& object, const char* name, std::span<const FileDecision* const> decisions, Value value) {
  std::string text = "[";
  for (const FileDecision* decision : decisions) {
    if (text.size() > 1) text += ',';
    fmt::format_to(std::back_inserter(text), "{}", value(*decision));
  }
  object.add_raw(name, text + ']');
}

std::string json_text(const std::string& word) {
  std::string text;
  append_json_string(text, word);
  return text;
}

// The newest of the range, ascending.
std::vector<const FileDecision*> chosen(std::span<const FileDecision> decisions, const HistoryWish& wish) {
  std::vector<const FileDecision*> newest;
  const auto end = std::lower_bound(decisions.begin(), decisions.end(), wish.to_ms,
                                    [](const FileDecision& d, UnixMillis time) { return d.timestamp_ms < time; });
  for (auto at = end; at != decisions.begin() && newest.size() < wish.limit;) {
    --at;
    if (at->timestamp_ms < wish.from_ms) break;
    if (newest.empty() || newest.back()->timestamp_ms != at->timestamp_ms) newest.push_back(&*at);
  }
  std::reverse(newest.begin(), newest.end());
  return newest;
}

}  // namespace

std::string overview_json(const DecisionArchive& archive, const PageNames& names, const SeriesOptions& rules,
                          const std::string& file, UnixMillis now_ms) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t symbol = 0; symbol < archive.symbols(); ++symbol) {
    if (!archive.decisions(symbol).empty()) order.push_back(symbol);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return names.symbols[a] < names.symbols[b]; });
  std::string rows = "[";
  for (const std::uint32_t symbol : order) {
    if (rows.size() > 1) rows += ',';
    rows += newest_json(archive.decisions(symbol), names);
  }
  JsonObject costs;
  costs.add("fee_rate", rules.fee_rate);
  costs.add("slippage", rules.slippage);
  costs.add("min_trade", rules.min_trade);
  JsonObject overview;
  overview.add("now_ms", now_ms);
  overview.add_raw("symbols", rows + ']');
  overview.add_raw("costs", costs.text());
  overview.add("decisions", true);
  overview.add("file", file);
  return overview.text();
}

std::string history_json(const DecisionArchive& archive, const PageNames& names, const std::string& symbol,
                         std::optional<std::uint32_t> number, const HistoryWish& wish) {
  const auto all = number ? archive.decisions(*number) : std::span<const FileDecision>();
  const auto shown = chosen(all, wish);
  JsonObject bars, decisions;
  const auto time = [](const FileDecision& d) { return d.timestamp_ms; };
  const auto close = [](const FileDecision& d) { return d.close; };
  const auto none = [](const FileDecision&) { return 0; };
  add_column(bars, "ts_ms", shown, time);
  for (const char* price : {"open", "high", "low", "close"}) add_column(bars, price, shown, close);
  add_column(bars, "volume", shown, none);
  add_column(bars, "trades", shown, none);
  add_column(decisions, "ts_ms", shown, time);
  add_column(decisions, "close", shown, close);
  add_column(decisions, "state", shown, [](const FileDecision& d) { return static_cast<int>(d.state); });
  add_column(decisions, "direction", shown, direction_of);
  add_column(decisions, "target_exposure", shown, [](const FileDecision& d) { return std::abs(d.target); });
  add_column(decisions, "urgency", shown, [](const FileDecision& d) { return d.urgency; });
  add_column(decisions, "hold", shown, [](const FileDecision& d) { return static_cast<bool>(d.hold); });
  add_column(decisions, "actionability", shown, [](const FileDecision& d) { return d.actionability; });
  add_column(decisions, "reason", shown, [&](const FileDecision& d) { return json_text(names.words[d.reason]); });
  add_column(decisions, "gate_open", shown, [](const FileDecision& d) { return static_cast<bool>(d.gate_open); });
  add_column(decisions, "posture", shown, [&](const FileDecision& d) { return json_text(names.words[d.posture]); });
  JsonObject history;
  if (shown.empty()) {
    history.add_raw("held", "null");
  } else {
    history.add("held", archive.held_before(*number, static_cast<std::size_t>(shown.front() - all.data())));
  }
  history.add("symbol", symbol);
  history.add_raw("bars", bars.text());
  history.add_raw("decisions", decisions.text());
  return history.text();
}

std::string decision_json(const FileDecision& decision, const PageNames& names) {
  JsonObject line;
  line.add("timestamp", decision.timestamp_ms);
  line.add("symbol", names.symbols[decision.symbol]);
  line.add("close", decision.close);
  line.add("state", static_cast<int>(decision.state));
  line.add("direction", direction_of(decision));
  line.add("target_exposure", std::abs(decision.target));
  line.add_raw("urgency", fmt::format("{}", decision.urgency));
  line.add("hold", static_cast<bool>(decision.hold));
  line.add_raw("actionability", fmt::format("{}", decision.actionability));
  line.add("reason", names.words[decision.reason]);
  line.add("gate_open", static_cast<bool>(decision.gate_open));
  line.add("posture", names.words[decision.posture]);
  return line.text();
}

std::string bar_json(const FileDecision& decision, const PageNames& names) {
  JsonObject line;
  line.add("symbol", names.symbols[decision.symbol]);
  line.add("ts_ms", decision.timestamp_ms);
  for (const char* price : {"open", "high", "low", "close"}) line.add(price, decision.close);
  line.add("volume", 0);
  line.add("trades", 0);
  line.add("revision", 0);
  return line.text();
}

}  // namespace streamd::plot
