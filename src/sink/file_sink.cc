#include "sink/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "sink/pipe_piece.h"

namespace streamd {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr ElapsedMillis kSyncEveryMs = 1000;

}  // namespace

Result<std::unique_ptr<FileSink>> FileSink::open(Disk& disk, const Clock& clock, Spool& spool,
                                                 const FileSinkOptions& options) {
  auto cursor = CursorFile::open(disk, options.cursor_path);
  if (!cursor) return cursor.error();
  std::unique_ptr<FileSink> sink(new FileSink(disk, clock, spool, options, std::move(cursor).value()));
  if (const auto& kept = sink->cursor_file_.kept()) sink->cursor_ = *kept;
  sink->cursor_.position = std::min(sink->cursor_.position, spool.found_end_position());
  if (auto opened = sink->open_file(); !opened) {
    const char* const help = sink->lacks_reader_ ? " before the daemon" : "; make it writable";
    return Error{opened.error().message + help + ", or choose another path for " + options.spec, opened.error().kind};
  }
  return sink;
}

Result<void> FileSink::open_file() {
  pending_ = {};
  note_folders();
  if (auto made = make_parent_folders(options_.path); !made) return made;
  const int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // of a pipe, nobody waits for the reader
  struct stat there {};
  FileDescriptor fd;
  if (::stat(options_.path.c_str(), &there) != 0 || S_ISREG(there.st_mode)) {
    fd.reset(::open(options_.path.c_str(), O_RDWR | flags, 0644));  // for reading, too: how its last line ends
  }
  if (!fd) fd.reset(::open(options_.path.c_str(), O_WRONLY | flags, 0644));
  lacks_reader_ = !fd && errno == ENXIO && S_ISFIFO(there.st_mode);
  if (lacks_reader_) return Error{"cannot write " + options_.path + ": nobody reads this pipe; start its reader"};
  if (!fd) return system_error("write", options_.path);
  auto status = file_status(fd.get(), options_.path);
  if (!status) return status.error();
  is_regular_ = S_ISREG(status->st_mode);
  fd_ = std::move(fd);
  OutputFile found{status->st_dev, status->st_ino, is_regular_ ? static_cast<std::uint64_t>(status->st_size) : 0};
  find_position(found);
  cursor_.output = found;
  ends_within_line_ = ends_within_line(found.bytes);
  synced_ms_ = clock_.elapsed_ms();
  unsynced_ = is_regular_ && cursor_.synced_position != cursor_.position;
  counts_.connects.add(1);
  counts_.connected = true;
  keep_cursor();
  return {};
}

// The file's own, whoever made that, and each in which one of those that are missing gets its name.
void FileSink::note_folders() {
  std::error_code failure;
  std::filesystem::path folder = std::filesystem::absolute(without_links(options_.path), failure).parent_path();
  for (;; folder = folder.parent_path()) {
    const auto known = std::find(unsynced_folders_.begin(), unsynced_folders_.end(), folder.string());
    if (known == unsynced_folders_.end()) unsynced_folders_.push_back(folder.string());
    if (std::filesystem::exists(folder, failure) || folder == folder.parent_path()) return;
  }
}

Result<void> FileSink::sync_folders() {
  while (!unsynced_folders_.empty()) {
    const std::string& folder = unsynced_folders_.back();
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
      log_warn("{} may not be read, so it is not synced: a loss of power may take {}", folder, options_.path);
    } else if (auto synced = disk_.sync_folder(folder); !synced && synced.error().kind != ErrorKind::not_found) {
      return synced;
    }
    unsynced_folders_.pop_back();
  }
  return {};
}

bool FileSink::ends_within_line(std::uint64_t file_bytes) const {
  if (!is_regular_ || file_bytes == 0) return false;
  char last = '\n';
  if (::pread(fd_.get(), &last, 1, static_cast<off_t>(file_bytes - 1)) != 1) {
    // It may be written, but not be read.
    log_warn("{}: cannot see how its last line ends", options_.path);
  }
  return last != '\n';
}

Result<void> FileSink::end_torn_line() {
  std::size_t written = 0;
  if (auto ended = write_all(fd_.get(), options_.path, "\n", written); !ended) return ended;
  ends_within_line_ = false;
  cursor_.output.bytes += written;
  keep_cursor();
  return {};
}

void FileSink::find_position(const OutputFile& found) {
  const OutputFile& kept = cursor_.output;
  const bool is_same = found.device == kept.device && found.inode == kept.inode;
  // Shorter: a loss of power took what was not synced (or somebody emptied it, and gets the last second again).
  if (is_same && found.bytes < kept.bytes) cursor_.position = std::min(cursor_.position, cursor_.synced_position);
  cursor_.synced_position = std::min(cursor_.synced_position, cursor_.position);
}

