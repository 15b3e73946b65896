#include "store/batch_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/summary_rows.h"

namespace streamd {
namespace {

using duck::ColumnType;

// Revisions further apart than this are looked up apart, so that one very old trade does not make the look-up of
// fresh ones read the whole table.
constexpr Second kRevisionGap = 6 * 3600;
constexpr std::size_t kMaxRevisionGroups = 16;

// The columns open … trades, starting at `column`.
void set_values(duck::Appender& appender, std::size_t column, const Ohlcv& values) {
  appender.set_float64(column, values.open);
  appender.set_float64(column + 1, values.high);
  appender.set_float64(column + 2, values.low);
  appender.set_float64(column + 3, values.close);
  appender.set_float64(column + 4, values.volume);
  appender.set_int64(column + 5, values.trades);
}

// Sorted by time, cut where more than kRevisionGap lies between two.
std::vector<std::vector<BarWrite>> group_by_time(const std::deque<BarWrite>& revisions) {
  std::vector<BarWrite> sorted(revisions.begin(), revisions.end());
  std::sort(sorted.begin(), sorted.end(), [](const BarWrite& a, const BarWrite& b) {
    return std::pair(a.second, a.symbol) < std::pair(b.second, b.symbol);
  });
  std::vector<std::vector<BarWrite>> groups;
  for (const BarWrite& revision : sorted) {
    const bool far = groups.empty() || revision.second - groups.back().back().second > kRevisionGap;
    if (far && groups.size() < kMaxRevisionGroups) groups.emplace_back();
    groups.back().push_back(revision);
  }
  return groups;
}

}  // namespace

Result<void> BatchWriter::write(const PendingRows& rows) {
  if (auto appended = append(rows.appends()); !appended) return appended;
  for (const Group& group : group_by_time(rows.revisions())) {
    if (auto done = revise(group); !done) return done;
  }
  if (auto done = append_summaries(connection_, names_, rows.summaries()); !done) return done;
  if (rows.decisions().empty()) return {};
  if (auto done = append_states(rows.decisions()); !done) return done;
  return append_actions(rows.decisions());
}

Result<void> BatchWriter::append_states(const std::deque<Decision>& decisions) {
  auto states = duck::Appender::create(connection_, "stream_state",
                                       {ColumnType::timestamp, ColumnType::text, ColumnType::float64, ColumnType::int32,
                                        ColumnType::boolean, ColumnType::text, ColumnType::text});
  if (!states) return states.error();
  for (const Decision& decision : decisions) {
    states->set_timestamp(0, decision.second * kMicrosPerSecond);
    states->set_text(1, names_.symbol(decision.symbol));
    states->set_float64(2, decision.close);
    states->set_int32(3, static_cast<std::int32_t>(decision.state));
    states->set_boolean(4, decision.gate_open);
    states->set_text(5, posture_name(decision.posture));
    states->set_text(6, names_.source_file(decision.symbol, decision.label));
    if (auto ended = states->end_row(); !ended) return ended;
  }
  return states->finish();
}

Result<void> BatchWriter::append_actions(const std::deque<Decision>& decisions) {
  auto actions = duck::Appender::create(
      connection_, "stream_actions",
      {ColumnType::timestamp, ColumnType::text, ColumnType::int32, ColumnType::int32, ColumnType::float64,
       ColumnType::float64, ColumnType::boolean, ColumnType::float64, ColumnType::text, ColumnType::boolean,
       ColumnType::text, ColumnType::text});
  if (!actions) return actions.error();
  for (const Decision& decision : decisions) {
    const Intent& allowed = decision.allowed;
    actions->set_timestamp(0, decision.second * kMicrosPerSecond);
    actions->set_text(1, names_.symbol(decision.symbol));
    actions->set_int32(2, static_cast<std::int32_t>(decision.state));
    actions->set_int32(3, allowed.direction);
    actions->set_float64(4, allowed.target_exposure);
    actions->set_float64(5, allowed.urgency);
    actions->set_boolean(6, allowed.hold);
    actions->set_float64(7, allowed.actionability);
    actions->set_text(8, reason_text(allowed.reason));
    actions->set_boolean(9, decision.gate_open);
    actions->set_text(10, posture_name(decision.posture));
    actions->set_text(11, names_.source_file(decision.symbol, decision.label));
    if (auto ended = actions->end_row(); !ended) return ended;
  }
  return actions->finish();
}

Result<void> BatchWriter::append(const std::deque<BarWrite>& rows) {
  if (rows.empty()) return {};
  auto bars = duck::Appender::create(
      connection_, "ohlc_1s",
      {ColumnType::text, ColumnType::timestamp, ColumnType::float64, ColumnType::float64, ColumnType::float64,
       ColumnType::float64, ColumnType::float64, ColumnType::int64, ColumnType::text});
  if (!bars) return bars.error();
  auto spans = duck::Appender::create(connection_, "ohlc_1s_spans",
                                      {ColumnType::text, ColumnType::timestamp, ColumnType::int64, ColumnType::int64});
  if (!spans) return spans.error();
  for (const BarWrite& row : rows) {
    const std::string_view symbol = names_.symbol(row.symbol);
    bars->set_text(0, symbol);
    bars->set_timestamp(1, row.second * kMicrosPerSecond);
    set_values(*bars, 2, row.bar.values);
    bars->set_text(8, names_.source_file(row.symbol, row.label));
    if (auto ended = bars->end_row(); !ended) return ended;
    if (row.origin == BarOrigin::line) continue;
    spans->set_text(0, symbol);
    spans->set_timestamp(1, row.second * kMicrosPerSecond);
    spans->set_int64(2, start_ms(row.second) + row.bar.open_offset_ms);
    spans->set_int64(3, start_ms(row.second) + row.bar.close_offset_ms);
    if (auto ended = spans->end_row(); !ended) return ended;
  }
  if (auto finished = bars->finish(); !finished) return finished;
  return spans->finish();
}

Result<void> BatchWriter::revise(const Group& revisions) {
  const std::string range = fmt::format("timestamp BETWEEN make_timestamp({}) AND make_timestamp({})",
                                        revisions.front().second * kMicrosPerSecond,
                                        revisions.back().second * kMicrosPerSecond);
  if (auto written = write_keys(revisions); !written) return written;
  auto revised = look_up(revisions, range);
  if (!revised) return revised.error();
  if (auto changed = change(revisions, *revised, range); !changed) return changed;
  std::deque<BarWrite> absent;
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    if (!(*revised)[i]) absent.push_back(revisions[i]);
  }
  return append(absent);
}

