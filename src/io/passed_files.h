// Messages over a Unix socket of packets (SOCK_SEQPACKET) that carry open files to another process. The sockets wait as
// they are set to.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace streamd {

inline constexpr std::size_t kMaxPassedFiles = 2;
inline constexpr std::size_t kMaxPassedText = 64;

struct PassedFiles {
  std::string text;
  std::vector<FileDescriptor> files;
};

// Two ends of such a socket.
Result<std::pair<FileDescriptor, FileDescriptor>> packet_sockets();

// `text` has at least one byte. The files stay open here.
Result<void> pass_files(int socket, std::string_view text, const std::vector<int>& files);
// No text: the other end is gone.
Result<PassedFiles> take_files(int socket);

}  // namespace streamd