bool FileSink::do_work(int wait_ms) {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (reopen_.exchange(false)) {
    keep_errors(sync_file());
    fd_.reset();
    counts_.connected = false;
    again_ms_ = now_ms;
  }
  if (now_ms < again_ms_) {
    wait(UINT64_MAX, std::min<ElapsedMillis>(wait_ms, again_ms_ - now_ms));
    return false;
  }
  spool_fails_ = false;
  Result<void> done;
  if (!fd_) done = open_file();
  if (done && ends_within_line_) done = end_torn_line();
  Result<bool> wrote = false;
  if (done) wrote = write_piece();
  if (!wrote) done = wrote.error();
  if (done && now_ms - synced_ms_ >= kSyncEveryMs) done = sync_file();
  keep_errors(done);
  if (!done) return false;
  if (*wrote) return true;
  ElapsedMillis at_most_ms = wait_ms;
  if (unsynced_) at_most_ms = std::min(at_most_ms, std::max<ElapsedMillis>(0, kSyncEveryMs - (now_ms - synced_ms_)));
  wait(cursor_.position, at_most_ms);
  return false;
}

void FileSink::wait(std::uint64_t seen, ElapsedMillis at_most_ms) {
  if (at_most_ms > 0) spool_.wait_for_lines(seen, std::chrono::milliseconds(at_most_ms));
}

Result<bool> FileSink::write_piece() {
  if (pending_.empty()) {
    auto piece = spool_.read(cursor_.position, kPieceBytes);
    spool_fails_ = !piece;
    if (!piece) return piece.error();
    pending_ = piece->lines;
    piece_bytes_ = pending_.size();
    piece_next_ = piece->next;
    if (pending_.empty()) {
      if (piece->next == cursor_.position) return false;
      if (!unsynced_) cursor_.synced_position = piece->next;  // marks alone
      cursor_.position = piece->next;
      keep_cursor();
      return true;
    }
  }
  std::size_t written = 0;
  auto done = write_pending(written);
  const bool has_to_wait = !done && (errno == EAGAIN || errno == EWOULDBLOCK);
  counts_.sent(pending_.substr(0, written));
  if (written > 0) {
    pending_.remove_prefix(written);
    // A line that is there in part counts as not written: another process begins it anew.
    const std::size_t piece_written = piece_bytes_ - pending_.size();
    const char* const piece = pending_.data() - piece_written;
    const std::size_t newline = std::string_view(piece, piece_written).rfind('\n');
    if (pending_.empty()) {
      cursor_.position = piece_next_;
    } else if (newline != std::string_view::npos) {
      cursor_.position = spool_.position_in_piece(newline + 1);
    }
    if (is_regular_) cursor_.output.bytes += written;
    if (is_regular_) unsynced_ = true;
    if (!is_regular_) cursor_.synced_position = cursor_.position;
    keep_cursor();
  }
  if (!done && !has_to_wait) {
    if (!is_regular_) {  // a pipe's next reader knows nothing of the line that was begun
      pending_ = {};
      fd_.reset();
    }
    return done.error();
  }
  if (has_to_wait) again_ms_ = clock_.elapsed_ms() + 10;
  return true;
}

Result<void> FileSink::write_pending(std::size_t& written) {
  if (is_regular_) return write_all(fd_.get(), options_.path, pending_, written);
  while (written < pending_.size()) {
    std::size_t count = 0;
    auto done = write_all(fd_.get(), options_.path, pipe_piece(pending_.substr(written)), count);
    written += count;
    if (!done) return done;
  }
  return {};
}

Result<void> FileSink::sync_file() {
  synced_ms_ = clock_.elapsed_ms();
  if (!fd_ || !unsynced_) return {};
  if (::fdatasync(fd_.get()) != 0) {
    const Error failure = system_error("sync", options_.path);
    // Nothing is known of what the disk has: what was not synced comes again.
    pending_ = {};
    cursor_.position = cursor_.synced_position;
    fd_.reset();
    keep_cursor();
    return failure;
  }
  if (auto synced = sync_folders(); !synced) return synced;
  unsynced_ = false;
  cursor_.synced_position = cursor_.position;
  keep_cursor();
  return {};
}

void FileSink::keep_cursor() {
  counts_.delivered_position.set(cursor_.position);
  auto kept = cursor_file_.keep(cursor_);
  if (!kept && cursor_log_.allow(clock_.elapsed_ms())) {
    log_warn("{}; after a restart, lines of {} come again", kept.error().message, options_.spec);
  }
  spool_.trim(cursor_.synced_position);
}

void FileSink::keep_errors(const Result<void>& result) {
  failing_ = !result;
  if (result) {
    if (fd_) backoff_.reset();
    return;
  }
  counts_.failures.add(1);
  counts_.connected = static_cast<bool>(fd_);
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  again_ms_ = now_ms + backoff_.next_ms();
  RateLimit& log = spool_fails_ ? spool_log_ : failure_log_;
  if (log.allow(now_ms)) log_error("{}; it is tried again, and lines wait until then", result.error().message);
}

bool FileSink::delivered_all() const { return pending_.empty() && cursor_.position >= spool_.end_position(); }

void FileSink::reopen() {
  reopen_ = true;
  spool_.wake();
}

void FileSink::close() {
  keep_errors(sync_file());
  fd_.reset();
  counts_.connected = false;
}

}  // namespace streamd
