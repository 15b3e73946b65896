// Clients for the exchange's own tests: TLS with all checks, one thing after another, each with its time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace streamd::exchange {

struct RestReply {
  int status = 0;  // 0: no whole answer
  std::string body;
  std::string retry_after;
  std::string used_weight;
  std::string failure;
};

class RestClient {
 public:
  // `ca_file` empty: what the system trusts. `host` is what the certificate must be for; it connects to 127.0.0.1.
  RestClient(int port, std::string ca_file, std::string host = "localhost");
  ~RestClient();

  // Connects when it is not connected.
  RestReply get(const std::string& target);
  int connections() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

class StreamClient {
 public:
  StreamClient(int port, std::string ca_file);
  ~StreamClient();

  // False: `failure()` says why; `status()` what the exchange answered.
  bool connect(const std::string& target);
  const std::string& failure() const;
  int status() const;
  void say(const std::string& text);
  // The next message; nothing when none came in time, or the connection has ended.
  std::optional<std::string> next(int within_ms = 5000);
  bool has_ended() const;
  int close_code() const;  // of the exchange's close frame; 0: none
  int pings() const;
  // So many messages, or those that came in time.
  std::vector<std::string> take(std::size_t count, int within_ms = 5000);
  // Answers pings no more, and reads nothing.
  void wait_idle(int ms);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace streamd::exchange
