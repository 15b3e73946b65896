// A reader beside the daemon, of one connection to its end, on a free port of the loopback:
//   socket_peer discard          throws away what it reads
#include <sys/socket.h>

#include <string>
#include <vector>

#include "bench/failure.h"
#include "bench/loopback.h"

namespace {

using namespace streamd::bench;

constexpr std::size_t kReadBytes = 256 * 1024;
template <typename OnBytes>
void read_to_end(OnBytes on_bytes) {
  const int connection = accept_loopback();
  std::vector<char> buffer(kReadBytes);
  for (int count; (count = checked(::recv(connection, buffer.data(), buffer.size(), 0), "receive")) > 0;) {
    on_bytes(buffer.data(), buffer.data() + count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "discard" && argc == 2) {
    read_to_end([](const char*, const char*) {});
  } else {
    fail("socket_peer discard");
  }
  return 0;
}
