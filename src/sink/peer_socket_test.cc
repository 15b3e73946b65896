#include "sink/peer_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "support/test_peer.h"

namespace streamd {
namespace {

TEST(PeerSocketTest, ASocketThatIsConnectedToItselfIsTold) {
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_FALSE(is_connected_to_itself(fd.get()));
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(is_connected_to_itself(fd.get()));
}

TEST(PeerSocketTest, AnotherOnesIsNot) {
  TestPeer peer;
  PeerSocket socket;
  ASSERT_TRUE(socket.connect("127.0.0.1", peer.port(), 0).ok());
  if (socket.state() == PeerSocket::State::connecting) {
    ASSERT_TRUE(socket.finish_connecting(0, 5000, -1).ok());
  }
  EXPECT_EQ(socket.state(), PeerSocket::State::connected);
  EXPECT_FALSE(is_connected_to_itself(socket.fd()));
}

}  // namespace
}  // namespace streamd
