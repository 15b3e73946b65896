#include "system/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace streamd {
namespace {

class Socket {
 public:
  Socket(int family, const sockaddr* address, socklen_t size) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(fd_, address, size) != 0) {
      const std::string reason = std::strerror(errno);
      ::close(fd_);
      throw std::runtime_error("http: connect: " + reason);
    }
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  std::string ask(const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t count = ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) throw std::runtime_error("http: the request is not taken");
      sent += static_cast<std::size_t>(count);
    }
    std::string text;
    char piece[16384];
    for (;;) {
      const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
      if (count == 0) return text;
      if (count < 0) throw std::runtime_error("http: no answer");
      text.append(piece, static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
};

std::string joined(const std::string& chunks) {
  std::string body;
  for (std::size_t at = 0;;) {
    const auto line_end = chunks.find("\r\n", at);
    if (line_end == std::string::npos) throw std::runtime_error("http: a body that is cut off");
    const std::size_t size = std::stoul(chunks.substr(at, line_end - at), nullptr, 16);
    if (size == 0) return body;
    body += chunks.substr(line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
}

HttpAnswer parse(const std::string& text) {
  const auto head_end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head_end == std::string::npos) {
    throw std::runtime_error("http: no HTTP: " + text.substr(0, 200));
  }
  HttpAnswer answer;
  answer.status = std::stoi(text.substr(9, 3));
  std::istringstream lines(text.substr(0, head_end));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto colon = line.find(": ");
    if (colon == std::string::npos) throw std::runtime_error("http: bad header " + line);
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = line.substr(colon + 2);
  }
  answer.body = text.substr(head_end + 4);
  if (answer.headers["transfer-encoding"] == "chunked") answer.body = joined(answer.body);
  const auto length = answer.headers.find("content-length");
  if (length != answer.headers.end() && std::stoul(length->second) != answer.body.size()) {
    throw std::runtime_error("http: a body of another length");
  }
  return answer;
}

std::string request(const std::string& path, const std::string& headers) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

}  // namespace

HttpAnswer http_get(std::uint16_t port, const std::string& path, const std::string& headers) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Socket socket(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return parse(socket.ask(request(path, headers)));
}

HttpAnswer http_get_unix(const std::string& socket_path, const std::string& path, const std::string& headers) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) throw std::runtime_error("http: too long: " + socket_path);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  Socket socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return parse(socket.ask(request(path, headers)));
}

}  // namespace streamd
