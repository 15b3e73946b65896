#include "store/stored_trades.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/sql_text.h"

namespace streamd {
namespace {

constexpr std::size_t kKeysAtOnce = 1000;

}  // namespace

Result<std::vector<std::int64_t>> read_stored_trades(duck::Connection& connection, const std::vector<RowKey>& keys) {
  std::vector<std::int64_t> trades(keys.size(), 0);
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    std::string values;
    for (std::size_t i = begin; i < std::min(begin + kKeysAtOnce, keys.size()); ++i) {
      values += fmt::format("{}({}::BIGINT, {}, make_timestamp({}))", values.empty() ? "" : ", ", i,
                            sql_literal(keys[i].symbol), keys[i].second * kMicrosPerSecond);
    }
    auto rows = connection.query(
        "SELECT k.place, b.trades FROM (VALUES " + values +
        ") k(place, symbol, timestamp) JOIN ohlc_1s b USING (symbol, timestamp) JOIN ohlc_1s_spans USING (symbol, timestamp)");
    if (!rows) return rows.error();
    while (rows->next()) trades[static_cast<std::size_t>(rows->int64(0))] = rows->int64(1);
  }
  return trades;
}

}  // namespace streamd
