// One connection's part of a load: makes its lines as they are due and sends them; with acks, as a named producer that
// keeps what is not acknowledged, and after a lost connection connects anew and sends that again. It keeps its
// connection when it is done, so that its last second closes as that of a source that is idle.
// One thread, but for `sent` and what stops it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "probe/daemon_link.h"
#include "probe/latencies.h"
#include "probe/line_maker.h"
#include "probe/load_options.h"
#include "probe/pace.h"
#include "probe/run_clock.h"
#include "probe/unacked_lines.h"

namespace streamd::probe {

// When the first line of an event second was made: just before its piece went to the kernel.
struct SecondMark {
  std::int64_t second;
  std::int64_t sent_us;  // wall clock
};

class Sender {
 public:
  // `run_name` tells this run's producers from others.
  Sender(const LoadOptions& options, std::size_t connection, const std::string& run_name, const std::atomic<bool>& stop);

  // Connects, and says hello where that is needed.
  Result<void> connect();
  // All lines, until the time is up or `stop`. Error: the connection is lost for good, or nothing is taken any more.
  Result<void> send_all(const RunClock& clock);
  // Instead of settle(): waits until everything is acknowledged, if that is wanted, or else ends the connection and waits
  // until the daemon has, too: then it has read everything.
  Result<void> hang_up();
  // Waits until everything is acknowledged, if that is wanted, and its rows are in the database.
  Result<void> settle();

  struct Sent {
    std::atomic<std::uint64_t> lines{0};  // bad ones, too; each once
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> unacked_bytes{0};
  };
  const Sent& sent() const { return sent_; }
  // When no other thread runs it.
  const LineMaker& lines() const { return maker_; }
  const Latencies& latencies() const { return latencies_; }
  const std::vector<SecondMark>& marks() const { return marks_; }
  const std::string& refused_line() const { return refused_line_; }  // the answer to a good one; empty: none was
  std::uint64_t resent() const { return resent_; }
  std::uint64_t reconnects() const { return reconnects_; }
  // When the kernel took the last byte, behind hang_up() the daemon did; with acks, when the last ack came.
  std::int64_t end_ns() const { return end_ns_; }

 private:
  std::string hello() const;
  Result<void> say_hello();
  Result<void> reconnect(const Error& why);
  void idle(double until_s, const RunClock& clock);
  Result<void> send_piece(std::uint64_t lines);
  Result<void> push(std::string_view bytes);
  Result<void> push_or_reconnect(std::string_view bytes);
  Result<void> take_answers();
  Result<void> wait_for_acks(std::size_t most_bytes);
  Result<void> ask(std::string_view line, const char* answer_type, Answer* taken);
  void take(const Answer& answer);
  void note_acked(std::uint64_t seq);
  void mark_second(std::int64_t time_ms);

  const LoadOptions& options_;
  const std::size_t connection_;
  const std::string producer_;
  const std::atomic<bool>& stop_;
  LineMaker maker_;
  Pace pace_;
  LineBuffer piece_;
  std::optional<DaemonLink> link_;
  UnackedLines unacked_;
  std::optional<Answer> awaited_;
  const char* awaited_type_ = nullptr;
  Latencies latencies_;
  std::vector<SecondMark> marks_;
  std::string refused_line_;
  std::uint64_t resent_ = 0;
  std::uint64_t reconnects_ = 0;
  std::int64_t end_ns_ = 0;
  Sent sent_;
};

}  // namespace streamd::probe
