// A named producer as the protocol means it: numbers its lines, keeps them, wants acks, and after a reconnect sends
// again from the daemon's last_seq + 1. step() does what can be done at once and waits for nothing, so that one thread
// drives it beside the daemon's life. Every answer is checked against the protocol; what is wrong is a test failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "system/tcp_client.h"

namespace streamd {

// A line as the protocol numbers it. `json`: an object of at least one key, without newline.
std::string with_seq(const std::string& json, std::uint64_t seq);

struct ProducerOptions {
  std::string name = "feed-1";
  std::string label;    // empty: none
  std::string session;  // empty: none
  std::uint64_t seed = 1;
  std::size_t send_bytes = 2000;  // at a step; at least one line
  std::size_t max_seq_step = 1;   // between the numbers of two lines
  std::size_t repeat_lines = 0;   // so many, at most, that the daemon has already are sent again after a reconnect
};

class SequencedProducer {
 public:
  enum class Drop { in_mid_line, half_closed, reset, by_newer_hello };

  explicit SequencedProducer(ProducerOptions options) : options_(std::move(options)), random_(options_.seed) {}

  // `bad`: the daemon must refuse it.
  void add(const std::string& json, bool bad = false);
  // The same lines and numbers for another daemon.
  void add_all_of(const SequencedProducer& other) { lines_ = other.lines_; }
  std::size_t lines() const { return lines_.size(); }

  // Opens a connection and says hello. False: nobody listens there (any more).
  bool connect(std::uint16_t port);
  bool is_connected() const { return client_.has_value(); }
  // A connection that ended was noticed, or the daemon is known to be gone.
  void disconnect();
  // Sends and reads. False: nothing could be done.
  bool step();
  bool all_acknowledged() const { return !lines_.empty() && acknowledged_ >= lines_.back().seq; }
  // Ends the connection that way; what must still come on it is read and checked first.
  void drop(Drop how, std::uint16_t port);
  // Steps, connected, until everything is acknowledged; false when that does not come.
  bool finish(std::uint16_t port);

  // Of this and all earlier connections.
  std::uint64_t connections() const { return connections_; }
  // Lines sent again though the daemon had them: so many at most, and so many of them before a line that was
  // acknowledged later on the same connection, so that they were read.
  std::uint64_t repeats_sent() const { return repeats_sent_; }
  std::uint64_t repeats_read() const { return repeats_read_; }
  // Lines known to be refused. One may be refused again where the daemon died before it had noted the number.
  std::uint64_t refused() const { return refused_.size(); }

 private:
  struct Line {
    std::uint64_t seq;
    std::string text;  // with newline
    bool bad;
  };

  std::string hello() const;
  bool send();
  void give_next_lines();
  bool read_answers(milliseconds limit);
  void take(const std::string& answer);
  void take_welcome(const std::string& answer);
  void take_ack(std::uint64_t seq);
  void take_reject(const std::string& answer);
  std::size_t first_beyond(std::uint64_t seq) const;

  const ProducerOptions options_;
  std::mt19937_64 random_;
  std::vector<Line> lines_;
  std::uint64_t acknowledged_ = 0;  // the highest of all connections, welcomes too
  std::uint64_t connections_ = 0;
  std::uint64_t repeats_sent_ = 0;
  std::uint64_t repeats_read_ = 0;
  std::set<std::uint64_t> refused_;
  // Of the current connection.
  std::optional<TcpClient> client_;
  std::optional<std::uint64_t> welcomed_;  // with this last_seq
  std::uint64_t acked_here_ = 0;
  std::string output_;              // not sent yet
  std::size_t next_ = 0;            // the line to send
  std::uint64_t repeats_here_ = 0;  // sent, and not known to be read
};

}  // namespace streamd
