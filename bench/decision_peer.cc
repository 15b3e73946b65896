// How long a decision takes: decision_peer DAEMON_PORT SINK_PORT RATE SECONDS
// Is the peer of the daemon's TCP sink, and sends it so many trades a second, evenly. Prints the time from just before the
// line that closes a bar was handed to the kernel to the moment at which the bar's decision was read: a little more than
// what it takes the daemon. One source sends all, so the first line of a second closes the second before it for all symbols.
// The first two seconds, in which everything is touched for the first time, are told apart.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/children.h"
#include "bench/failure.h"
#include "bench/loopback.h"
#include "bench/steady_trades.h"

namespace {

using namespace streamd::bench;

constexpr std::int64_t kWarmUpSeconds = 2;

int accept_daemon(const char* port) {
  const int listener = checked(::socket(AF_INET, SOCK_STREAM, 0), "make a socket");
  const int on = 1;
  checked(::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "set an option");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "bind");
  checked(::listen(listener, 1), "listen");
  const int fd = checked(::accept(listener, nullptr, nullptr), "accept");
  ::close(listener);
  return fd;
}

struct Arrival {
  std::int64_t second;
  double read_s;
};

// Until the daemon closes the connection.
std::vector<Arrival> read_decisions(int fd) {
  constexpr std::string_view kBegin = "{\"timestamp\":";
  std::vector<Arrival> arrivals;
  std::string text;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return arrivals;
    const double read_s = now_s();
    text.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      if (!line.starts_with(kBegin)) fail("the daemon sent: {}", line);
      arrivals.push_back({std::strtoll(line.data() + kBegin.size(), nullptr, 10) / 1000, read_s});
    }
    text.erase(0, begin);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("decision_peer DAEMON_PORT SINK_PORT RATE SECONDS");
  const int sink = accept_daemon(argv[2]);
  std::vector<Arrival> arrivals;
  std::thread reader([&] { arrivals = read_decisions(sink); });
  const SteadyTrades sent = send_steadily(connect_loopback(argv[1]), std::atof(argv[3]), std::atof(argv[4]));
  const auto& first_sent_s = sent.first_sent_s;
  fmt::print("sent {:.0f} lines/s; ", sent.lines_per_s);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ::shutdown(sink, SHUT_RDWR);
  reader.join();
  std::vector<double> latencies_s;
  double warm_up_s = 0;
  for (const Arrival& arrival : arrivals) {
    const auto closing = first_sent_s.find(arrival.second + 1);
    if (closing == first_sent_s.end()) continue;
    const double latency_s = arrival.read_s - closing->second;
    if (arrival.second < first_sent_s.begin()->first + kWarmUpSeconds) {
      warm_up_s = std::max(warm_up_s, latency_s);
    } else {
      latencies_s.push_back(latency_s);
    }
  }
  if (latencies_s.empty()) fail("no decision came");
  std::sort(latencies_s.begin(), latencies_s.end());
  const auto at = [&](double share) {
    return latencies_s[static_cast<std::size_t>(share * static_cast<double>(latencies_s.size() - 1))] * 1e3;
  };
  fmt::print("count {} p50 {:.4f} p99 {:.4f} max {:.4f} ms, in the first seconds at most {:.4f} ms\n", latencies_s.size(), at(0.5),
             at(0.99), at(1), warm_up_s * 1e3);
  return 0;
}
