// The two ends of the TCP benchmark beside the daemon:
//   socket_peer discard          listens on a free port of the loopback, reads one connection to its end, throws it
//   away socket_peer send FILE PORT   sends a file from memory, then waits until the receiver has closed
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/failure.h"

namespace {

using streamd::bench::fail;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kWriteBytes = 1024 * 1024;

int checked(int result, const char* action) {
  if (result < 0) fail("cannot {}: {}", action, std::strerror(errno));
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void discard() {
  const int listener = checked(::socket(AF_INET, SOCK_STREAM, 0), "make a socket");
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  checked(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
  checked(::listen(listener, 1), "listen");
  checked(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "read the port");
  std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int connection = checked(::accept(listener, nullptr, nullptr), "accept");
  std::vector<char> buffer(kReadBytes);
  while (checked(static_cast<int>(::recv(connection, buffer.data(), buffer.size(), 0)), "receive") > 0) {
  }
}

void send(const char* path, const char* port) {
  const int file = checked(::open(path, O_RDONLY | O_CLOEXEC), "open the file");
  struct stat status {};
  checked(::fstat(file, &status), "read the file");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (mapped == MAP_FAILED) fail("cannot map {}: {}", path, std::strerror(errno));
  const char* bytes = static_cast<const char*>(mapped);

  const int connection = checked(::socket(AF_INET, SOCK_STREAM, 0), "make a socket");
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::atoi(port)));
  checked(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "connect");
  const auto first_byte = std::chrono::steady_clock::now().time_since_epoch();
  for (std::size_t sent = 0; sent < size;) {
    const std::size_t count = std::min(kWriteBytes, size - sent);
    sent += static_cast<std::size_t>(checked(static_cast<int>(::send(connection, bytes + sent, count, 0)), "send"));
  }
  checked(::shutdown(connection, SHUT_WR), "end the stream");
  char byte;
  checked(static_cast<int>(::recv(connection, &byte, 1, 0)), "wait for the receiver");
  std::printf("first byte at %.9f\n", std::chrono::duration<double>(first_byte).count());
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "discard" && argc == 2) {
    discard();
  } else if (command == "send" && argc == 4) {
    send(argv[2], argv[3]);
  } else {
    fail("socket_peer discard | send FILE PORT");
  }
  return 0;
}
