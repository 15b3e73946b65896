// The feed as a named producer of the daemon: sends what the feed log has committed, in order, and trims it by the
// daemon's acks. After any trouble it connects anew and goes on behind the daemon's last_seq; a daemon that has lost all
// that it knew of the feed, behind what it had acknowledged before. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "feed/feed_log.h"

namespace streamd::feed {

struct ProducerOptions {
  std::string host;
  std::string port;
  std::string name;
  std::string token;  // empty: none is asked for
  // Where not, another program may have its port, and must not get the lines.
  std::function<bool()> is_daemon_up;
};

class DaemonProducer {
 public:
  // The log outlives it.
  DaemonProducer(boost::asio::any_io_executor executor, ProducerOptions options, FeedLog& log);

  // Until stop(). Error: the daemon does not take this producer, or the log cannot be read.
  boost::asio::awaitable<Result<void>> run();
  // More is committed.
  void notify() { wake_.cancel(); }
  void stop();

  bool is_connected() const { return connected_; }
  std::uint64_t acked() const { return acked_; }      // all up to this number are on the daemon's disk
  std::uint64_t connections() const { return connections_; }
  // Of the daemons that have taken this producer: a new one each time that the daemon was started.
  const std::vector<std::string>& run_ids() const { return run_ids_; }
  std::uint64_t refused() const { return refused_; }  // lines
  const std::string& refusal() const { return refusal_; }  // the first answer to one

 private:
  using Socket = boost::asio::ip::tcp::socket;
  boost::asio::awaitable<Result<void>> connect();
  boost::asio::awaitable<Result<void>> say_hello();
  boost::asio::awaitable<Result<void>> serve();
  boost::asio::awaitable<Result<void>> send_lines();
  boost::asio::awaitable<Result<void>> take_answers();
  boost::asio::awaitable<Result<std::string>> read_line();
  boost::asio::awaitable<void> pause(int ms);
  Result<void> take(const std::string& line);

  const ProducerOptions options_;
  FeedLog& log_;
  Socket socket_;
  boost::asio::steady_timer wake_;
  std::string received_;
  std::uint64_t sent_ = 0;  // up to this number, on this connection
  std::uint64_t acked_ = 0;
  std::uint64_t connections_ = 0;
  std::vector<std::string> run_ids_;
  std::uint64_t refused_ = 0;
  std::string refusal_;
  bool has_told_loss_ = false;
  bool connected_ = false;
  bool stopped_ = false;
};

}  // namespace streamd::feed
