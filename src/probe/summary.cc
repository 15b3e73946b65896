#include "probe/summary.h"

#include <fmt/format.h>

#include "wire/json_object.h"

namespace streamd::probe {
namespace {

const char* mode_name(const TestOptions& options) { return options.load.mode == LineMode::trade ? "trade" : "ohlc1s"; }

double rate_of(const LoadResult& load) {
  return load.seconds > 0 ? static_cast<double>(load.lines) / load.seconds : 0;
}

}  // namespace

std::string summary_line(const TestOptions& options, const LoadResult& load, const std::optional<Verdict>& verdict) {
  std::string line = fmt::format("sent={} mode={}", load.lines, mode_name(options));
  if (verdict) line += fmt::format(" ohlc_rows={}", verdict->bars);
  if (verdict && options.checks.decisions) {
    line += fmt::format(" state_rows={} action_rows={}", verdict->states, verdict->actions);
  }
  if (verdict && options.checks.every_value) {
    line += fmt::format(" verified={} differences={}", verdict->compared, verdict->differences);
  }
  if (options.load.bad > 0) line += fmt::format(" bad={}", load.bad);
  if (options.load.ack) {
    line += fmt::format(" ack_p50_ms={:.3f} ack_p99_ms={:.3f} ack_max_ms={:.3f} resent={} reconnects={}",
                        load.latencies.at_ms(0.5), load.latencies.at_ms(0.99), load.latencies.max_ms(), load.resent,
                        load.reconnects);
  }
  return line + fmt::format(" seconds={:.3f} rate={:.0f}", load.seconds, rate_of(load));
}

std::string summary_json(const TestOptions& options, const LoadResult& load, const std::optional<Verdict>& verdict,
                         const std::vector<std::string>& complaints) {
  JsonObject json;
  json.add("sent", load.lines);
  json.add("mode", mode_name(options));
  json.add("start_us", load.start_us);
  json.add("seconds", load.seconds);
  json.add("rate", rate_of(load));
  json.add("bytes", load.bytes);
  json.add("bad", load.bad);
  if (options.load.ack) {
    JsonObject ack;
    ack.add("lines", load.latencies.count());
    ack.add("p50", load.latencies.at_ms(0.5));
    ack.add("p90", load.latencies.at_ms(0.9));
    ack.add("p99", load.latencies.at_ms(0.99));
    ack.add("p999", load.latencies.at_ms(0.999));
    ack.add("max", load.latencies.max_ms());
    json.add_raw("ack_ms", ack.text());
    json.add("resent", load.resent);
    json.add("reconnects", load.reconnects);
  }
  if (verdict) {
    json.add("ohlc_rows", verdict->bars);
    json.add("ohlc_rows_sent", verdict->bars_sent);
    if (options.checks.decisions) {
      json.add("state_rows", verdict->states);
      json.add("action_rows", verdict->actions);
      json.add("decisions_due", verdict->decisions_due);
    }
    if (options.checks.every_value) {
      json.add("verified", verdict->compared);
      json.add("differences", verdict->differences);
    }
  }
  std::string list;
  for (const std::string& complaint : complaints) {
    list += list.empty() ? '[' : ',';
    append_json_string(list, complaint);
  }
  json.add_raw("complaints", list.empty() ? "[]" : list + ']');
  return json.text();
}

}  // namespace streamd::probe
