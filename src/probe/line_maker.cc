#include "probe/line_maker.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "probe/bad_lines.h"
#include "probe/unacked_lines.h"

namespace streamd::probe {
namespace {

constexpr std::int64_t kCentsPerUnit = 100;
constexpr std::int64_t kMinCents = 1'00;
constexpr std::int64_t kMaxCents = 99'999'99;
constexpr std::uint32_t kMostStep = 8;           // cents, each way
constexpr std::uint32_t kMostEighths = 80;       // of a quantity
constexpr std::size_t kMaxNumberBytes = 20;
constexpr std::size_t kMaxFieldsBytes = 256;     // what follows a line's beginning
constexpr std::size_t kMaxBadBytes = 256;
constexpr std::array<std::string_view, 8> kEighths = {".000", ".125", ".250", ".375", ".500", ".625", ".750", ".875"};

char* append(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* append(char* at, std::int64_t number) { return std::to_chars(at, at + kMaxNumberBytes, number).ptr; }

char* append_cents(char* at, std::int64_t cents) {
  at = append(at, cents / kCentsPerUnit);
  const std::int64_t rest = cents % kCentsPerUnit;
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 10);
  *at++ = static_cast<char>('0' + rest % 10);
  return at;
}

char* append_eighths(char* at, std::int64_t eighths) {
  return append(append(at, eighths / 8), kEighths[static_cast<std::size_t>(eighths % 8)]);
}

std::string begin_of_lines(LineMode mode, const std::string& symbol) {
  const char* type = mode == LineMode::trade ? "trade" : "ohlc1s";
  return std::string("{\"type\":\"") + type + "\",\"symbol\":\"" + symbol + "\",\"ts_ms\":";
}

}  // namespace

LineMaker::LineMaker(const LoadOptions& options, std::size_t connection)
    : mode_(options.mode),
      disorder_(options.disorder),
      bad_share_(options.bad),
      numbered_(options.ack || options.numbered),
      random_(options.seed * options.connections + connection),
      max_line_bytes_(kMaxBadBytes),
      rows_((options.symbols.size() - connection + options.connections - 1) / options.connections, options.keeps_bars) {
  for (std::size_t i = connection; i < options.symbols.size(); i += options.connections) {
    names_.push_back(options.symbols[i]);
    symbols_.push_back({begin_of_lines(mode_, names_.back()), kMinCents + random_.below(kMaxCents / 2)});
    max_line_bytes_ = std::max(max_line_bytes_, symbols_.back().begin.size() + kMaxFieldsBytes);
  }
}

void LineMaker::walk(Symbol& symbol) {
  symbol.cents += static_cast<std::int64_t>(random_.below(2 * kMostStep + 1)) - kMostStep;
  symbol.cents = std::clamp(symbol.cents, kMinCents, kMaxCents);
}

char* LineMaker::append_end(char* at) {
  ++seq_;
  if (numbered_) at = append(append(at, UnackedLines::kNumberKey), static_cast<std::int64_t>(seq_));
  return append(at, "}\n");
}

char* LineMaker::append_trade(char* at, std::uint32_t number, std::int64_t time_ms) {
  Symbol& symbol = symbols_[number];
  walk(symbol);
  const std::int64_t eighths = 1 + random_.below(kMostEighths);
  rows_.add_trade(number, time_ms, symbol.cents, eighths);
  at = append(append(at, symbol.begin), time_ms);
  at = append_cents(append(at, ",\"price\":"), symbol.cents);
  at = append_eighths(append(at, ",\"qty\":"), eighths);
  return append_end(at);
}

char* LineMaker::append_bar(char* at, std::uint32_t number, std::int64_t second) {
  Symbol& symbol = symbols_[number];
  ExpectedBar bar;
  bar.open_cents = symbol.cents;
  walk(symbol);
  bar.close_cents = symbol.cents;
  bar.high_cents = std::max(bar.open_cents, bar.close_cents) + random_.below(kMostStep);
  bar.low_cents = std::min(bar.open_cents, bar.close_cents) - random_.below(kMostStep);
  bar.volume_eighths = random_.below(100 * kMostEighths);
  bar.trades = 1 + random_.below(100);
  rows_.set_bar(number, second, bar);
  at = append(append(at, symbol.begin), second * 1000);
  at = append_cents(append(at, ",\"open\":"), bar.open_cents);
  at = append_cents(append(at, ",\"high\":"), bar.high_cents);
  at = append_cents(append(at, ",\"low\":"), bar.low_cents);
  at = append_cents(append(at, ",\"close\":"), bar.close_cents);
  at = append_eighths(append(at, ",\"volume\":"), bar.volume_eighths);
  at = append(append(at, ",\"trades\":"), bar.trades);
  return append_end(at);
}

std::int64_t LineMaker::late_time(std::int64_t time_ms, std::int64_t least_ms) {
  if (!random_.chance(disorder_)) return time_ms;
  return std::max(least_ms, time_ms - static_cast<std::int64_t>(random_.below(kMaxLateMs + 1)));
}

void LineMaker::make(LineBuffer& out, std::uint64_t count, std::int64_t time_ms, std::int64_t least_ms) {
  const std::size_t room = out.size + count * max_line_bytes_;
  if (out.bytes.size() < room) out.bytes.resize(room);
  char* at = out.bytes.data() + out.size;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (random_.chance(bad_share_)) {
      at = append(at, kBadLines[random_.below(kBadLines.size())]);
      ++bad_;
      continue;
    }
    const std::int64_t line_ms = late_time(time_ms, least_ms);
    at = mode_ == LineMode::trade ? append_trade(at, next_symbol_, line_ms)
                                  : append_bar(at, next_symbol_, line_ms / 1000);
    next_symbol_ = next_symbol_ + 1 == symbols_.size() ? 0 : next_symbol_ + 1;
  }
  out.size = static_cast<std::size_t>(at - out.bytes.data());
}

}  // namespace streamd::probe
