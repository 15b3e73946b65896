// Who sends to the simulated daemon: named producers that send again what was not acknowledged, connections without a
// name, files that grow. They outlive the daemon; what they sent and were promised is checked in the end.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/oracle.h"
#include "source/ingest_connection.h"

namespace streamd::sim {

// One connection, both ends.
struct SimConnection {
  std::string inbox;          // sent, not read by the daemon yet
  bool peer_closed = false;
  bool daemon_closed = false;
  std::string outbox;         // answers that the peer has not read yet
  std::unique_ptr<IngestConnection> ingest;  // the daemon's end; gone with the daemon
};
using Connections = std::vector<std::shared_ptr<SimConnection>>;

// Makes lines, good and bad, around the time that it is.
class LineMaker {
 public:
  // `slot` (0 … 7): the milliseconds at which it trades, so that no two makers trade at the same one.
  LineMaker(std::vector<std::string> symbols, int slot, bool with_bars)
      : symbols_(std::move(symbols)), slot_(slot), with_bars_(with_bars) {}
  // Without its closing brace, so that a seq can follow. Nothing is said by a bad one.
  std::pair<std::string, std::optional<Said>> make(Random& random, UnixMillis now_ms);

 private:
  const std::vector<std::string> symbols_;
  const int slot_;
  const bool with_bars_;
};

class SimProducer {
 public:
  SimProducer(std::string name, LineMaker maker, std::size_t lines) : name_(std::move(name)), maker_(std::move(maker)), target_(lines) {}

  // Sends, reads answers, comes and goes. `patient`: no more mischief, only to the end.
  void act(Random& random, UnixMillis now_ms, Connections& connections, bool patient);
  // The daemon is gone.
  void lose_connection() { connection_ = nullptr; }
  bool is_done() const { return lines_.size() == target_ && acked_ == target_; }

  const std::string& name() const { return name_; }
  std::uint64_t acked() const { return acked_; }
  const std::vector<std::optional<Said>>& said() const { return said_; }
  // Empty, or what it was told that cannot be.
  const std::string& complaint() const { return complaint_; }

 private:
  void connect(Random& random, Connections& connections);
  void read_answers();
  void send_some(Random& random, UnixMillis now_ms);

  const std::string name_;
  LineMaker maker_;
  const std::size_t target_;
  std::vector<std::string> lines_;  // with their numbers, from 1
  std::vector<std::optional<Said>> said_;
  std::shared_ptr<SimConnection> connection_;
  bool welcome_ = false;
  std::uint64_t next_ = 1;  // to send on this connection
  std::uint64_t acked_ = 0;
  std::string complaint_;
};

// A connection without a name, and a symbol of its own. What it had sent when it ended may be there up to any line, but
// not less than what it was told is stored.
struct Anonymous {
  std::string symbol;
  std::vector<Said> sent;
  std::size_t stored = 0;  // as it was told
  std::shared_ptr<SimConnection> connection;

  void act(Random& random, UnixMillis now_ms);
};

// A file that is followed.
struct SimFile {
  std::string path;
  std::uint64_t inode = 0;
  LineMaker maker;
  std::size_t target = 0;
  std::string text;
  std::vector<Said> said;
  std::size_t lines = 0;

  void grow(Random& random, UnixMillis now_ms);
  bool is_complete() const { return lines == target; }
};

}  // namespace streamd::sim
