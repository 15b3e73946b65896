#include "system/mixed_lines.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "wire/reject.h"

namespace streamd {
namespace {

constexpr std::int64_t kStartSecond = 1'700'000'000;

std::string json_string(const std::string& text) {
  return "\"" + text + "\"";
}

double value_of(const std::string& json) {
  return std::strtod(json.c_str() + (json.front() == '"' ? 1 : 0), nullptr);
}

}  // namespace

MixedLines::MixedLines(std::uint64_t seed, std::vector<std::string> symbols, std::string source_file, BarOracle& oracle)
    : random_(seed), symbols_(std::move(symbols)), source_file_(std::move(source_file)), oracle_(oracle) {}

// Those of data lines: the others are of control lines, of producers and of whole connections.
std::vector<std::string> MixedLines::reasons() {
  static constexpr std::string_view kOthers[] = {"unauthorized",    "missing_field:producer", "missing_field:id",
                                                 "bad_field:label", "bad_field:producer",     "bad_field:session",
                                                 "bad_field:token", "bad_field:ack",          "bad_field:id",
                                                 "bad_field:seq",   "too_many_producers"};
  std::vector<std::string> reasons;
  for (std::string_view reason : kRejectTexts) {
    if (std::find(std::begin(kOthers), std::end(kOthers), reason) == std::end(kOthers)) reasons.emplace_back(reason);
  }
  return reasons;
}

void MixedLines::add_prelude() {
  for (const std::string& symbol : symbols_) {
    add_line(json_of({{"type", "\"trade\""},
                      {"symbol", json_string(symbol)},
                      {"ts_ms", "1699999990000"},
                      {"price", "1"},
                      {"qty", "2"}},
                     true));
    ++trades_;
    oracle_.add_trade(symbol, 1'699'999'990'000, 1, 2, source_file_.empty() ? "live:" + symbol : source_file_);
  }
}

void MixedLines::add(std::size_t lines, double bad_share) {
  for (std::size_t i = 0; i < lines; ++i) {
    if (below(200) == 0) add_blank();
    if (below(1'000'000) < static_cast<std::uint64_t>(bad_share * 1e6)) {
      add_bad();
    } else {
      add_good();
    }
  }
}

void MixedLines::add_torn_end() {
  const std::string line = "{\"type\":\"trade\",\"symbol\":\"" + symbols_[0] + "\",\"ts_ms\":17000";
  rejected_.push_back({text_.size(), "invalid_json", line});
  text_ += line;
}

void MixedLines::add_line(const std::string& line) {
  text_ += line + "\n";
}

void MixedLines::add_blank() {
  static constexpr const char* kBlanks[] = {"", " ", "\r", "\t \r", "        "};
  add_line(pick(kBlanks));
}

// Time goes on with the lines, 1000 of them a second; some are early, some very late.
MixedLines::Fields MixedLines::trade_fields() {
  std::int64_t ts_ms = kStartSecond * 1000 + static_cast<std::int64_t>(lines()) + static_cast<std::int64_t>(below(50));
  if (below(20) == 0) ts_ms -= static_cast<std::int64_t>(below(below(10) == 0 ? 100'000 : 2'000));
  std::string price = std::to_string(90 + below(20)) + "." + std::to_string(below(1'000'000));
  std::string quantity = std::to_string(below(10)) + "." + std::to_string(100 + below(900));
  if (below(30) == 0) price = "-" + price;
  if (below(50) == 0) price = json_string(price);
  if (below(50) == 0) quantity = json_string(quantity);
  if (below(100) == 0) quantity = std::to_string(1 + below(9)) + "e-3";
  if (below(100) == 0) price = "1.5E+2";
  return {{"type", "\"trade\""},
          {"symbol", json_string(symbols_[below(symbols_.size())])},
          {"ts_ms", std::to_string(ts_ms)},
          {"price", price},
          {"qty", quantity}};
}

MixedLines::Fields MixedLines::bar_fields() {
  const std::int64_t second =
      kStartSecond + static_cast<std::int64_t>(lines() / 1000) - static_cast<std::int64_t>(below(3));
  const auto price = [&](std::uint64_t low) {
    return std::to_string(low + below(10)) + "." + std::to_string(below(100));
  };
  Fields fields = {{"type", "\"ohlc1s\""},
                   {"symbol", json_string(symbols_[below(symbols_.size())])},
                   {"ts_ms", std::to_string(second * 1000)},
                   {"open", price(50)},
                   {"high", price(70)},
                   {"low", price(30)},
                   {"close", price(50)},
                   {"volume", price(0)}};
  if (below(4) != 0) fields.emplace_back("trades", std::to_string(below(100)));
  return fields;
}

// As the contract writes it, or in another order, with more members and white space.
std::string MixedLines::json_of(const Fields& fields, bool canonical) {
  std::string json = "{";
  const std::size_t first = canonical ? 0 : below(fields.size());
  const std::string space = canonical ? "" : std::string(below(3), ' ');
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [name, value] = fields[(first + i) % fields.size()];
    json += (i == 0 ? "" : ",") + space + json_string(name) + ":" + space + value;
  }
  if (!canonical && below(2) == 0) json += ",\"id\":{\"a\":[1,\"]}\",null],\"price\":7}";
  return json + "}" + (!canonical && below(3) == 0 ? "\r" : "");
}

