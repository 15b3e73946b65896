#include "probe/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <thread>
#include <unordered_map>

#include "probe/bar_comparison.h"
#include "probe/run_clock.h"

namespace streamd::probe {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(100);
constexpr std::size_t kMostTold = 5;

struct Numbers {
  std::uint64_t bars = 0;
  std::uint64_t states = 0;
  std::uint64_t actions = 0;
};
using BySymbol = std::unordered_map<std::string, Numbers>;

struct Span {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
};

Span span_of(const std::vector<const LineMaker*>& lines) {
  Span span;
  for (const LineMaker* one : lines) {
    if (one->rows().empty()) continue;
    span.first = std::min(span.first, one->rows().first_second());
    span.last = std::max(span.last, one->rows().last_second());
  }
  return span;
}

std::string count_sql(const Span& span, bool decisions, const char* what) {
  const auto count = [&](const char* table) {
    return fmt::format("SELECT symbol, '{}' AS of, {} AS n FROM {} WHERE timestamp >= make_timestamp({} * "
                       "1000000::BIGINT) AND timestamp <= make_timestamp({} * 1000000::BIGINT) GROUP BY symbol",
                       table, what, table, span.first, span.last);
  };
  std::string sql = count("ohlc_1s");
  if (decisions) sql += " UNION ALL " + count("stream_state") + " UNION ALL " + count("stream_actions");
  return sql;
}

Result<BySymbol> count_rows(const Span& span, const StoredRows& stored, bool decisions, const char* what = "count(*)") {
  BySymbol numbers;
  auto read = stored.read(count_sql(span, decisions, what), [&](const TextRow& row) {
    std::uint64_t count = 0;
    const std::string_view text = row[2].value_or("0");
    std::from_chars(text.data(), text.data() + text.size(), count);
    Numbers& of = numbers[std::string(row[0].value_or(""))];
    (row[1] == "ohlc_1s" ? of.bars : row[1] == "stream_state" ? of.states : of.actions) = count;
  });
  if (!read) return read.error();
  return numbers;
}

// What of one table must be there of a symbol, and is not. The first are told, the others counted.
void complain(Verdict& verdict, std::uint64_t& untold, const char* what, const std::string& symbol, std::uint64_t is,
              std::uint64_t must_be) {
  if (is >= must_be) return;
  if (verdict.complaints.size() == kMostTold) {
    untold += must_be - is;
    return;
  }
  verdict.complaints.push_back(fmt::format("{}: {} of {} {} are missing", symbol, must_be - is, must_be, what));
}

Verdict judge(const std::vector<const LineMaker*>& lines, const BySymbol& found, bool decisions) {
  Verdict verdict;
  std::uint64_t untold = 0;
  for (const LineMaker* one : lines) {
    for (std::uint32_t symbol = 0; symbol < one->symbols().size(); ++symbol) {
      const std::string& name = one->symbols()[symbol];
      const auto at = found.find(name);
      const Numbers numbers = at == found.end() ? Numbers{} : at->second;
      const std::uint64_t bars = one->rows().bars(symbol);
      const std::uint64_t due = decisions ? one->rows().decisions(symbol) : 0;
      verdict.bars += numbers.bars;
      verdict.states += numbers.states;
      verdict.actions += numbers.actions;
      verdict.bars_sent += bars;
      verdict.decisions_due += due;
      complain(verdict, untold, "bars", name, numbers.bars, bars);
      complain(verdict, untold, "rows of stream_state", name, numbers.states, due);
      complain(verdict, untold, "rows of stream_actions", name, numbers.actions, due);
    }
  }
  if (untold > 0) verdict.complaints.push_back(fmt::format("{} more rows of other symbols are missing", untold));
  if (decisions && verdict.decisions_due > 0 && verdict.states + verdict.actions == 0) {
    verdict.complaints.emplace_back("there are no decisions at all: is the daemon running with --emit-decisions?");
  }
  return verdict;
}

// A second has one row in each table.
Result<void> look_for_doubles(const std::vector<const LineMaker*>& lines, const Span& span, const StoredRows& stored,
                              bool decisions, Verdict& verdict) {
  auto distinct = count_rows(span, stored, decisions, "count(*) - count(DISTINCT timestamp)");
  if (!distinct) return distinct.error();
  const auto complain = [&verdict](const std::string& symbol, std::uint64_t doubles, const char* what) {
    if (doubles == 0 || verdict.complaints.size() >= kMostTold) return;
    verdict.complaints.push_back(fmt::format("{}: {} {} too many: a second has one", symbol, doubles, what));
  };
  for (const LineMaker* one : lines) {
    for (const std::string& name : one->symbols()) {
      const auto at = distinct->find(name);
      if (at == distinct->end()) continue;
      complain(name, at->second.bars, "bars");
      complain(name, at->second.states, "rows of stream_state");
      complain(name, at->second.actions, "rows of stream_actions");
    }
  }
  return {};
}

// Every value, once the numbers are right.
Result<void> compare_values(const std::vector<const LineMaker*>& lines, const StoredRows& stored, Verdict& verdict) {
  auto compared = compare_bars(lines, stored);
  if (!compared) return compared.error();
  verdict.compared = compared->compared;
  verdict.differences = compared->count;
  for (std::string& told : compared->told) verdict.complaints.push_back(std::move(told));
  if (compared->count > compared->told.size()) {
    verdict.complaints.push_back(fmt::format("{} more bars differ", compared->count - compared->told.size()));
  }
  return {};
}

}  // namespace

Result<std::uint64_t> rows_before(const std::vector<const LineMaker*>& lines, const FixedTimes& times,
                                  const StoredRows& stored) {
  const Span span{times.from_ms / 1000, (times.from_ms + static_cast<std::int64_t>(times.span_s * 1000)) / 1000};
  auto found = count_rows(span, stored, false);
  if (!found) return found.error();
  return judge(lines, *found, false).bars;
}

Result<Verdict> prove(const std::vector<const LineMaker*>& lines, const StoredRows& stored, const Checks& checks,
                      const std::function<void(const Verdict&)>& on_wait) {
  const Span span = span_of(lines);
  if (span.first > span.last) return Verdict{};
  const auto wait_ns = static_cast<std::int64_t>(checks.wait_s * 1e9);
  std::uint64_t had = 0;
  for (std::int64_t came_ns = steady_ns();;) {
    auto found = count_rows(span, stored, checks.decisions);
    if (!found) return found.error();
    Verdict verdict = judge(lines, *found, checks.decisions);
    if (verdict.complaints.empty()) {
      if (auto looked = look_for_doubles(lines, span, stored, checks.decisions, verdict); !looked) return looked.error();
    }
    if (verdict.complaints.empty() && checks.every_value) {
      if (auto compared = compare_values(lines, stored, verdict); !compared) return compared.error();
    }
    // More is better: rows that are there, and fewer that differ.
    const std::uint64_t same = verdict.compared - std::min(verdict.compared, verdict.differences);
    const std::uint64_t has = verdict.bars + verdict.states + verdict.actions + same;
    if (verdict.complaints.empty()) return verdict;
    if (has > had) came_ns = steady_ns();
    had = std::max(had, has);
    if (steady_ns() - came_ns >= wait_ns) return verdict;
    on_wait(verdict);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace streamd::probe
