#include "exchange/rest_api.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "exchange/query_text.h"
#include "wire/json_text.h"

namespace streamd::exchange {
namespace {

constexpr std::size_t kDefaultLimit = 500;
constexpr std::size_t kMostLimit = 1000;
constexpr const char* kPage = "<html><head><title>error</title></head><body>error</body></html>";
constexpr const char* kTooMuch =
    "Too much request weight used; current limit is {} request weight per 1 MINUTE. Please use WebSocket Streams for "
    "live updates to avoid polling the API.";

int weight_of(const std::string& path) {
  if (path == "/api/v3/exchangeInfo") return 20;
  if (path == "/api/v3/aggTrades") return 4;
  return 1;
}

HttpAnswer error_answer(int status, int code, const std::string& message) {
  std::string text;
  append_json_string(text, message);
  return {status, fmt::format(R"({{"code":{},"msg":{}}})", code, text)};
}

HttpAnswer html_answer(int status) {
  return {status, kPage, "text/html"};
}

HttpAnswer wait_answer(int status, int retry_after_s, int limit, std::int64_t now_ms) {
  HttpAnswer answer = error_answer(
      status, -1003,
      status == 418 ? fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams "
                                  "for live updates to avoid bans.",
                                  now_ms + retry_after_s * 1000LL)
                    : fmt::format(fmt::runtime(kTooMuch), limit));
  answer.fields.emplace_back("Retry-After", std::to_string(retry_after_s));
  return answer;
}

std::vector<std::string> strings_of(const std::string& text) {
  std::vector<std::string> strings;
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(text).get(array)) return {text};  // one, without brackets
  for (const simdjson::dom::element element : array) {
    if (element.is_string()) strings.emplace_back(std::string_view(element));
  }
  return strings;
}

// A number of a query; `there` says whether it was given.
struct Number {
  bool there = false;
  std::uint64_t value = 0;
};

bool read_number(const std::map<std::string, std::string>& parameters, const char* name, Number& number) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return true;
  number.there = true;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, failure] = std::from_chars(found->second.data(), end, number.value);
  return failure == std::errc{} && stop == end;
}

struct Wanted {
  Number from_id, start_time, end_time, limit;
};

using Trades = std::vector<AggTrade>;

// [first, end) of what the exchange's REST side knows of already.
std::pair<std::size_t, std::size_t> wanted_range(const Trades& trades, std::size_t known, const Wanted& wanted) {
  const auto begin = trades.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(known);
  const std::size_t limit = wanted.limit.there ? wanted.limit.value : kDefaultLimit;
  if (wanted.from_id.there) {
    const auto first = std::lower_bound(begin, end, wanted.from_id.value,
                                        [](const AggTrade& trade, std::uint64_t id) { return trade.id < id; });
    const auto number = static_cast<std::size_t>(first - begin);
    return {number, std::min(known, number + limit)};
  }
  std::size_t first = 0;
  std::size_t last = known;
  if (wanted.start_time.there) {
    first = static_cast<std::size_t>(
        std::lower_bound(begin, end, static_cast<std::int64_t>(wanted.start_time.value),
                         [](const AggTrade& trade, std::int64_t time_ms) { return trade.time_ms < time_ms; }) -
        begin);
  }
  if (wanted.end_time.there) {
    last = static_cast<std::size_t>(
        std::upper_bound(begin, end, static_cast<std::int64_t>(wanted.end_time.value),
                         [](std::int64_t time_ms, const AggTrade& trade) { return time_ms < trade.time_ms; }) -
        begin);
  }
  if (last <= first) return {first, first};
  if (wanted.start_time.there) return {first, std::min(last, first + limit)};
  return {last - std::min(limit, last), last};
}

}  // namespace

RestApi::RestApi(const Listings& listings, const Market& market, const Faults& faults, WeightCounter& weight,
                 Ledger& ledger, std::uint64_t seed)
    : listings_(listings), market_(market), faults_(faults), weight_(weight), ledger_(ledger), random_(seed) {}

HttpAnswer RestApi::answer(const HttpQuestion& question, std::int64_t now_ms) {
  ++ledger_.rest_requests;
  const auto [path, parameters] = split_target(question.target);
  const WeightCounter::Verdict verdict = weight_.spend(weight_of(path), now_ms);
  if (verdict.is_beyond) {
    ledger_.violation("weight", fmt::format("{} in this minute: {}", verdict.used, question.target), now_ms);
  }
  if (verdict.went_on) ledger_.violation("went_on_after_retry_after", question.target, now_ms);
  HttpAnswer answer;
  const int fault = faults_.rest_status.at(now_ms);
  if (verdict.status != 200) {
    answer = wait_answer(verdict.status, verdict.retry_after_s, weight_.limit(), now_ms);
  } else if (fault == 429 || fault == 418) {
    weight_.told_to_wait(faults_.retry_after_s, now_ms);
    answer = wait_answer(fault, faults_.retry_after_s, weight_.limit(), now_ms);
  } else if (fault != 0) {
    answer = html_answer(fault);
  } else if (question.method != "GET") {
    answer = html_answer(405);
  } else {
    answer = answer_path(path, parameters, now_ms);
  }
  answer.fields.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(verdict.used));
  answer.delay_ms = faults_.rest_delay_ms.at(now_ms);
  answer.is_cut = random_.chance(faults_.rest_cut.at(now_ms));
  ++ledger_.rest_statuses[answer.status];
  return answer;
}

