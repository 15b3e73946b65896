#include "io/passed_files.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace streamd {
namespace {

constexpr const char* kOther = "another process";

// Room for the files of one message, as the kernel wants it aligned.
union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(kMaxPassedFiles * sizeof(int))];
};

}  // namespace

Result<std::pair<FileDescriptor, FileDescriptor>> packet_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return system_error("make", "a socket");
  return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

Result<void> pass_files(int socket, std::string_view text, const std::vector<int>& files) {
  STREAMD_CHECK(!text.empty() && text.size() <= kMaxPassedText && files.size() <= kMaxPassedFiles);
  struct iovec piece {const_cast<char*>(text.data()), text.size()};
  Control control{};
  struct msghdr message {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), files.data(), files.size() * sizeof(int));
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return system_error("write to", kOther);
  }
  return {};
}

Result<PassedFiles> take_files(int socket) {
  char text[kMaxPassedText];
  struct iovec piece {text, sizeof(text)};
  Control control{};
  struct msghdr message {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  ssize_t got = 0;
  while ((got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno != EINTR) return system_error("read from", kOther);
  }
  PassedFiles taken{std::string(text, static_cast<std::size_t>(got)), {}};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t i = 0; i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int file = -1;
      std::memcpy(&file, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      taken.files.emplace_back(file);
    }
  }
  return taken;
}

}  // namespace streamd
