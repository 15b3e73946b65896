#include "exchange/listings.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace streamd::exchange {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kOneOtherQuoteIn = 10;
constexpr std::size_t kOneBreakIn = 20;
constexpr std::string_view kQuoteAssets[] = {"USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR", "TRY"};

std::string_view quote_asset_of(std::string_view symbol) {
  for (const std::string_view asset : kQuoteAssets) {
    if (symbol.ends_with(asset) && symbol.size() > asset.size()) return asset;
  }
  return symbol.substr(symbol.size() - std::min<std::size_t>(symbol.size(), 3));
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool is_wanted(const Listing& listing, const ListingFilter& filter) {
  if (!filter.status.empty() && listing.status != filter.status) return false;
  if (!filter.symbols.empty() && !contains(filter.symbols, listing.symbol)) return false;
  if (filter.permissions.empty()) return true;
  return std::any_of(listing.permissions.begin(), listing.permissions.end(),
                     [&](const std::string& permission) { return contains(filter.permissions, permission); });
}

}  // namespace

Result<Listings> Listings::read(const std::string& file) {
  dom::parser parser;
  dom::array symbols;
  if (const auto failure = parser.load(file)["symbols"].get(symbols)) {
    return Error{fmt::format("{}: not an answer of exchangeInfo: {}", file, simdjson::error_message(failure))};
  }
  Listings all;
  for (const dom::element element : symbols) {
    Listing listing;
    std::string_view symbol, status;
    if (element["symbol"].get(symbol) || element["status"].get(status)) {
      return Error{fmt::format("{}: a symbol without name or status", file)};
    }
    listing.symbol = symbol;
    listing.status = status;
    dom::array permissions;
    if (!element["permissions"].get(permissions)) {
      for (const dom::element permission : permissions) {
        if (permission.is_string()) listing.permissions.emplace_back(std::string_view(permission));
      }
    }
    listing.json = simdjson::minify(element);
    all.listings_.push_back(std::move(listing));
  }
  return all;
}

Listings Listings::make(std::size_t count) {
  constexpr std::string_view kKnown[] = {"BTC", "ETH", "BNB", "SOL", "XRP", "ADA", "DOGE", "TRX"};
  Listings all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string base = i < std::size(kKnown) ? std::string(kKnown[i]) : fmt::format("COIN{}", i);
    all.add(base + "USDT", "TRADING");
    if (i % kOneOtherQuoteIn == 1) all.add(base + "BTC", "TRADING");
    if (i % kOneBreakIn == 1) all.add("OLD" + base + "USDT", "BREAK");
  }
  return all;
}

Listings Listings::of(const std::vector<std::string>& trading) {
  Listings all;
  for (const std::string& symbol : trading) all.add(symbol, "TRADING");
  return all;
}

void Listings::add(const std::string& symbol, const std::string& status) {
  const std::string_view quote = quote_asset_of(symbol);
  const std::string_view base = std::string_view(symbol).substr(0, symbol.size() - quote.size());
  Listing listing{symbol, status, {"SPOT"}, {}};
  listing.json = fmt::format(
      R"({{"symbol":"{}","status":"{}","baseAsset":"{}","baseAssetPrecision":8,"quoteAsset":"{}","quotePrecision":8,)"
      R"("quoteAssetPrecision":8,"orderTypes":["LIMIT","MARKET"],"icebergAllowed":true,"isSpotTradingAllowed":true,)"
      R"("isMarginTradingAllowed":false,"filters":[],"permissions":[],"permissionSets":[["SPOT"]]}})",
      symbol, status, base, quote);
  listings_.push_back(std::move(listing));
}

std::vector<std::string> Listings::trading() const {
  std::vector<std::string> symbols;
  for (const Listing& listing : listings_) {
    if (listing.status == "TRADING") symbols.push_back(listing.symbol);
  }
  return symbols;
}

const Listing* Listings::find(const std::string& symbol) const {
  const auto found = std::find_if(listings_.begin(), listings_.end(),
                                  [&](const Listing& listing) { return listing.symbol == symbol; });
  return found == listings_.end() ? nullptr : &*found;
}

std::string Listings::exchange_info(const ListingFilter& filter, std::int64_t now_ms, int weight_limit) const {
  constexpr std::string_view kSets = R"("permissionSets":[["SPOT"]])";
  std::string text = fmt::format(
      R"({{"timezone":"UTC","serverTime":{},"rateLimits":[{{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",)"
      R"("intervalNum":1,"limit":{}}},{{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,)"
      R"("limit":61000}}],"exchangeFilters":[],"symbols":[)",
      now_ms, weight_limit);
  bool is_first = true;
  for (const Listing& listing : listings_) {
    if (!is_wanted(listing, filter)) continue;
    if (!std::exchange(is_first, false)) text += ',';
    const std::size_t sets = filter.shows_permission_sets ? std::string::npos : listing.json.find(kSets);
    text += sets == std::string::npos ? listing.json
                                      : std::string(listing.json).replace(sets, kSets.size(), R"("permissionSets":[])");
  }
  return text + "]}";
}

}  // namespace streamd::exchange