HttpAnswer RestApi::answer_path(const std::string& path, const Parameters& parameters, std::int64_t now_ms) {
  if (path == "/api/v3/ping") return {200, "{}"};
  if (path == "/api/v3/time") return {200, fmt::format(R"({{"serverTime":{}}})", now_ms)};
  if (path == "/api/v3/exchangeInfo") return exchange_info(parameters, now_ms);
  if (path == "/api/v3/aggTrades") return agg_trades(parameters, now_ms);
  ledger_.violation("unknown_path", path, now_ms);
  return html_answer(404);
}

HttpAnswer RestApi::refuse(int code, const std::string& message, std::int64_t now_ms) {
  ledger_.violation("refused_request", message, now_ms);
  return error_answer(400, code, message);
}

HttpAnswer RestApi::exchange_info(const Parameters& parameters, std::int64_t now_ms) {
  ListingFilter filter;
  for (const auto& [name, value] : parameters) {
    if (name == "symbolStatus") {
      filter.status = value;
    } else if (name == "permissions") {
      filter.permissions = strings_of(value);
    } else if (name == "showPermissionSets") {
      filter.shows_permission_sets = value != "false";
    } else if (name == "symbol" || name == "symbols") {
      filter.symbols = strings_of(value);
    } else {
      return refuse(-1104, "Not all sent parameters were read; unknown '" + name + "'.", now_ms);
    }
  }
  for (const std::string& symbol : filter.symbols) {
    if (listings_.find(symbol) == nullptr) return refuse(-1121, "Invalid symbol.", now_ms);
  }
  return {200, listings_.exchange_info(filter, now_ms, weight_.limit())};
}

HttpAnswer RestApi::agg_trades(const Parameters& parameters, std::int64_t now_ms) {
  static const std::set<std::string> kKnown{"symbol", "fromId", "startTime", "endTime", "limit"};
  std::size_t read = 0;
  for (const auto& [name, value] : parameters) read += kKnown.count(name);
  if (read != parameters.size()) {
    return refuse(-1104,
                  fmt::format("Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.", read,
                              parameters.size()),
                  now_ms);
  }
  const auto symbol = parameters.find("symbol");
  if (symbol == parameters.end() || symbol->second.empty()) {
    return refuse(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.", now_ms);
  }
  Wanted wanted;
  if (!read_number(parameters, "fromId", wanted.from_id) || !read_number(parameters, "startTime", wanted.start_time) ||
      !read_number(parameters, "endTime", wanted.end_time) || !read_number(parameters, "limit", wanted.limit)) {
    return refuse(-1100, "Illegal characters found in a parameter.", now_ms);
  }
  if (wanted.limit.there && (wanted.limit.value == 0 || wanted.limit.value > kMostLimit)) {
    return refuse(-1130, "Data sent for parameter 'limit' is not valid.", now_ms);
  }
  if (wanted.from_id.there && (wanted.start_time.there || wanted.end_time.there)) {
    return refuse(-1128, "Combination of optional parameters invalid.", now_ms);
  }
  if (listings_.find(symbol->second) == nullptr) return refuse(-1121, "Invalid symbol.", now_ms);
  const std::size_t* number = market_.find(symbol->second);
  if (number == nullptr) return {200, "[]"};  // on BREAK

  const Trades& trades = market_.trades(*number);
  const std::int64_t known_until_ms = now_ms - faults_.rest_lag_ms.at(now_ms);
  const auto known =
      std::upper_bound(trades.begin(), trades.end(), known_until_ms,
                       [](std::int64_t time_ms, const AggTrade& trade) { return time_ms < trade.published_ms; });
  auto [first, end] = wanted_range(trades, static_cast<std::size_t>(known - trades.begin()), wanted);
  std::string json;
  for (std::size_t i = first; i < end; ++i) {
    const auto refused = std::find_if(faults_.refused_ids.begin(), faults_.refused_ids.end(),
                                      [&, id = trades[i].id](const RefusedIds& ids) {
                                        return ids.symbol == symbol->second && ids.from <= id && id <= ids.to;
                                      });
    if (refused != faults_.refused_ids.end()) {
      if (refused->how == RefusedIds::How::omit) continue;
      ++ledger_.refused_ids;
      if (!json.empty() || refused->how == RefusedIds::How::empty) break;
      return error_answer(400, -1100, "The trades from this id on are not available.");
    }
    json += json.empty() ? '[' : ',';
    json += element_json(trades[i]);
  }
  return {200, json.empty() ? "[]" : json + "]"};
}

}  // namespace streamd::exchange
