#include "sink/stdout_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "sink/pipe_piece.h"

namespace streamd {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

Result<std::unique_ptr<StdoutSink>> StdoutSink::open(Disk& disk, const Clock& clock, Spool& spool,
                                                     const StdoutSinkOptions& options) {
  auto cursor = CursorFile::open(disk, options.cursor_path);
  if (!cursor) return cursor.error();
  std::unique_ptr<StdoutSink> sink(new StdoutSink(clock, spool, options, std::move(cursor).value()));
  if (const auto& kept = sink->cursor_file_.kept()) sink->cursor_ = *kept;
  sink->cursor_.position = std::min(sink->cursor_.position, spool.found_end_position());
  struct stat status {};
  sink->is_regular_ = ::fstat(options.fd, &status) == 0 && S_ISREG(status.st_mode);
  sink->counts_.connects.add(1);
  sink->counts_.connected = true;
  sink->keep_cursor();
  return sink;
}

bool StdoutSink::do_work(int wait_ms) {
  if (is_closed_) {  // what was appended before the owner saw it
    if (!delivered_all()) end(nullptr);
    if (wait_ms > 0) spool_.wait_for_lines(cursor_.position, std::chrono::milliseconds(wait_ms));
    return false;
  }
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (now_ms < again_ms_) {
    const ElapsedMillis at_most_ms = std::min<ElapsedMillis>(wait_ms, again_ms_ - now_ms);
    if (at_most_ms > 0) spool_.wait_for_lines(UINT64_MAX, std::chrono::milliseconds(at_most_ms));
    return false;
  }
  if (pending_.empty() && !take_piece()) {
    if (wait_ms > 0) spool_.wait_for_lines(cursor_.position, std::chrono::milliseconds(wait_ms));
    return false;
  }
  while (!pending_.empty() && !is_closed_ && clock_.elapsed_ms() >= again_ms_) {
    if (!wait_for_room(is_blocked_ ? wait_ms : 0)) {
      if (is_blocked_ || wait_ms == 0) {
        is_blocked_ = true;
        break;
      }
      is_blocked_ = true;
      continue;
    }
    is_blocked_ = false;
    write_some();
  }
  if (!is_closed_) keep_cursor();
  return !is_blocked_ && !is_closed_;
}

bool StdoutSink::take_piece() {
  auto piece = spool_.read(cursor_.position, kPieceBytes);
  if (!piece) {
    counts_.failures.add(1);
    const ElapsedMillis now_ms = clock_.elapsed_ms();
    again_ms_ = now_ms + backoff_.next_ms();
    if (failure_log_.allow(now_ms)) log_error("{}; it is tried again", piece.error().message);
    return false;
  }
  pending_ = piece->lines;
  piece_bytes_ = pending_.size();
  piece_next_ = piece->next;
  if (!pending_.empty()) return true;
  if (piece->next == cursor_.position) return false;
  cursor_.position = piece->next;  // marks alone
  keep_cursor();
  return false;
}

bool StdoutSink::wait_for_room(int wait_ms) {
  if (is_regular_) return true;
  // wake() ends the wait; so does an append, which is soon over.
  std::array<pollfd, 2> waiting = {pollfd{options_.fd, POLLOUT, 0}, pollfd{spool_.wake_descriptor(), POLLIN, 0}};
  if (::poll(waiting.data(), wait_ms > 0 ? 2 : 1, wait_ms) <= 0) return false;
  if (waiting[1].revents != 0) spool_.drain_wake_descriptor();
  return waiting[0].revents != 0;
}

void StdoutSink::write_some() {
  // A pipe that poll() calls writable takes such a piece without blocking.
  const std::string_view piece = is_regular_ ? pending_ : pipe_piece(pending_);
  const ssize_t count = ::write(options_.fd, piece.data(), piece.size());
  if (count >= 0) {
    backoff_.reset();
    wrote(static_cast<std::size_t>(count));
    return;
  }
  if (errno == EINTR) return;
  if (errno == EPIPE || errno == EBADF) {
    end(std::strerror(errno));
    return;
  }
  const int error = errno;
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  again_ms_ = now_ms + backoff_.next_ms();
  if (error == EAGAIN || error == EWOULDBLOCK) return;  // somebody made it so, and took the room
  counts_.failures.add(1);
  if (failure_log_.allow(now_ms)) {
    log_error("cannot write {}: {}; it is tried again, and lines wait until then", options_.spec, std::strerror(error));
  }
}

void StdoutSink::wrote(std::size_t count) {
  counts_.sent(pending_.substr(0, count));
  pending_.remove_prefix(count);
  if (pending_.empty()) {
    cursor_.position = piece_next_;
    return;
  }
  const std::size_t written = piece_bytes_ - pending_.size();
  const std::size_t newline = std::string_view(pending_.data() - written, written).rfind('\n');
  if (newline != std::string_view::npos) cursor_.position = spool_.position_in_piece(newline + 1);
}

void StdoutSink::end(const char* why) {
  if (why != nullptr) {
    log_warn("{} was closed ({}); its lines are discarded from now on", options_.spec, why);
    counts_.failures.add(1);
  }
  is_closed_ = true;
  is_blocked_ = false;
  counts_.connected = false;
  pending_ = {};
  cursor_.position = spool_.end_position();
  keep_cursor();
}

void StdoutSink::keep_cursor() {
  counts_.delivered_position.set(cursor_.position);
  auto kept = cursor_file_.keep(cursor_);
  if (!kept && failure_log_.allow(clock_.elapsed_ms())) log_warn("{}", kept.error().message);
  spool_.trim(cursor_.position);
}

bool StdoutSink::delivered_all() const { return pending_.empty() && cursor_.position >= spool_.end_position(); }

}  // namespace streamd
