#include "support/paths.h"
#include "system/daemon_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <sstream>
#include <stdexcept>
#include <string_view>

namespace streamd {
namespace {

// "name=n name=n" behind `title` in the last line that has it.
std::map<std::string, std::uint64_t> counts_behind(const std::string& title, const std::string& log) {
  std::map<std::string, std::uint64_t> counts;
  const std::size_t start = log.rfind(title);
  if (start == std::string::npos) return counts;
  std::istringstream fields(log.substr(start + title.size(), log.find('\n', start) - start - title.size()));
  for (std::string field; fields >> field;) {
    const std::size_t equals = field.rfind('=');
    if (equals == std::string::npos) throw std::runtime_error("not name=number: " + field);
    counts[field.substr(0, equals)] = std::stoull(field.substr(equals + 1));
  }
  return counts;
}

// Of the address in the first line of the log that has `title`; nothing while it is not whole: a line may be written in
// two pieces.
std::optional<std::uint16_t> port_behind(std::string_view title, const std::string& log) {
  const std::size_t start = log.find(title);
  const std::size_t end = start == std::string::npos ? start : log.find('\n', start);
  if (end == std::string::npos) return std::nullopt;
  const std::string line = log.substr(start, end - start);
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

Arguments joined(Arguments first, const Arguments& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

}  // namespace

std::string daemon_path() {
  return program_path("stream_daemon");
}

std::string faulty_daemon_path() {
  return STREAMD_FAULTY_DAEMON;
}

std::uint64_t Account::operator[](const std::string& name) const {
  const auto found = counts_.find(name);
  if (found == counts_.end()) throw std::runtime_error("the account has no " + name);
  return found->second;
}

bool Account::is_closed() const {
  std::uint64_t by_reason = 0;
  for (const auto& [reason, count] : rejected_) by_reason += count;
  const Account& self = *this;
  return by_reason == self["rejected"] &&
         self["lines"] == self["trades"] + self["ohlc"] + self["control"] + self["rejected"] + self["duplicates"];
}

DaemonProcess::DaemonProcess(const TempFolder& folder, const Arguments& arguments)
    : Process(joined({daemon_path()}, arguments), folder.path()) {}

DaemonProcess::DaemonProcess(const TempFolder& folder, const Arguments& arguments, const std::string& crash_at)
    : Process(joined({faulty_daemon_path()}, arguments), folder.path(), Input::none, {"STREAMD_CRASH_AT=" + crash_at}) {
}

DaemonProcess::DaemonProcess(const TempFolder& folder, const Arguments& arguments, const WithBug& bug)
    : Process(joined({faulty_daemon_path()}, arguments), folder.path(), Input::none, {"STREAMD_BUG=" + bug.name}) {}

DaemonProcess::DaemonProcess(const TempFolder& folder, const Arguments& arguments, const OutputTo& output)
    : Process(joined({"bash", "-c", "exec \"$0\" \"$@\" >" + output.path, daemon_path()}, arguments), folder.path()) {}

std::uint16_t DaemonProcess::port() {
  std::optional<std::uint16_t> port;
  eventually([&] { return (port = port_by_now()) || !is_running(); });
  if (!port) throw std::runtime_error("the daemon does not listen: " + errors());
  return *port;
}

std::optional<std::uint16_t> DaemonProcess::port_by_now() const { return port_behind("listening on ", errors()); }

std::uint16_t DaemonProcess::metrics_port() {
  std::optional<std::uint16_t> port;
  eventually([&] { return (port = port_behind("metrics on http://", errors())) || !is_running(); });
  if (!port) throw std::runtime_error("the daemon does not serve its figures: " + errors());
  return *port;
}

int DaemonProcess::stop() {
  signal(SIGTERM);
  return wait_exit();
}

int DaemonProcess::wait_exit(milliseconds limit) {
  const auto code = wait(limit);
  if (!code) ADD_FAILURE() << "the daemon did not end";
  return code.value_or(-1);
}

Account DaemonProcess::account() const {
  const std::string log = errors();
  auto counts = counts_behind(" done: ", log);
  if (counts.empty()) throw std::runtime_error("the log has no account");
  return {std::move(counts), counts_behind(" rejected by reason: ", log)};
}

Arguments listening(const Arguments& more) {
  return joined({"--host", "127.0.0.1", "--port", "0", "--db", "bars.duckdb"}, more);
}

Arguments replaying(const Arguments& more) {
  return joined({"--no-listen", "--exit-at-eof", "--db", "bars.duckdb"}, more);
}

Arguments following(const std::string& path, const Arguments& more) {
  return joined({"--no-listen", "--tail", path, "--tail-follow", "--db", "bars.duckdb", "--flush-interval", "0.05"},
                more);
}

}  // namespace streamd