void MixedLines::add_good() {
  const bool is_bar = below(30) == 0;
  Fields fields = is_bar ? bar_fields() : trade_fields();
  const std::string symbol = fields[1].second.substr(1, fields[1].second.size() - 2);
  const std::string source_file = source_file_.empty() ? "live:" + symbol : source_file_;
  const std::int64_t ts_ms = std::stoll(fields[2].second);
  if (is_bar) {
    ++bars_;
    oracle_.add_line({symbol, ts_ms * 1000, value_of(fields[3].second), value_of(fields[4].second),
                      value_of(fields[5].second), value_of(fields[6].second), value_of(fields[7].second),
                      fields.size() > 8 ? std::stoll(fields[8].second) : 0, source_file});
    if (below(5) == 0) fields.emplace_back("partial", "false");
  } else {
    ++trades_;
    oracle_.add_trade(symbol, ts_ms, value_of(fields[3].second), value_of(fields[4].second), source_file);
  }
  add_line(json_of(fields, below(20) != 0));
}

void MixedLines::add_bad() {
  static const std::vector<std::string> kReasons = reasons();
  const std::string& reason = kReasons[below(kReasons.size())];
  const std::string line = bad_line(reason);
  rejected_.push_back({text_.size(), reason, line});
  add_line(line);
}

std::string MixedLines::bad_line(const std::string& reason) {
  const std::size_t colon = reason.find(':');
  const std::string name = colon == std::string::npos ? "" : reason.substr(colon + 1);
  const bool of_trade = name == "price" || name == "qty" || ((name == "symbol" || name == "ts_ms") && below(2) == 0) ||
                        (reason == "too_many_symbols" && below(2) == 0);
  Fields fields = of_trade ? trade_fields() : bar_fields();
  const auto member = [&](const std::string& wanted) -> std::string& {
    for (auto& [key, value] : fields) {
      if (key == wanted) return value;
    }
    return fields.emplace_back(wanted, "").second;
  };
  const bool canonical = below(2) == 0;
  if (reason.starts_with("missing_field")) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  } else if (reason.starts_with("bad_field")) {
    member(name) = bad_value(name);
    if (name == "ts_ms" && !of_trade && below(3) == 0)
      member(name) = std::to_string(kStartSecond * 1000 + 1 + below(999));
  } else if (reason == "too_many_symbols") {
    member("symbol") = json_string("unheard-of-" + std::to_string(below(1000)));
  } else if (reason == "unknown_type") {
    static constexpr const char* kTypes[] = {"\"tick\"", "\"\"", "\"Trade\"", "5", "null", "[\"trade\"]"};
    member("type") = pick(kTypes);
    if (below(3) == 0) std::erase_if(fields, [](const auto& field) { return field.first == "type"; });
  } else if (reason == "inconsistent_bar") {
    switch (below(5)) {
      case 0:
        member("high") = "49.9";
        break;
      case 1:
        member("low") = "61";
        break;
      case 2:
        member("volume") = "-0.5";
        break;
      case 3:
        member("trades") = "-1";
        break;
      default:
        std::swap(member("high"), member("low"));
    }
  } else if (reason == "line_too_long") {
    return too_long_line();
  } else {
    static constexpr const char* kNotJson[] = {
        "hello",
        "[1,2]",
        "\"trade\"",
        "{\"type\":\"trade\",\"symbol\":",
        "{} {}",
        "{\"price\":01}",
        "{'type':'trade'}",
        "\x01",
        "{\"type\":\"trade\",\"symbol\":\"\xff\xfe\",\"ts_ms\":1,\"price\":1,\"qty\":1}",
        "\xc3",
        "nul",
        "{\"a\":\"\t\"}",
        "{\"type\":\"trade\",\"symbol\":\"\xed\xa0\x80\",\"ts_ms\":1,\"price\":1,\"qty\":1}",
        "{\"price\":NaN}",
        "\\",
        "\"",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "12"};
    std::string line = pick(kNotJson);
    if (below(10) == 0) line += std::string(1, '\0') + "x";
    return line;
  }
  return json_of(fields, canonical);
}

std::string MixedLines::bad_value(const std::string& name) {
  static constexpr const char* kNotANumber[] = {"null",     "true",    "\"abc\"",    "\"\"", "\"1.5x\"",
                                                "\" 1\"",   "1e999",   "\"-1e999\"", "{}",   "[1]",
                                                "\"0x10\"", "\"NaN\"", "\"1,5\""};
  static constexpr const char* kNotATime[] = {"null",  "\"1700000000000\"", "1700000000000.5",
                                              "-1000", "253402300800000",   "99999999999999999999",
                                              "{}",    "253402300799000",   "4102444800000"};
  static constexpr const char* kNotASymbol[] = {
      "\"\"",          "5",
      "null",          "[\"BTC\"]",
      "\"a\\u0000b\"", "\"a\\nb\"",
      "\"\\u0085\"",   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""};
  static constexpr const char* kNotACount[] = {"1.5", "\"4\"", "null", "true", "[]", "99999999999999999999"};
  static constexpr const char* kNotFalse[] = {"true", "null", "0", "\"false\""};
  if (name == "symbol") return pick(kNotASymbol);
  if (name == "ts_ms") return pick(kNotATime);
  if (name == "trades") return pick(kNotACount);
  if (name == "partial") return pick(kNotFalse);
  if (name == "qty" && below(3) == 0) return below(2) == 0 ? "-0.001" : "\"-5\"";
  return pick(kNotANumber);
}

// Mostly just too long; a few are longer than any buffer. Whole JSON or any bytes.
std::string MixedLines::too_long_line() {
  const bool huge = long_lines_++ % 100 == 50;
  const std::size_t size = huge ? 300'000 + below(500'000) : kMaxLineBytes + 1 + below(below(2) == 0 ? 2 : 9'000);
  std::string line = "{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":1700000000000,\"price\":1,\"qty\":1,\"note\":\"";
  const std::string filler = below(2) == 0 ? "\xc3\xa9" : below(2) == 0 ? "\xff\\" : "n";
  while (line.size() < size) line += filler;
  return line + "\"}";
}

}  // namespace streamd
