#include "sink/tcp_sink.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "wire/delivered_line.h"

namespace streamd {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::size_t kReceiveBytes = 16 * 1024;
// An acknowledgement of nothing costs a look at all lines under way; so many at a time, and sending gets its turn.
constexpr int kMaxMisses = 16;
// A peer that has ended its half is connected anew when nothing was sent for so long.
constexpr ElapsedMillis kQuietMs = 1000;

}  // namespace

TcpSink::TcpSink(const Clock& clock, Spool& spool, const TcpSinkOptions& options, CursorFile cursor)
    : clock_(clock),
      spool_(spool),
      options_(options),
      cursor_file_(std::move(cursor)),
      unacked_(options.max_unacked_lines),
      window_(options.resend_ms, options.resend_bytes) {
  if (const auto& kept = cursor_file_.kept()) cursor_ = *kept;
  cursor_.position = std::min(cursor_.position, spool.found_end_position());
  window_.start(cursor_.position);
  sent_position_ = furthest_position_ = cursor_.position;
  move_cursor();
}

Result<std::unique_ptr<TcpSink>> TcpSink::open(Disk& disk, const Clock& clock, Spool& spool,
                                               const TcpSinkOptions& options) {
  auto cursor = CursorFile::open(disk, options.cursor_path);
  if (!cursor) return cursor.error();
  return std::unique_ptr<TcpSink>(new TcpSink(clock, spool, options, std::move(cursor).value()));
}

bool TcpSink::do_work(int wait_ms) {
  if (socket_.state() != PeerSocket::State::connected) return connect(wait_ms);
  bool did = receive();
  if (is_able() && send()) did = true;
  if (!is_able()) return false;
  if (did) {
    move_cursor();
    return true;
  }
  if (is_done_with_peer()) {
    lose_connection("the peer has closed the connection");
  } else {
    wait(wait_ms);
    if (is_able()) move_cursor();  // more may be confirmed
  }
  return false;
}

// One that has ended its half may still read; but whether it does, only sending would tell.
bool TcpSink::is_done_with_peer() const {
  if (!peer_has_ended_ || clock_.elapsed_ms() - quiet_since_ms_ < kQuietMs) return false;
  return cursor_.peer_acknowledges || (pending_.empty() && sent_position_ >= spool_.end_position());
}

bool TcpSink::connect(int wait_ms) {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  Result<void> done;
  if (socket_.state() == PeerSocket::State::connecting) {
    done = socket_.finish_connecting(now_ms, wait_ms, spool_.wake_descriptor());
    spool_.drain_wake_descriptor();
  } else if (now_ms < again_ms_) {
    const ElapsedMillis at_most_ms = std::min<ElapsedMillis>(wait_ms, again_ms_ - now_ms);
    if (at_most_ms > 0) spool_.wait_for_lines(UINT64_MAX, std::chrono::milliseconds(at_most_ms));
    return false;
  } else {
    done = socket_.connect(options_.host, options_.port, now_ms);
  }
  if (!done) {
    lose_connection(done.error().message);
    return false;
  }
  if (socket_.state() == PeerSocket::State::connected) begin_delivery();
  return is_able();
}

void TcpSink::begin_delivery() {
  counts_.connects.add(1);
  counts_.connected = true;
  if (said_that_it_waits_) log_info("{}: connected", options_.spec);
  said_that_it_waits_ = false;
  peer_lines_.clear();
  unacked_.clear();
  pending_ = {};
  has_room_ = true;
  peer_has_ended_ = false;
  delivered_some_ = false;
  if (!cursor_.peer_acknowledges) cursor_.position = window_.begin();
  sent_position_ = cursor_.position;
  window_.start(sent_position_);
}

void TcpSink::lose_connection(const std::string& why, RateLimit& log) {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  socket_.close();
  counts_.connected = false;
  counts_.failures.add(1);
  pending_ = {};
  if (delivered_some_) backoff_.reset();
  delivered_some_ = false;
  again_ms_ = now_ms + backoff_.next_ms();
  move_cursor();
  if (log.allow(now_ms)) {
    log_warn("{}: {}; it keeps trying, and lines wait until then", options_.spec, why);
    said_that_it_waits_ = true;
  }
}

