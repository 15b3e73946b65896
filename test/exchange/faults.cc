#include "exchange/faults.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <functional>
#include <map>

namespace streamd::exchange {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

template <typename Number>
bool read_number(const dom::element& element, Number& number) {
  double value = 0;
  if (element.get(value) || value < 0 || value > 1e15) return false;
  number = static_cast<Number>(value);
  return true;
}

template <typename Number>
bool read_number(const dom::element& element, std::optional<Number>& number) {
  return read_number(element, number.emplace());
}

bool read_share(const dom::element& element, std::optional<double>& share) {
  return read_number(element, share) && *share <= 1;
}

// true: all.
bool read_count(const dom::element& element, std::optional<std::uint64_t>& count) {
  bool is_all = false;
  if (element.get(is_all)) return read_number(element, count);
  if (is_all) count = std::numeric_limits<std::uint64_t>::max();
  return true;
}

bool read_flag(const dom::element& element, bool& flag) {
  return !element.get(flag);
}

bool read_certificate(const dom::element& element, std::optional<CertificateFlaw>& certificate) {
  std::string_view name;
  if (element.get(name)) return false;
  certificate = certificate_flaw_of(name);
  return certificate.has_value();
}

bool read_refused_ids(const dom::element& element, std::optional<RefusedIds>& refused) {
  std::string_view symbol;
  std::string_view how = "error";
  RefusedIds ids;
  if (element["symbol"].get(symbol) || element["from"].get(ids.from) || element["to"].get(ids.to)) return false;
  if (const auto given = element["how"]; !given.error() && given.get(how)) return false;
  if (how != "error" && how != "empty" && how != "omit") return false;
  ids.symbol = symbol;
  ids.how = how == "error" ? RefusedIds::How::error : how == "empty" ? RefusedIds::How::empty : RefusedIds::How::omit;
  refused = ids;
  return true;
}

using Reader = std::function<bool(const dom::element&, FaultCommand&)>;

const std::map<std::string_view, Reader>& readers() {
  using Element = const dom::element&;
  static const std::map<std::string_view, Reader> all = {
      {"for_ms", [](Element e, FaultCommand& c) { return read_number(e, c.for_ms); }},
      {"drop_connections", [](Element e, FaultCommand& c) { return read_count(e, c.drop_connections); }},
      {"freeze", [](Element e, FaultCommand& c) { return read_count(e, c.freeze); }},
      {"rotate", [](Element e, FaultCommand& c) { return read_flag(e, c.rotate); }},
      {"server_shutdown", [](Element e, FaultCommand& c) { return read_flag(e, c.server_shutdown); }},
      {"grace_ms", [](Element e, FaultCommand& c) { return read_number(e, c.grace_ms); }},
      {"stall_ms", [](Element e, FaultCommand& c) { return read_number(e, c.stall_ms); }},
      {"refuse_connections_ms", [](Element e, FaultCommand& c) { return read_number(e, c.refuse_connections_ms); }},
      {"certificate", [](Element e, FaultCommand& c) { return read_certificate(e, c.certificate); }},
      {"refuse_ids", [](Element e, FaultCommand& c) { return read_refused_ids(e, c.refuse_ids); }},
      {"misbehave", [](Element e, FaultCommand& c) { return read_number(e, c.misbehave); }},
      {"clear", [](Element e, FaultCommand& c) { return read_flag(e, c.clear); }},
      {"skip", [](Element e, FaultCommand& c) { return read_share(e, c.skip); }},
      {"repeat", [](Element e, FaultCommand& c) { return read_share(e, c.repeat); }},
      {"reorder", [](Element e, FaultCommand& c) { return read_share(e, c.reorder); }},
      {"rest_status", [](Element e, FaultCommand& c) { return read_number(e, c.rest_status); }},
      {"retry_after_s", [](Element e, FaultCommand& c) { return read_number(e, c.retry_after_s); }},
      {"rest_cut", [](Element e, FaultCommand& c) { return read_share(e, c.rest_cut); }},
      {"rest_lag_ms", [](Element e, FaultCommand& c) { return read_number(e, c.rest_lag_ms); }},
      {"rest_delay_ms", [](Element e, FaultCommand& c) { return read_number(e, c.rest_delay_ms); }},
  };
  return all;
}

}  // namespace

Result<FaultCommand> read_fault(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(json.data(), json.size()).get(object)) return Error{"a fault is a JSON object"};
  FaultCommand command;
  for (const auto& [key, element] : object) {
    const auto reader = readers().find(key);
    if (reader == readers().end()) return Error{fmt::format("no fault is called {}", key)};
    if (!reader->second(element, command)) return Error{fmt::format("wrong value of {}", key)};
  }
  return command;
}

std::vector<std::string> FaultCommand::names() const {
  std::vector<std::string> names;
  const auto add = [&](bool is_set, const char* name) {
    if (is_set) names.emplace_back(name);
  };
  add(drop_connections.has_value(), "drop_connections");
  add(freeze.has_value(), "freeze");
  add(rotate, "rotate");
  add(server_shutdown, "server_shutdown");
  add(stall_ms.has_value(), "stall");
  add(refuse_connections_ms.has_value(), "refuse_connections");
  add(certificate.has_value(), "certificate");
  add(refuse_ids.has_value(), "refuse_ids");
  add(skip.value_or(0) > 0, "skip");
  add(repeat.value_or(0) > 0, "repeat");
  add(reorder.value_or(0) > 0, "reorder");
  if (rest_status.value_or(0) > 0) names.push_back(fmt::format("rest_status_{}", *rest_status));
  add(rest_cut.value_or(0) > 0, "rest_cut");
  add(rest_lag_ms.value_or(0) > 0, "rest_lag");
  add(rest_delay_ms.value_or(0) > 0, "rest_delay");
  return names;
}

void Faults::apply(const FaultCommand& command, std::int64_t now_ms) {
  if (command.clear) *this = {};
  const std::int64_t until_ms = command.for_ms ? now_ms + *command.for_ms : kForEver;
  const auto set = [&](auto& lasting, const auto& given) {
    if (given) lasting = {*given, until_ms};
  };
  set(skip, command.skip);
  set(repeat, command.repeat);
  set(reorder, command.reorder);
  set(rest_status, command.rest_status);
  set(rest_cut, command.rest_cut);
  set(rest_lag_ms, command.rest_lag_ms);
  set(rest_delay_ms, command.rest_delay_ms);
  if (command.rest_status) retry_after_s = command.retry_after_s;
  if (command.stall_ms) stalled_until_ms = now_ms + *command.stall_ms;
  if (command.refuse_connections_ms) refusing_until_ms = now_ms + *command.refuse_connections_ms;
  if (command.refuse_ids) refused_ids.push_back(*command.refuse_ids);
  if (command.certificate) certificate = *command.certificate;
}

}  // namespace streamd::exchange
