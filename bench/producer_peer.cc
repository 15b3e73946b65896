// A producer that wants acks:
//   producer_peer send FILE PORT LINES      sends a file of numbered lines, reads acks beside, ends with that of the last
//   producer_peer rate PORT RATE SECONDS    sends so many trades a second, evenly; prints the latency of their acks: from
//                                           the moment at which a line's piece was sent to the ack that covers it
//   producer_peer sync FOLDER BYTES         times writing so many bytes and syncing them, each millisecond, for a second
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/failure.h"

namespace {

using streamd::bench::fail;

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int checked(ssize_t result, const char* action) {
  if (result < 0) fail("cannot {}: {}", action, std::strerror(errno));
  return static_cast<int>(result);
}

class Producer {
 public:
  explicit Producer(const char* port) : fd_(checked(::socket(AF_INET, SOCK_STREAM, 0), "make a socket")) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "connect");
    const int on = 1;
    checked(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "set an option");
    const std::string_view hello = "{\"type\":\"hello\",\"producer\":\"bench\",\"ack\":true}\n";
    checked(::send(fd_, hello.data(), hello.size(), 0), "send");
    while (text_.find("welcome") == std::string::npos || text_.back() != '\n') read_text();
    text_.clear();
    checked(::fcntl(fd_, F_SETFL, O_NONBLOCK), "set an option");
  }

  // Sends what the kernel takes; reads what has come; waits for one of both up to `wait_ms`.
  std::size_t exchange(std::string_view bytes, int wait_ms) {
    pollfd poll{fd_, static_cast<short>(bytes.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    checked(::poll(&poll, 1, wait_ms), "wait");
    if ((poll.revents & POLLIN) != 0) read_text();
    if ((poll.revents & POLLOUT) == 0) return 0;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : static_cast<std::size_t>(checked(sent, "send"));
  }

  std::uint64_t acked() {
    for (std::size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1)) {
      const std::string_view line = std::string_view(text_).substr(0, end);
      constexpr std::string_view kAck = "{\"type\":\"ack\",\"seq\":";
      if (!line.starts_with(kAck)) fail("the daemon said: {}", line);
      acked_ = std::strtoull(text_.c_str() + kAck.size(), nullptr, 10);
    }
    return acked_;
  }

 private:
  void read_text() {
    char buffer[4096];
    const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (checked(count, "receive") == 0) fail("the daemon has closed the connection");
    text_.append(buffer, static_cast<std::size_t>(count));
  }

  int fd_;
  std::string text_;
  std::uint64_t acked_ = 0;
};

void send(const char* path, const char* port, std::uint64_t lines) {
  const int file = checked(::open(path, O_RDONLY | O_CLOEXEC), "open the file");
  struct stat status {};
  checked(::fstat(file, &status), "read the file");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (mapped == MAP_FAILED) fail("cannot map {}: {}", path, std::strerror(errno));
  std::string_view rest(static_cast<const char*>(mapped), size);
  Producer producer(port);
  const double first_byte_s = now_s();
  while (producer.acked() < lines) {
    rest.remove_prefix(producer.exchange(rest.substr(0, 1 << 20), 1000));
  }
  fmt::print("first byte at {:.9f}\n", first_byte_s);
}

void print_percentiles(std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) { return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))] * 1e3; };
  fmt::print("count {} p50 {:.4f} p99 {:.4f} max {:.4f} ms\n", seconds.size(), at(0.5), at(0.99), at(1));
}

void send_at_rate(const char* port, double rate, double seconds) {
  struct Piece {
    std::uint64_t last_seq;
    std::uint64_t lines;
    double sent_s;
  };
  Producer producer(port);
  const auto total = static_cast<std::uint64_t>(rate * seconds);
  const auto wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double start_s = now_s();
  std::deque<Piece> unacked;
  std::vector<double> latencies;
  latencies.reserve(total);
  std::string waiting;
  std::uint64_t made = 0;
  while (latencies.size() < total) {
    const double elapsed_s = now_s() - start_s;
    const auto due = std::min(total, static_cast<std::uint64_t>(elapsed_s * rate));
    if (due > made) {
      const std::uint64_t before = made;
      while (made < due) {
        ++made;
        fmt::format_to(std::back_inserter(waiting),
                       "{{\"type\":\"trade\",\"symbol\":\"SYM{}\",\"ts_ms\":{},\"price\":{}.25,\"qty\":0.5,\"seq\":{}}}\n",
                       made % 300, wall_ms + static_cast<std::int64_t>(elapsed_s * 1000), 100 + made % 50, made);
      }
      unacked.push_back({made, made - before, now_s()});
    }
    waiting.erase(0, producer.exchange(waiting, 1));
    const double now = now_s();
    for (const std::uint64_t acked = producer.acked(); !unacked.empty() && unacked.front().last_seq <= acked;
         unacked.pop_front()) {
      latencies.insert(latencies.end(), unacked.front().lines, now - unacked.front().sent_s);
    }
  }
  fmt::print("sent {:.0f} lines/s; ", static_cast<double>(total) / (now_s() - start_s));
  print_percentiles(latencies);
}

void time_syncs(const std::string& folder, std::size_t bytes) {
  const std::string path = folder + "/sync_probe";
  const int fd = checked(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644), "make a file");
  const std::string piece(bytes, 'x');
  std::vector<double> seconds;
  for (int i = 0; i < 1000; ++i) {
    checked(::write(fd, piece.data(), piece.size()), "write");
    const double start_s = now_s();
    checked(::fdatasync(fd), "sync");
    seconds.push_back(now_s() - start_s);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  print_percentiles(seconds);
  const std::string megabyte(1 << 20, 'y');
  const double start_s = now_s();
  for (int i = 0; i < 320; ++i) checked(::write(fd, megabyte.data(), megabyte.size()), "write");
  const double written_s = now_s();
  checked(::fdatasync(fd), "sync");
  fmt::print("320 MiB written in {:.3f} s, synced in {:.3f} s\n", written_s - start_s, now_s() - written_s);
  ::unlink(path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "send" && argc == 5) {
    send(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10));
  } else if (command == "rate" && argc == 5) {
    send_at_rate(argv[2], std::atof(argv[3]), std::atof(argv[4]));
  } else if (command == "sync" && argc == 4) {
    time_syncs(argv[2], std::strtoull(argv[3], nullptr, 10));
  } else {
    fail("producer_peer send FILE PORT LINES | rate PORT RATE SECONDS | sync FOLDER BYTES");
  }
  return 0;
}
