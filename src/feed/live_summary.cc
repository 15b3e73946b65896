#include "feed/live_summary.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "store/query_reader.h"

namespace streamd::feed {
namespace {

constexpr std::size_t kMostSymbolsTold = 50;

}  // namespace

StoredCount count_stored(const std::string& database, const Market& market, UnixMillis began_ms) {
  std::set<std::string_view> names;
  for (const std::string& name : market.names()) names.insert(name);
  std::uint64_t rows = 0;
  const auto read = read_query(
      database,
      fmt::format("SELECT symbol, count(*) FROM ohlc_1s WHERE timestamp >= make_timestamp({} * 1000000::BIGINT) "
                  "GROUP BY symbol",
                  began_ms / 1000),
      [](const std::vector<std::string>&) {},
      [&](const TextRow& row) {
        if (!names.contains(row[0].value_or(""))) return;
        std::uint64_t count = 0;
        const std::string_view text = row[1].value_or("0");
        std::from_chars(text.data(), text.data() + text.size(), count);
        rows += count;
      });
  return read ? StoredCount(rows) : std::nullopt;
}

std::string summary_text(const Market& market, const MarketStreams& streams, std::uint64_t refused,
                         std::uint64_t daemon_starts, const StoredCount& stored) {
  std::string text;
  std::uint64_t trades = 0;
  for (std::size_t i = 0; i < market.names().size(); ++i) {
    const Market::Account& account = market.accounts()[i];
    trades += account.trades;
    if (i >= kMostSymbolsTold) continue;
    text += fmt::format("{}: {} trades", market.names()[i], account.trades);
    if (account.trades > 0) text += fmt::format(", ids {} to {}", account.first_id, account.last_id);
    if (account.lost > 0) text += fmt::format(", {} lost", account.lost);
    text += '\n';
  }
  if (market.names().size() > kMostSymbolsTold) {
    text += fmt::format("and {} more symbols\n", market.names().size() - kMostSymbolsTold);
  }
  const GapCounts& gaps = market.gaps();
  return text + fmt::format("symbols={} trades={} fetched={} gaps_found={} gaps_filled={} refused={} lost={} reconnects={} renewals={} "
                            "daemon_starts={} rows_stored={}\n",
                            market.names().size(), trades, gaps.trades_filled, gaps.found, gaps.filled, refused, gaps.trades_lost,
                            streams.losses(), streams.renewals(), daemon_starts,
                            stored ? std::to_string(*stored) : "unknown");
}

}  // namespace streamd::feed