Result<void> BatchWriter::write_keys(const Group& revisions) {
  auto made = connection_.run(
      "CREATE OR REPLACE TEMP TABLE revision_keys(place INTEGER, symbol VARCHAR, timestamp TIMESTAMP)");
  if (!made) return made;
  auto keys = duck::Appender::create(connection_, "revision_keys",
                                     {ColumnType::int32, ColumnType::text, ColumnType::timestamp});
  if (!keys) return keys.error();
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    keys->set_int32(0, static_cast<std::int32_t>(i));
    keys->set_text(1, names_.symbol(revisions[i].symbol));
    keys->set_timestamp(2, revisions[i].second * kMicrosPerSecond);
    if (auto ended = keys->end_row(); !ended) return ended;
  }
  return keys->finish();
}

Result<std::vector<std::optional<BatchWriter::Revised>>> BatchWriter::look_up(const Group& revisions,
                                                                              const std::string& range) {
  auto stored = connection_.query(fmt::format(
      "SELECT k.place, b.open, b.high, b.low, b.close, b.volume, b.trades, s.open_ts_ms, s.close_ts_ms "
      "FROM revision_keys k JOIN (SELECT * FROM ohlc_1s WHERE {0}) b USING (symbol, timestamp) "
      "LEFT JOIN (SELECT * FROM ohlc_1s_spans WHERE {0}) s USING (symbol, timestamp)",
      range));
  if (!stored) return stored.error();
  std::vector<std::optional<Revised>> rows(revisions.size());
  while (stored->next()) {
    const auto place = static_cast<std::size_t>(stored->int32(0));
    const BarWrite& revision = revisions[place];
    const bool has_span = !stored->is_null(7) && !stored->is_null(8);
    PartialBar bar;
    if (has_span) {
      bar.values = {stored->float64(1), stored->float64(2), stored->float64(3),
                    stored->float64(4), stored->float64(5), stored->int64(6)};
      bar.open_offset_ms = static_cast<std::uint16_t>(stored->int64(7) - start_ms(revision.second));
      bar.close_offset_ms = static_cast<std::uint16_t>(stored->int64(8) - start_ms(revision.second));
    }
    rows[place] = revised(revision, bar, has_span);
  }
  return rows;
}

