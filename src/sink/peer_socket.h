// Connecting out to HOST:PORT without waiting: the addresses of a name are tried one after the other.
// Looking a name up may wait for the resolver.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "io/file.h"

namespace streamd {

// Where nobody listens on a port of this machine, the kernel may take that very port for the connecting side, and TCP
// then connects the socket to itself.
bool is_connected_to_itself(int fd);

class PeerSocket {
 public:
  enum class State { closed, connecting, connected };

  // Begins to connect; an error when that has failed for all addresses already.
  Result<void> connect(const std::string& host, std::uint16_t port, ElapsedMillis now_ms);
  // Whether it has come about; waits up to `wait_ms` for it, or until `wake_fd` is readable.
  // An error when it has failed for all addresses.
  Result<void> finish_connecting(ElapsedMillis now_ms, int wait_ms, int wake_fd);
  void close();

  State state() const { return state_; }
  int fd() const { return fd_.get(); }
  // Of what was sent: not confirmed by the peer's system (which keeps for the peer what that has not read).
  std::uint64_t bytes_under_way() const;

 private:
  struct Address {
    sockaddr_storage bytes;
    socklen_t size;
  };
  Result<void> connect_next(ElapsedMillis now_ms);
  bool take_connection();  // false: it is to itself
  void keep_failure(int error);

  State state_ = State::closed;
  FileDescriptor fd_;
  std::string name_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  ElapsedMillis begun_ms_ = 0;
  Error failure_;
};

}  // namespace streamd
