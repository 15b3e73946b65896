#include "exchange/recorded_trades.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace streamd::exchange {
namespace {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

constexpr std::string_view kEnding = ".ws.ndjson";

// False: it is not such a line.
bool read_line(dom::parser& parser, const std::string& line, std::string& symbol, AggTrade& trade) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string::npos) return false;
  dom::element event;
  if (parser.parse(line.data() + blank + 1, line.size() - blank - 1)["data"].get(event)) return false;
  std::string_view name, price, quantity;
  if (event["s"].get(name) || event["p"].get(price) || event["q"].get(quantity)) return false;
  if (event["t"].get(trade.id) || event["T"].get(trade.time_ms) || event["E"].get(trade.event_ms)) return false;
  if (event["m"].get(trade.buyer_is_maker)) return false;
  const auto price_amount = amount_of(price);
  const auto quantity_amount = amount_of(quantity);
  if (!price_amount || !quantity_amount) return false;
  symbol = name;
  trade.first = trade.last = trade.id;
  trade.price = *price_amount;
  trade.quantity = *quantity_amount;
  return true;
}

std::size_t number_of(std::vector<std::string>& symbols, const std::string& symbol) {
  const auto found = std::find(symbols.begin(), symbols.end(), symbol);
  if (found != symbols.end()) return static_cast<std::size_t>(found - symbols.begin());
  symbols.push_back(symbol);
  return symbols.size() - 1;
}

}  // namespace

Result<Recording> read_recordings(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    if (entry.path().filename().string().ends_with(kEnding)) files.push_back(entry.path());
  }
  if (files.empty()) return Error{fmt::format("no {} files in {}", kEnding, folder)};
  std::sort(files.begin(), files.end());
  Recording recording;
  dom::parser parser;
  for (const fs::path& file : files) {
    std::ifstream in(file);
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      std::string symbol;
      MadeTrade made;
      if (!read_line(parser, line, symbol, made.trade)) {
        return Error{fmt::format("{}:{}: not a recorded trade", file.string(), number)};
      }
      made.symbol = number_of(recording.symbols, symbol);
      recording.trades.push_back(made);
    }
  }
  std::stable_sort(recording.trades.begin(), recording.trades.end(),
                   [](const MadeTrade& a, const MadeTrade& b) { return a.trade.time_ms < b.trade.time_ms; });
  return recording;
}

RecordedTrades::RecordedTrades(std::vector<MadeTrade> trades, double speed, RecordedTimes times)
    : trades_(std::move(trades)), speed_(speed), times_(times) {}

void RecordedTrades::make(std::int64_t now_ms, std::vector<MadeTrade>& out) {
  const double played_before_ms = played_ms_;
  const std::int64_t before_ms = std::exchange(last_ms_, now_ms);
  played_ms_ += static_cast<double>(now_ms - before_ms) * speed_;
  for (; next_ < trades_.size(); ++next_) {
    MadeTrade made = trades_[next_];
    const auto due_ms = static_cast<double>(made.trade.time_ms - trades_.front().trade.time_ms);
    if (due_ms > played_ms_) break;
    if (times_ == RecordedTimes::as_played) {
      made.trade.time_ms = before_ms + static_cast<std::int64_t>((due_ms - played_before_ms) / speed_);
      made.trade.event_ms = now_ms;
    }
    made.trade.published_ms = now_ms;
    out.push_back(made);
  }
}

}  // namespace streamd::exchange