BatchWriter::Revised BatchWriter::revised(const BarWrite& revision, PartialBar stored, bool has_span) {
  if (revision.origin == BarOrigin::line) {
    counts_.trades_superseded += static_cast<std::uint64_t>(stored.values.trades);
    return {Revised::Change::replaced, revision.bar};
  }
  if (!has_span) {
    counts_.trades_superseded += static_cast<std::uint64_t>(revision.bar.values.trades);
    return {Revised::Change::none, {}};
  }
  ++counts_.rows_merged;
  stored.merge(revision.bar);
  return {Revised::Change::merged, stored};
}

Result<void> BatchWriter::change(const Group& revisions, const std::vector<std::optional<Revised>>& revised,
                                 const std::string& range) {
  auto made = connection_.run(
      "CREATE OR REPLACE TEMP TABLE revised_bars(symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, "
      "low DOUBLE, close DOUBLE, volume DOUBLE, trades BIGINT, source_file VARCHAR, open_ts_ms BIGINT, "
      "close_ts_ms BIGINT)");
  if (!made) return made;
  auto rows = duck::Appender::create(
      connection_, "revised_bars",
      {ColumnType::text, ColumnType::timestamp, ColumnType::float64, ColumnType::float64, ColumnType::float64,
       ColumnType::float64, ColumnType::float64, ColumnType::int64, ColumnType::text, ColumnType::int64,
       ColumnType::int64});
  if (!rows) return rows.error();
  bool merged = false;
  bool replaced = false;
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    if (!revised[i] || revised[i]->change == Revised::Change::none) continue;
    const BarWrite& revision = revisions[i];
    const PartialBar& bar = revised[i]->bar;
    rows->set_text(0, names_.symbol(revision.symbol));
    rows->set_timestamp(1, revision.second * kMicrosPerSecond);
    set_values(*rows, 2, bar.values);
    if (revised[i]->change == Revised::Change::replaced) {
      replaced = true;
      rows->set_text(8, names_.source_file(revision.symbol, revision.label));
      rows->set_null(9);
      rows->set_null(10);
    } else {
      merged = true;
      rows->set_null(8);  // the row keeps its source
      rows->set_int64(9, start_ms(revision.second) + bar.open_offset_ms);
      rows->set_int64(10, start_ms(revision.second) + bar.close_offset_ms);
    }
    if (auto ended = rows->end_row(); !ended) return ended;
  }
  if (auto finished = rows->finish(); !finished) return finished;

  const std::string same_key = "t.symbol = r.symbol AND t.timestamp = r.timestamp AND t." + range;
  Result<void> done;
  if (merged || replaced) {
    done = connection_.run(
        "UPDATE ohlc_1s t SET open = r.open, high = r.high, low = r.low, close = r.close, volume = r.volume, "
        "trades = r.trades, source_file = coalesce(r.source_file, t.source_file) FROM revised_bars r WHERE " +
        same_key);
  }
  if (done && merged) {
    done = connection_.run(
        "UPDATE ohlc_1s_spans t SET open_ts_ms = r.open_ts_ms, close_ts_ms = r.close_ts_ms FROM revised_bars r "
        "WHERE r.source_file IS NULL AND " + same_key);
  }
  if (done && replaced) {
    done = connection_.run(
        "DELETE FROM ohlc_1s_spans t USING revised_bars r WHERE r.source_file IS NOT NULL AND " + same_key);
  }
  return done;
}

}  // namespace streamd