bool TcpSink::receive() {
  bool did = take_acks();
  if (did || peer_has_ended_) return did;
  std::array<char, kReceiveBytes> buffer;
  const ssize_t count = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
  if (count > 0) {
    peer_lines_.add({buffer.data(), static_cast<std::size_t>(count)});
    take_acks();
    return true;
  }
  if (count == 0) {
    peer_has_ended_ = true;
    quiet_since_ms_ = clock_.elapsed_ms();
    // It may still read. But one that acknowledges cannot do so any more, and without that nothing gets further.
    if (cursor_.peer_acknowledges) lose_connection("the peer has closed the connection");
    return true;
  }
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) lose_connection(std::strerror(errno));
  return false;
}

bool TcpSink::take_acks() {
  bool did = false;
  bool not_understood = false;
  std::uint64_t ignored = 0;
  for (int misses = 0; misses < kMaxMisses;) {
    const auto line = peer_lines_.next(ignored);
    if (!line) break;
    did = true;
    const auto key = ack_key(*line);
    const auto end = key ? unacked_.acknowledge(*key) : std::nullopt;
    if (!end) {
      ++ignored;
      if (key) ++misses;
      not_understood |= !key || !cursor_.peer_acknowledges;
      continue;
    }
    if (!cursor_.peer_acknowledges) log_info("{}: the peer acknowledges", options_.spec);
    cursor_.peer_acknowledges = true;
    cursor_.position = *end;
    delivered_some_ = true;
  }
  counts_.peer_lines_ignored.add(ignored);
  if (not_understood && ack_log_.allow(clock_.elapsed_ms())) {
    log_warn("{}: the peer sends lines that acknowledge nothing; an ack is "
             "{{\"type\":\"ack\",\"timestamp\":T,\"symbol\":\"S\"}} with the values of a line that it got (of a bar: "
             "T its ts_ms, and \"revision\":R)",
             options_.spec);
  }
  return did;
}

bool TcpSink::send() {
  if (!has_room_) return false;
  if (cursor_.peer_acknowledges && unacked_.is_full()) return false;
  if (pending_.empty() && !take_piece()) return false;
  if (pending_.empty()) return true;  // marks alone
  std::string_view bytes = pending_;
  const ssize_t count = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) {
    sent(static_cast<std::size_t>(count));
    return true;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    has_room_ = false;
  } else {
    lose_connection(std::strerror(errno));
  }
  return false;
}

bool TcpSink::take_piece() {
  auto piece = spool_.read(sent_position_, kPieceBytes);
  if (!piece) {
    lose_connection(piece.error().message, spool_log_);
    return false;
  }
  if (piece->next == sent_position_) return false;
  pending_ = piece->lines;
  piece_bytes_ = pending_.size();
  piece_next_ = piece->next;
  line_offset_ = 0;
  if (pending_.empty()) {
    sent_position_ = piece->next;
    furthest_position_ = std::max(furthest_position_, sent_position_);
    window_.sent(clock_.elapsed_ms(), sent_position_, 0);
  }
  return true;
}

void TcpSink::sent(std::size_t count) {
  window_.set_under_way(socket_.bytes_under_way());
  counts_.sent(pending_.substr(0, count));
  pending_.remove_prefix(count);
  const std::size_t piece_sent = piece_bytes_ - pending_.size();
  const std::string_view piece(pending_.data() - piece_sent, piece_sent);
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  quiet_since_ms_ = now_ms;
  for (;;) {
    const std::size_t newline = piece.find('\n', line_offset_);
    if (newline == std::string_view::npos) break;
    const std::string_view line = piece.substr(line_offset_, newline - line_offset_);
    line_offset_ = newline + 1;
    sent_position_ = pending_.empty() && line_offset_ == piece_sent ? piece_next_
                                                                    : spool_.position_in_piece(line_offset_);
    // A line that has no key is covered by the acknowledgement of a later one.
    if (!cursor_.peer_acknowledges && unacked_.is_full()) unacked_.drop_oldest();
    unacked_.add(delivered_line_key(line).value_or(0), sent_position_);
    window_.sent(now_ms, sent_position_, line.size() + 1);
  }
  if (sent_position_ > furthest_position_) {
    furthest_position_ = sent_position_;
    if (!cursor_.peer_acknowledges) delivered_some_ = true;
  }
}

