// How long a decision takes: decision_peer MARKS_FILE
// Is the peer of a daemon's TCP sink until the daemon closes. Then reads when the first line of each second was sent
// (as stream_daemon_test --marks has it) and prints the time from just before the line that closes a bar was handed to
// the kernel to the moment at which the bar's decision was read: a little more than what it takes the daemon. One
// source sends all, so the first line of a second closes the second before it for all symbols. The first two seconds,
// in which everything is touched for the first time, are told apart.
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/failure.h"
#include "bench/loopback.h"

namespace {

using namespace streamd::bench;

constexpr std::int64_t kWarmUpSeconds = 2;

struct Arrival {
  std::int64_t second;
  std::int64_t read_us;  // wall clock, as in the marks
};

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Until the daemon closes the connection.
std::vector<Arrival> read_decisions(int fd) {
  constexpr std::string_view kBegin = "{\"timestamp\":";
  std::vector<Arrival> arrivals;
  std::string text;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return arrivals;
    const std::int64_t read_us = wall_us();
    text.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      if (!line.starts_with(kBegin)) fail("the daemon sent: {}", line);
      arrivals.push_back({std::strtoll(line.data() + kBegin.size(), nullptr, 10) / 1000, read_us});
    }
    text.erase(0, begin);
  }
}

// Of each second: when its first line was sent.
std::map<std::int64_t, std::int64_t> read_marks(const char* path) {
  std::map<std::int64_t, std::int64_t> marks;
  std::ifstream file(path);
  for (std::int64_t second_ms, sent_us; file >> second_ms >> sent_us;) marks.emplace(second_ms / 1000, sent_us);
  if (marks.empty()) fail("there are no marks in {}", path);
  return marks;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) fail("decision_peer MARKS_FILE");
  const int sink = accept_loopback();
  fmt::print("connected\n");
  std::fflush(stdout);
  const std::vector<Arrival> arrivals = read_decisions(sink);
  const auto first_sent_us = read_marks(argv[1]);
  std::vector<double> latencies_ms;
  double warm_up_ms = 0;
  for (const Arrival& arrival : arrivals) {
    const auto closing = first_sent_us.find(arrival.second + 1);
    if (closing == first_sent_us.end()) continue;
    const double latency_ms = static_cast<double>(arrival.read_us - closing->second) / 1e3;
    if (arrival.second < first_sent_us.begin()->first + kWarmUpSeconds) {
      warm_up_ms = std::max(warm_up_ms, latency_ms);
    } else {
      latencies_ms.push_back(latency_ms);
    }
  }
  if (latencies_ms.empty()) fail("no decision came");
  std::sort(latencies_ms.begin(), latencies_ms.end());
  const auto at = [&](double share) {
    return latencies_ms[static_cast<std::size_t>(share * static_cast<double>(latencies_ms.size() - 1))];
  };
  fmt::print("count {} p50 {:.4f} p99 {:.4f} max {:.4f} ms, in the first seconds at most {:.4f} ms\n",
             latencies_ms.size(), at(0.5), at(0.99), at(1), warm_up_ms);
  return 0;
}
