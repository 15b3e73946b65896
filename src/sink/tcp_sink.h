// Sends a spool's lines to a peer that it connects to, again and again, with backoff. One thread; status() any.
// A peer that acknowledges (it has, once: the cursor remembers) gets, on each connection, all behind the last line that it
// acknowledged. To one that never does, the last seconds and bytes before the connection was lost are sent again.
// The cursor is where that begins; the spool is trimmed below it.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/disk.h"
#include "sink/cursor_file.h"
#include "sink/peer_lines.h"
#include "sink/peer_socket.h"
#include "sink/resend_window.h"
#include "sink/sink.h"
#include "sink/sink_counts.h"
#include "sink/unacked_lines.h"

namespace streamd {

struct TcpSinkOptions {
  std::string spec;
  std::string host;
  std::uint16_t port = 0;
  std::string cursor_path;  // beside the spool
  ElapsedMillis resend_ms = 5000;
  std::uint64_t resend_bytes = 16 << 20;
  std::size_t max_unacked_lines = UnackedLines::kMaxLines;
};

class TcpSink final : public Sink {
 public:
  // The spool lives longer. Error: the cursor cannot be opened. A peer that is not there is none.
  static Result<std::unique_ptr<TcpSink>> open(Disk& disk, const Clock& clock, Spool& spool,
                                               const TcpSinkOptions& options);

  const std::string& spec() const override { return options_.spec; }
  bool do_work(int wait_ms) override;
  bool delivered_all() const override;
  bool is_able() const override { return socket_.state() == PeerSocket::State::connected; }
  SinkStatus status() const override { return counts_.status(spool_.end_position()); }
  void close() override;

 private:
  TcpSink(const Clock& clock, Spool& spool, const TcpSinkOptions& options, CursorFile cursor);

  bool connect(int wait_ms);
  void begin_delivery();
  void lose_connection(const std::string& why) { lose_connection(why, failure_log_); }
  void lose_connection(const std::string& why, RateLimit& log);
  // Each true when it did something.
  bool receive();
  bool take_acks();
  bool send();
  bool take_piece();
  void sent(std::size_t count);
  void move_cursor();
  void shorten_window();
  bool is_done_with_peer() const;
  void wait(int wait_ms);

  const Clock& clock_;
  Spool& spool_;
  const TcpSinkOptions options_;
  CursorFile cursor_file_;
  SinkCursor cursor_;
  PeerSocket socket_;
  PeerLines peer_lines_;
  UnackedLines unacked_;
  ResendWindow window_;
  std::string_view pending_;          // of the spool's piece: not taken by the kernel yet
  std::size_t piece_bytes_ = 0;
  std::uint64_t piece_next_ = 0;
  std::size_t line_offset_ = 0;       // in the piece, of the first line that was not sent whole
  std::uint64_t sent_position_ = 0;   // behind the last line that was
  std::uint64_t furthest_position_ = 0;  // on any connection
  bool has_room_ = true;              // in the kernel, as far as is known
  bool peer_has_ended_ = false;       // its half
  ElapsedMillis quiet_since_ms_ = 0;  // then: no line was sent since
  bool delivered_some_ = false;       // that the peer did not have, on this connection
  Backoff backoff_{std::random_device{}()};
  ElapsedMillis again_ms_ = 0;        // no attempt before
  bool said_that_it_waits_ = false;
  bool said_that_window_is_short_ = false;
  RateLimit failure_log_{60'000};
  RateLimit cursor_log_{60'000};
  RateLimit ack_log_{60'000};
  RateLimit spool_log_{60'000};
  SinkCounts counts_;
};

}  // namespace streamd