void TcpSink::move_cursor() {
  if (!cursor_.peer_acknowledges) {
    if (is_able()) window_.set_under_way(socket_.bytes_under_way());
    shorten_window();
    cursor_.position = window_.begin();
  } else if (is_able() && unacked_.is_empty() && pending_.empty()) {
    cursor_.position = sent_position_;  // over marks, too
  }
  counts_.delivered_position.set(cursor_.peer_acknowledges ? cursor_.position : furthest_position_);
  auto kept = cursor_file_.keep(cursor_);
  if (!kept && cursor_log_.allow(clock_.elapsed_ms())) {
    log_warn("{}; after a restart, lines of {} come again", kept.error().message, options_.spec);
  }
  spool_.trim(cursor_.position);
}

// Lines that were sent must not keep out for good those that come: with nothing to send, the window never moves.
// Headers and marks may take more room than the lines; then nothing of them comes again.
void TcpSink::shorten_window() {
  if (!is_able() || !pending_.empty() || sent_position_ < spool_.end_position()) return;
  const std::uint64_t max_bytes = spool_.max_bytes();
  if (spool_.bytes_waiting() < max_bytes / 2) return;
  bool shortened = window_.forget_seconds();
  if (sent_position_ - window_.begin() > max_bytes / 4 * 3) {
    window_.set_under_way(0);
    shortened |= window_.forget_seconds();
  }
  if (sent_position_ - window_.begin() > max_bytes / 4 * 3) {
    window_.start(sent_position_);
    shortened = true;
  }
  if (!shortened || std::exchange(said_that_window_is_short_, true)) return;
  log_warn("{}: its spool of {} bytes is too small for what was sent in the last {} s; of that, only the last {} bytes "
           "come again after a lost connection (a larger --sink-spool-bytes would keep more)",
           options_.spec, max_bytes, static_cast<double>(options_.resend_ms) / 1000, options_.resend_bytes);
}

void TcpSink::wait(int wait_ms) {
  const bool wants_room = !has_room_ && !pending_.empty();
  const short events = static_cast<short>((peer_has_ended_ ? 0 : POLLIN) | (wants_room ? POLLOUT : 0));
  std::array<pollfd, 2> waiting = {pollfd{socket_.fd(), events, 0}, pollfd{spool_.wake_descriptor(), POLLIN, 0}};
  if (::poll(waiting.data(), 2, wait_ms) <= 0) return;
  if (waiting[1].revents != 0) spool_.drain_wake_descriptor();
  if ((waiting[0].revents & POLLOUT) != 0) has_room_ = true;
  if ((waiting[0].revents & (POLLERR | POLLHUP)) == 0) return;
  has_room_ = true;  // sending tells why
  int error = 0;
  socklen_t size = sizeof error;
  static_cast<void>(::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size));
  if (error != 0 || peer_has_ended_) lose_connection(error != 0 ? std::strerror(error) : "the peer is gone");
}

bool TcpSink::delivered_all() const {
  if (!pending_.empty()) return false;
  if (cursor_.peer_acknowledges) return cursor_.position >= spool_.end_position();
  return sent_position_ >= spool_.end_position() && furthest_position_ >= spool_.end_position();
}

void TcpSink::close() {
  if (is_able()) {
    // Bytes that nobody has received would make the kernel reset the connection, and drop what is still under way.
    ::shutdown(socket_.fd(), SHUT_WR);
    while (!peer_has_ended_ && is_able() && receive()) {
    }
    move_cursor();
  }
  socket_.close();
  counts_.connected = false;
}

}  // namespace streamd
