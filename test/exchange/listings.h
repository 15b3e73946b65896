// The symbols that the exchange tells of at /api/v3/exchangeInfo: made up, or out of a real answer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace streamd::exchange {

struct Listing {
  std::string symbol;
  std::string status;  // TRADING, BREAK, …
  std::vector<std::string> permissions;
  std::string json;
};

// Empty: all.
struct ListingFilter {
  std::string status;
  std::vector<std::string> permissions;  // one of them
  std::vector<std::string> symbols;
  bool shows_permission_sets = true;
};

class Listings {
 public:
  static Result<Listings> read(const std::string& file);
  // `count` names on TRADING with USDT as their quote asset, BTCUSDT first, and among them some with another one and
  // some on BREAK, which do not count.
  static Listings make(std::size_t count);
  static Listings of(const std::vector<std::string>& trading);

  // What is on TRADING, in order.
  std::vector<std::string> trading() const;
  const Listing* find(const std::string& symbol) const;
  std::string exchange_info(const ListingFilter& filter, std::int64_t now_ms, int weight_limit) const;

 private:
  void add(const std::string& symbol, const std::string& status);

  std::vector<Listing> listings_;
};

}  // namespace streamd::exchange
