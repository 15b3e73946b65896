#include "feed/exchange_info.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "feed/excerpt.h"
#include "feed/json_dom.h"
#include "feed/similar_names.h"
#include "wire/ndjson_reader.h"

namespace streamd::feed {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostSimilar = 3;
constexpr std::size_t kMostComplaints = 5;
constexpr std::size_t kNameExcerptBytes = 64;

bool read_text(const dom::object& object, std::string_view key, std::string& text) {
  std::string_view view;
  if (object.at_key(key).get(view)) return false;
  text = view;
  return true;
}

// The first field that is absent or no good; nullptr when `symbol` is read.
const char* read_symbol(const dom::object& object, SpotSymbol& symbol) {
  if (!read_text(object, "symbol", symbol.name) || !is_symbol_name(symbol.name)) return "symbol";
  if (!read_text(object, "status", symbol.status)) return "status";
  if (!read_text(object, "quoteAsset", symbol.quote_asset)) return "quoteAsset";
  const auto is_allowed = object.at_key("isSpotTradingAllowed");
  if (is_allowed.error() == simdjson::NO_SUCH_FIELD) return nullptr;
  return is_allowed.get(symbol.is_spot_allowed) ? "isSpotTradingAllowed" : nullptr;
}

Error damaged(std::string message) { return Error{std::move(message), ErrorKind::damaged}; }

// ASCII letters only: all that the exchange has two cases of.
std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string name_excerpt(std::string_view name) { return excerpt(name, kNameExcerptBytes); }

std::string hint_of_similar(std::string_view name, const std::vector<std::string_view>& known) {
  const auto similar = similar_names(upper_case(name), known, kMostSimilar);
  return similar.empty() ? "" : fmt::format(" (similar: {})", fmt::join(similar, ", "));
}

class Choice {
 public:
  Choice(const std::vector<SpotSymbol>& symbols, const Wanted& wanted)
      : symbols_(symbols), wanted_(wanted), quote_asset_(upper_case(wanted.quote_asset)) {}

  Result<std::vector<std::string>> make() {
    mark_named();
    if (auto error = complaints()) return std::move(*error);
    std::vector<std::string> chosen;
    for (const SpotSymbol& symbol : symbols_) {
      if (wanted_.max_symbols > 0 && chosen.size() == wanted_.max_symbols) break;
      if (is_chosen(symbol)) chosen.push_back(symbol.name);
    }
    if (chosen.empty()) return nothing_chosen();
    return chosen;
  }

 private:
  void mark_named() {
    std::unordered_map<std::string, const SpotSymbol*> by_name;
    for (const SpotSymbol& symbol : symbols_) by_name.emplace(upper_case(symbol.name), &symbol);
    std::set<std::string> seen;
    for (const std::string& name : wanted_.names) {
      std::string upper = upper_case(name);
      const auto found = by_name.find(upper);
      if (!seen.insert(std::move(upper)).second) continue;
      if (found == by_name.end()) {
        unknown_.push_back(name);
      } else if (!found->second->is_traded()) {
        resting_.push_back(found->second);
      } else {
        named_.insert(found->second);
      }
    }
  }

  bool is_chosen(const SpotSymbol& symbol) const {
    if (named_.contains(&symbol)) return true;
    const bool is_of_quote_asset = quote_asset_.empty() || symbol.quote_asset == quote_asset_;
    return wanted_.all && symbol.is_traded() && is_of_quote_asset;
  }

  std::optional<Error> complaints() const {
    const std::size_t count = unknown_.size() + resting_.size();
    if (count == 0) return {};
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < unknown_.size() && parts.size() < kMostComplaints; ++i) {
      parts.push_back(
          fmt::format("unknown symbol {}{}", name_excerpt(unknown_[i]), hint_of_similar(unknown_[i], traded_names())));
    }
    for (std::size_t i = 0; i < resting_.size() && parts.size() < kMostComplaints; ++i) {
      parts.push_back(complaint_of_resting(*resting_[i]));
    }
    if (count > parts.size()) parts.push_back(fmt::format("and {} more", count - parts.size()));
    const char* advice =
        unknown_.empty() ? "leave out what is not traded" : "--list-symbols lists those that are traded";
    return Error{fmt::format("{}; {}", fmt::join(parts, "; "), advice), ErrorKind::not_found};
  }

  static std::string complaint_of_resting(const SpotSymbol& symbol) {
    const std::string why = symbol.status == "TRADING" ? "no spot trading" : "status " + name_excerpt(symbol.status);
    return fmt::format("symbol {} is not traded now ({})", symbol.name, why);
  }

  Error nothing_chosen() const {
    if (!wanted_.all) return Error{"no symbol is chosen", ErrorKind::not_found};
    if (quote_asset_.empty()) return Error{"the exchange trades no symbol now", ErrorKind::not_found};
    return Error{fmt::format("no symbol is traded now against {}{}; --quote-asset takes another one",
                             name_excerpt(wanted_.quote_asset), hint_of_similar(quote_asset_, traded_quote_assets())),
                 ErrorKind::not_found};
  }

  std::vector<std::string_view> traded_names() const {
    std::vector<std::string_view> names;
    for (const SpotSymbol& symbol : symbols_) {
      if (symbol.is_traded()) names.push_back(symbol.name);
    }
    return names;
  }

  std::vector<std::string_view> traded_quote_assets() const {
    std::set<std::string_view> assets;
    for (const SpotSymbol& symbol : symbols_) {
      if (symbol.is_traded()) assets.insert(symbol.quote_asset);
    }
    return {assets.begin(), assets.end()};
  }

  const std::vector<SpotSymbol>& symbols_;
  const Wanted& wanted_;
  const std::string quote_asset_;
  std::set<const SpotSymbol*> named_;
  std::vector<std::string> unknown_;
  std::vector<const SpotSymbol*> resting_;
};

}  // namespace

Result<std::vector<SpotSymbol>> read_exchange_info(std::string_view json) {
  dom::parser parser;
  dom::object answer;
  dom::array elements;
  if (parse_json(parser, json).get(answer) || answer.at_key("symbols").get(elements)) {
    return damaged(fmt::format("exchangeInfo is not understood: {}", excerpt(json)));
  }
  std::vector<SpotSymbol> symbols;
  symbols.reserve(elements.size());
  for (const dom::element element : elements) {
    dom::object object;
    SpotSymbol symbol;
    const char* field = element.get(object) ? "symbol" : read_symbol(object, symbol);
    if (field != nullptr) {
      return damaged(fmt::format("exchangeInfo has a symbol without a usable \"{}\": {}", field,
                                 excerpt(simdjson::to_string(element))));
    }
    symbols.push_back(std::move(symbol));
  }
  return symbols;
}

Result<std::vector<std::string>> choose_symbols(const std::vector<SpotSymbol>& symbols, const Wanted& wanted) {
  return Choice(symbols, wanted).make();
}

}  // namespace streamd::feed
