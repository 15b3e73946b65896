#include "wire/ndjson_writer.h"

#include <fmt/compile.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstring>

#include "wire/json_text.h"

namespace streamd {
namespace {

constexpr std::string_view kNull = "null";

// Pieces of a line whose lengths are bounded, gathered before they go to the string at once.
class Piece {
 public:
  template <std::size_t N>
  Piece& text(const char (&constant)[N]) {
    std::memcpy(end_, constant, N - 1);
    end_ += N - 1;
    return *this;
  }
  Piece& text(std::string_view bounded) {
    std::memcpy(end_, bounded.data(), bounded.size());
    end_ += bounded.size();
    return *this;
  }
  Piece& integer(std::integral auto value) {
    end_ = std::to_chars(end_, std::end(bytes_), value).ptr;
    return *this;
  }
  // Not std::to_chars: it writes 100000 as 1e+05.
  Piece& number(double value) {
    const auto whole = static_cast<std::int64_t>(value > -kWholeBelow && value < kWholeBelow ? value : 0);
    if (whole != 0 && static_cast<double>(whole) == value) return integer(whole);
    if (!std::isfinite(value)) return text("null");  // a product of huge prices
    end_ = fmt::format_to(end_, FMT_COMPILE("{}"), value);
    return *this;
  }
  Piece& boolean(bool value) { return value ? text("true") : text("false"); }

  void append_to(std::string& out) {
    out.append(bytes_, static_cast<std::size_t>(end_ - bytes_));
    end_ = bytes_;
  }

 private:
  static constexpr double kWholeBelow = 1e15;  // from 1e16 on, texts have exponents

  char bytes_[512];  // the longest is 350
  char* end_ = bytes_;
};

std::string_view value_or_null(const std::string& json) { return json.empty() ? kNull : std::string_view(json); }

}  // namespace

void DecisionLineWriter::set_context(const DecisionContext& context) {
  const GateVerdict& gate = context.gate;
  context_json_ = R"(,"phase6_gate":{"open":)";
  context_json_.append(gate.open ? "true" : "false").append(R"(,"source":)");
  if (gate.source.empty()) {
    context_json_.append(kNull);
  } else {
    append_json_string(context_json_, gate.source);
  }
  context_json_.append(R"(,"allowed_slip_bps":)");
  if (gate.allowed_slip_bps) {
    Piece().number(*gate.allowed_slip_bps).append_to(context_json_);
  } else {
    context_json_.append(kNull);
  }
  context_json_.append(R"(,"reason":)").append(value_or_null(gate.reason_json));
  context_json_.append(R"(,"timestamp":)").append(value_or_null(gate.timestamp_json)).append("}");

  run_json_ = R"(,"run_id":)";
  append_json_string(run_json_, context.run_id);
  run_json_.append(R"(,"source":"stream_daemon"})").append("\n");
}

void DecisionLineWriter::append(std::string& out, const Decision& decision, std::string_view symbol_json) const {
  const Intent& intent = decision.allowed;
  Piece piece;
  piece.text(R"({"timestamp":)").integer(start_ms(decision.second)).text(R"(,"symbol":)").append_to(out);
  out.append(symbol_json);
  piece.text(R"(,"close":)").number(decision.close);
  piece.text(R"(,"state":)").integer(static_cast<int>(decision.state));
  piece.text(R"(,"direction":)").integer(intent.direction);
  piece.text(R"(,"target_exposure":)").number(intent.target_exposure);
  piece.text(R"(,"urgency":)").number(intent.urgency);
  piece.text(R"(,"hold":)").boolean(intent.hold);
  piece.text(R"(,"actionability":)").number(intent.actionability);
  piece.text(R"(,"reason":")").text(reason_text(intent.reason));  // none has anything to escape
  piece.text(R"(","gate_open":)").boolean(decision.gate_open);
  piece.text(R"(,"posture":")").text(posture_name(decision.posture)).text(R"(")").append_to(out);
  out.append(context_json_);
  piece.text(R"(,"cost":)").number(decision.cost).append_to(out);
  out.append(run_json_);
}

void append_bar_line(std::string& out, const BarNotice& bar, std::string_view symbol_json) {
  const Ohlcv& values = bar.values;
  Piece piece;
  piece.text(R"({"type":"ohlc1s","symbol":)").append_to(out);
  out.append(symbol_json);
  piece.text(R"(,"ts_ms":)").integer(start_ms(bar.second));
  piece.text(R"(,"open":)").number(values.open).text(R"(,"high":)").number(values.high);
  piece.text(R"(,"low":)").number(values.low).text(R"(,"close":)").number(values.close);
  piece.text(R"(,"volume":)").number(values.volume).text(R"(,"trades":)").integer(values.trades);
  piece.text(R"(,"revision":)").integer(bar.revision);
  if (bar.is_partial) piece.text(R"(,"partial":true)");
  piece.text("}\n").append_to(out);
}

}  // namespace streamd
