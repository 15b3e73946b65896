// What asks the daemon's HTTP port:
//   page_peer ask HTTP_PORT query|history SECONDS   the last 1,000 bars of random symbols, one request after another
//                                            with pauses of up to 100 ms; prints how long they took. 0 s: for ever
//   page_peer pages HTTP_PORT STREAMS        so many readers of /stream, and a client that reads what the page reads;
//                                            for ever. Prints a line when all of them read
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/children.h"
#include "bench/failure.h"
#include "bench/http_get.h"
#include "bench/loopback.h"
#include "bench/random.h"
#include "bench/symbol_names.h"

namespace {

using namespace streamd::bench;

constexpr std::uint32_t kSymbols = 300;  // those that are sent
constexpr std::uint32_t kMaxPauseMs = 100;
constexpr int kBars = 1000;
constexpr int kPageBars = 5000;  // that the page asks for at once

std::string target(const std::string& kind, const std::string& symbol, int bars) {
  if (kind == "history") return fmt::format("/history?symbol={}&limit={}", symbol, bars);
  return "/query?sql=" +
         url_text(fmt::format("SELECT * FROM ohlc_1s WHERE symbol = '{}' ORDER BY timestamp DESC LIMIT {}", symbol, bars));
}

void ask(const char* port, const std::string& kind, double seconds) {
  const auto names = symbol_names(kSymbols);
  Random random(1);
  std::vector<double> times_ms;
  int failures = 0;
  const double start_s = now_s();
  while (seconds == 0 || now_s() - start_s < seconds) {
    const double asked_s = now_s();
    const HttpAnswer answer = http_get(port, target(kind, names[random.below(kSymbols)], kBars));
    times_ms.push_back((now_s() - asked_s) * 1e3);
    failures += answer.status == 200 && answer.body.size() > kBars ? 0 : 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(kMaxPauseMs)));
  }
  std::sort(times_ms.begin(), times_ms.end());
  const auto at = [&](double share) { return times_ms[static_cast<std::size_t>(share * double(times_ms.size() - 1))]; };
  fmt::print("count {} p50 {:.2f} p90 {:.2f} p99 {:.2f} max {:.2f} ms, failed {}\n", times_ms.size(), at(0.5), at(0.9),
             at(0.99), at(1), failures);
}

// Until the daemon closes it.
void read_stream(int fd) {
  std::vector<char> buffer(256 << 10);
  while (::read(fd, buffer.data(), buffer.size()) > 0) {
  }
}

// Loads as the page does, and goes on as one who looks around.
void be_a_page(const char* port) {
  const auto names = symbol_names(kSymbols);
  Random random(2);
  http_get(port, "/history");
  for (int turn = 0;; ++turn) {
    http_get(port, target("history", names[random.below(kSymbols)], kPageBars));
    if (turn % 2 == 1) http_get(port, target("query", names[random.below(kSymbols)], kBars));
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void be_pages(const char* port, int streams) {
  std::vector<std::thread> readers;
  for (int i = 0; i <= streams; ++i) {
    const int fd = http_open(port, "/stream");
    char first = 0;
    checked(::read(fd, &first, 1), "read a stream");
    readers.emplace_back(read_stream, fd);
  }
  fmt::print("all streams are open\n");
  std::fflush(stdout);
  be_a_page(port);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string mode = arguments.empty() ? "" : arguments[0];
  if (mode == "ask" && argc == 5) {
    ask(argv[2], arguments[2], std::atof(argv[4]));
  } else if (mode == "pages" && argc == 4) {
    be_pages(argv[2], std::atoi(argv[3]));
  } else {
    fail("page_peer ask HTTP_PORT query|history SECONDS | pages HTTP_PORT STREAMS");
  }
  return 0;
}
