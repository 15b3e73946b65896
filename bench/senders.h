// What sends to a daemon over TCP: stream_daemon_test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/children.h"
#include "bench/workspace.h"

namespace streamd::bench {

// Symbols of every load, named as those of the data files (symbol_names.h).
inline constexpr std::uint32_t kLoadSymbols = 300;

// Lines of trades of all symbols in turns.
struct SentLoad {
  double rate = 0;          // lines a second, evenly; 0: as fast as they are taken
  double seconds = 0;       // how long, with the event times of the clock; 0: `lines` count
  std::uint64_t lines = 0;  // so many lines
  double span_s = 0;        // whose event times spread over so many seconds from kFirstSecond on
  enum class Form {
    plain,
    numbered,
    acked,  // numbered, as a named producer, every line acknowledged
  } form = Form::plain;
  std::string marks_file;   // empty: none
};

// 10 M trades in 600 seconds at full speed: as many bars as those of the data file of `tail`.
SentLoad main_load(const Workspace& space, SentLoad::Form form = SentLoad::Form::plain);
std::uint64_t bars_of(const SentLoad& load);

// stream_daemon_test with this load; it ends when everything is read and the connection closed, or acknowledged.
std::vector<std::string> sender_command(const Workspace& space, const SentLoad& load, const std::string& port);

// What it says of a run that is over. In seconds of now_s(): when it began, before its first line was made.
double begun_s(const Finished& sender);
double lines_per_s(const Finished& sender);
double ack_ms(const Finished& sender, std::string_view percentile);  // "p50", "p90", "p99", "p999", "max"

// Sends it all; when it began.
double send_load(const Workspace& space, const SentLoad& load, const std::string& port);

// What follows the last colon of host:port.
std::string port_of(const std::string& address);
// Waits until the daemon has started; its port.
std::string wait_for_daemon(Child& daemon);
// Of one with --metrics-port, once it has started.
std::string http_port_of(Child& daemon);

// The number behind `mark` in a program's output.
double number_behind(const std::string& output, std::string_view mark);

}  // namespace streamd::bench
