#include "bench/http_get.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>

#include "bench/loopback.h"

namespace streamd::bench {

int http_open(const char* port, const std::string& target) {
  const int fd = connect_loopback(port);
  send_all(fd, fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", target));
  return fd;
}

HttpAnswer http_get(const char* port, const std::string& target) {
  const int fd = http_open(port, target);
  std::string text;
  char buffer[64 << 10];
  for (ssize_t got; (got = ::recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  const std::size_t head_end = text.find("\r\n\r\n");
  const std::size_t blank = text.find(' ');
  if (head_end == std::string::npos || blank > head_end) return {};
  return {std::atoi(text.c_str() + blank), text.substr(head_end + 4)};
}

std::string url_text(std::string_view text) {
  std::string url;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      url.push_back(c);
    } else {
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return url;
}

}  // namespace streamd::bench
