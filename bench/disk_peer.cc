// What the disk does: disk_peer FOLDER BYTES
// Times writing so many bytes and syncing them, each millisecond, for a second; then writes 320 MiB and syncs them.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/children.h"
#include "bench/failure.h"
#include "bench/loopback.h"

namespace {

using namespace streamd::bench;

void print_percentiles(std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))] * 1e3;
  };
  fmt::print("count {} p50 {:.4f} p99 {:.4f} max {:.4f} ms\n", seconds.size(), at(0.5), at(0.99), at(1));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("disk_peer FOLDER BYTES");
  const std::string path = std::string(argv[1]) + "/sync_probe";
  const int fd = checked(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644), "make a file");
  const std::string piece(std::strtoull(argv[2], nullptr, 10), 'x');
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
  return 0;
}
