// Readers beside the daemon, each of one connection to its end, on a free port of the loopback:
//   socket_peer discard          throws away what it reads
//   socket_peer arrivals RATE    says how evenly so many lines a second came, the first due at a whole second
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/failure.h"
#include "bench/loopback.h"

namespace {

using namespace streamd::bench;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr double kWindowS = 0.1;

// What one read brought.
struct Arrival {
  double wall_s;
  std::uint64_t first_line;  // from 0
  std::uint64_t lines;       // whose ends came
};

double wall_s() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

template <typename OnBytes>
void read_to_end(OnBytes on_bytes) {
  const int connection = accept_loopback();
  std::vector<char> buffer(kReadBytes);
  for (int count; (count = checked(::recv(connection, buffer.data(), buffer.size(), 0), "receive")) > 0;) {
    on_bytes(buffer.data(), buffer.data() + count);
  }
}

// How far the lines of 100 ms are from what is due in them, in percent, at most. Says little of few lines.
double most_uneven(const std::vector<Arrival>& arrivals, double start_s, double rate, std::uint64_t lines) {
  std::vector<double> windows(static_cast<std::size_t>(std::lround(static_cast<double>(lines) / rate / kWindowS)));
  for (const Arrival& arrival : arrivals) {
    const auto window = static_cast<std::size_t>(std::max(0.0, arrival.wall_s - start_s) / kWindowS);
    if (window < windows.size()) windows[window] += static_cast<double>(arrival.lines);
  }
  double most = 0;
  for (const double count : windows) most = std::max(most, std::abs(count / (rate * kWindowS) - 1) * 100);
  return most;
}

void tell_arrivals(double rate) {
  std::vector<Arrival> arrivals;
  std::uint64_t lines = 0;
  read_to_end([&](const char* begin, const char* end) {
    const auto ends = static_cast<std::uint64_t>(std::count(begin, end, '\n'));
    if (ends > 0) arrivals.push_back({wall_s(), lines, ends});
    lines += ends;
  });
  if (arrivals.size() < 2) fail("too few lines came");
  const double start_s = std::floor(arrivals.front().wall_s);
  double latest_ms = 0, earliest_ms = HUGE_VAL;
  for (const Arrival& arrival : arrivals) {
    const auto off_ms = [&](std::uint64_t line) {
      return (arrival.wall_s - start_s - static_cast<double>(line) / rate) * 1e3;
    };
    latest_ms = std::max(latest_ms, off_ms(arrival.first_line));
    earliest_ms = std::min(earliest_ms, off_ms(arrival.first_line + arrival.lines - 1));
  }
  // The last line has its share of the time, too.
  const double seconds = arrivals.back().wall_s - start_s + 1 / rate;
  fmt::print("lines {} rate {:.4f} latest {:.3f} earliest {:.3f} ms, uneven {:.3f} %\n", lines,
             static_cast<double>(lines) / seconds, latest_ms, earliest_ms, most_uneven(arrivals, start_s, rate, lines));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "discard" && argc == 2) {
    read_to_end([](const char*, const char*) {});
  } else if (command == "arrivals" && argc == 3) {
    tell_arrivals(std::atof(argv[2]));
  } else {
    fail("socket_peer discard | arrivals RATE");
  }
  return 0;
}
