// stream_daemon as its users run it: a process of its own, known by its arguments, its log and its exit code.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "system/process.h"

namespace streamd {

using Arguments = std::vector<std::string>;

std::string daemon_path();
// The build that can be told where to die (src/base/fault.h).
std::string faulty_daemon_path();

// What the last line of the log says.
class Account {
 public:
  Account(std::map<std::string, std::uint64_t> counts, std::map<std::string, std::uint64_t> rejected)
      : counts_(std::move(counts)), rejected_(std::move(rejected)) {}
  std::uint64_t operator[](const std::string& name) const;
  // Counts by reason.
  const std::map<std::string, std::uint64_t>& rejected() const { return rejected_; }
  // lines = trades + ohlc + control + rejected + duplicates, and rejected is the sum over its reasons.
  bool is_closed() const;

 private:
  std::map<std::string, std::uint64_t> counts_;
  std::map<std::string, std::uint64_t> rejected_;
};

class DaemonProcess : public Process {
 public:
  // Nothing is added to the arguments.
  DaemonProcess(const TempFolder& folder, const Arguments& arguments);
  // The faulty build. `crash_at`: "<point>:<n>"; empty: nowhere.
  DaemonProcess(const TempFolder& folder, const Arguments& arguments, const std::string& crash_at);
  // The faulty build with that bug.
  struct WithBug {
    std::string name;
  };
  DaemonProcess(const TempFolder& folder, const Arguments& arguments, const WithBug& bug);
  // Its stdout is that file or named pipe.
  struct OutputTo {
    std::string path;
  };
  DaemonProcess(const TempFolder& folder, const Arguments& arguments, const OutputTo& output);

  // Waits until it listens.
  std::uint16_t port();
  // Nothing while it does not listen yet.
  std::optional<std::uint16_t> port_by_now() const;
  // Waits until it serves its figures there: --metrics-port.
  std::uint16_t metrics_port();
  // SIGTERM; its exit code, -1 when it does not end.
  int stop();
  int wait_exit(milliseconds limit = kPatience);
  // Of a process that has ended.
  Account account() const;
};

// On a free port of the loopback, storing in bars.duckdb.
Arguments listening(const Arguments& more = {});
// No socket, until the files are read, storing in bars.duckdb.
Arguments replaying(const Arguments& more = {});
// No socket, following one file, storing at once in bars.duckdb.
Arguments following(const std::string& path, const Arguments& more = {});

}  // namespace streamd
