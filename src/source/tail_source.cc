#include "source/tail_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/log.h"
#include "io/byte_reader.h"
#include "io/file.h"
#include "io/read_ahead.h"
#include "source/tailed_files.h"

namespace streamd {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr ElapsedMillis kPollMs = 50;
constexpr std::chrono::milliseconds kReadAheadWait{2};

std::string label_of(const std::string& path) { return "tail:" + std::filesystem::path(path).filename().string(); }

// A file that is being read.
struct OpenFile {
  std::string path;
  FileDescriptor fd;
  std::unique_ptr<ByteReader> reader;  // or
  std::unique_ptr<ReadAhead> ahead;
  LineStream stream;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t raw_offset = 0;    // behind what was taken
  std::uint64_t prefix_bytes = 0;  // identity as far as it is known: grows with what was read, to kPrefixBytes
  std::uint64_t prefix_hash = 0;
};

}  // namespace

// Files read one after another as one source.
class TailSource::Lane {
 public:
  Lane(std::vector<std::string> paths, bool follow, TailSource& tail)
      : paths_(std::move(paths)), follow_(follow), tail_(tail), buffer_(kReadBytes + kReadSlack) {
    for (const std::string& path : paths_) {
      std::error_code absent;
      const auto size = std::filesystem::file_size(path, absent);
      sizes_.push_back(absent ? 0 : size);
    }
  }

  const std::vector<std::string>& paths() const { return paths_; }
  bool follows(std::size_t index) const { return follow_ && index + 1 == paths_.size(); }
  bool finished() const { return finished_; }
  bool undrained() const { return !finished_ && !at_end_; }
  SourceId source() const { return source_; }

  void go_on_as(SourceId source) { source_ = source; }
  bool read();
  void end_batch();
  void add_progress(TailProgress& progress) const;

 private:
  enum class Opened { yes, no, skipped };
  Opened open_next();
  bool take_bytes();
  Result<std::optional<std::string_view>> next_piece();
  void reached_end();
  void follow_on();
  bool was_rewritten();
  void restart(const char* why);
  void finish_file();
  void remember(TailPosition position);
  void poll_later();
  void leave_file();
  Opened fail(const Error& error);
  void remember_identity();
  TailPosition position(bool finished);
  void start_or_relabel(const std::string& path);

  const std::vector<std::string> paths_;
  const bool follow_;
  TailSource& tail_;
  std::vector<char> buffer_;
  std::vector<std::uint64_t> sizes_;
  std::size_t next_ = 0;  // the file to open when none is
  std::optional<OpenFile> file_;
  SourceId source_ = 0;
  bool at_end_ = false;
  bool finished_ = false;
  bool advanced_ = false;  // since the last position was given
  bool from_start_ = false;  // the file was truncated: what was known of it is of no more use
  bool waiting_logged_ = false;
  RateLimit failure_log_{10'000};
  std::uint64_t to_skip_ = 0;  // decompressed bytes of the open file that are in already
  ElapsedMillis next_poll_ms_ = 0;
};

TailSource::TailSource(TailOptions options, LineIntake& intake, const Clock& clock)
    : options_(std::move(options)), intake_(intake), clock_(clock) {
  if (options_.parallel) {
    for (const std::string& path : options_.paths) {
      lanes_.push_back(std::make_unique<Lane>(std::vector{path}, options_.follow, *this));
    }
  } else if (!options_.paths.empty()) {
    lanes_.push_back(std::make_unique<Lane>(options_.paths, options_.follow, *this));
  }
}
TailSource::~TailSource() = default;

std::vector<SourceId> TailSource::go_on(const Core& core) {
  known_ = core.tail_ledger().positions();
  std::vector<SourceId> gone_on;
  for (const auto& [source, path] : core.tails()) {
    for (const auto& lane : lanes_) {
      const auto& paths = lane->paths();
      if (lane->source() != 0 || std::find(paths.begin(), paths.end(), path) == paths.end()) continue;
      lane->go_on_as(source);
      gone_on.push_back(source);
      break;
    }
  }
  return gone_on;
}

Result<void> TailSource::check_files() {
  std::map<std::pair<dev_t, ino_t>, std::string> seen;
  for (const auto& lane : lanes_) {
    for (std::size_t i = 0; i < lane->paths().size(); ++i) {
      const std::string& path = lane->paths()[i];
      auto fd = open_for_reading(path);
      if (!fd && fd.error().kind == ErrorKind::not_found && lane->follows(i)) continue;
      if (!fd) return Error{fmt::format("--tail: {}; give a file that is there, or --tail-follow to wait for it",
                                        fd.error().message)};
      auto status = file_status(fd->get(), path);
      if (!status) return status.error();
      const auto [same, is_new] = seen.try_emplace({status->st_dev, status->st_ino}, path);
      if (!is_new) return Error{fmt::format("--tail {} and {} are the same file; give it once", same->second, path)};
      if (S_ISDIR(status->st_mode)) return Error{fmt::format("--tail {}: it is a folder; name the files in it", path)};
      if (lane->follows(i) && ByteReader::is_compressed(path)) {
        return Error{fmt::format("--tail-follow {}: a compressed file cannot be followed", path)};
      }
    }
  }
  return {};
}

bool TailSource::read() {
  bool any = false;
  for (std::size_t i = 0; i < lanes_.size() && !stopped_ && !intake_.batch_is_full(); ++i) {
    any |= lanes_[next_lane_]->read();
    next_lane_ = (next_lane_ + 1) % lanes_.size();
  }
  return any;
}

void TailSource::add_undrained(std::vector<BusySource>& busy) const {
  for (const auto& lane : lanes_) {
    if (lane->undrained() && lane->source() != 0) busy.push_back({lane->source(), false, true});
  }
}

bool TailSource::finished() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->finished(); });
}

void TailSource::end_batch() {
  for (const auto& lane : lanes_) lane->end_batch();
}

TailProgress TailSource::progress() const {
  TailProgress progress;
  for (const auto& lane : lanes_) lane->add_progress(progress);
  return progress;
}

bool TailSource::Lane::read() {
  if (finished_) return false;
  if (at_end_ && tail_.clock_.elapsed_ms() < next_poll_ms_) return false;
  if (!file_) {
    switch (open_next()) {
      case Opened::no: return false;
      case Opened::skipped: return true;
      case Opened::yes: break;
    }
  }
  return take_bytes();
}

TailSource::Lane::Opened TailSource::Lane::open_next() {
  const std::string& path = paths_[next_];
  auto fd = open_for_reading(path);
  if (!fd && fd.error().kind == ErrorKind::not_found && follows(next_)) {
    if (!waiting_logged_) log_info("waiting for {}", path);
    waiting_logged_ = true;
    poll_later();
    return Opened::no;
  }
  if (!fd) return fail(fd.error());
  auto status = file_status(fd->get(), path);
  auto known = find_tailed(tail_.known_, fd->get(), path);
  if (!status || !known) return fail(status ? known.error() : status.error());
  std::uint64_t offset = 0;
  if (from_start_) {
    from_start_ = false;
  } else if (*known && !tail_.options_.again) {
    const TailPosition& before = **known;
    const bool compressed = ByteReader::is_compressed(path);
    const bool grown = !compressed && static_cast<std::uint64_t>(status->st_size) > before.offset;
    if (before.finished && !grown && !follows(next_)) {
      log_info("{} is in already (as {}); --tail-again reads it once more", path, before.path);
      leave_file();
      return Opened::skipped;
    }
    if (compressed || static_cast<std::uint64_t>(status->st_size) >= before.offset) offset = before.offset;
  } else if (*known) {
    log_warn("{} is in already; its trades count again", path);
  } else if (const auto* old = follows(next_) ? find_unfinished(tail_.known_, path) : nullptr) {
    log_warn("{} is another file now; what was added to the old one behind byte {} was not read", path, old->offset);
  }
  if (offset > 0) log_info("{}: going on at byte {}", path, offset);

  FileDescriptor file = std::move(fd).value();
  auto reader = ByteReader::open(file.get(), path);
  to_skip_ = reader->seek(offset) ? 0 : offset;
  const std::uint64_t raw_offset = reader->raw_offset();
  std::unique_ptr<ReadAhead> ahead;
  // Not side by side, where it would be a thread a file, and not a followed file, which is asked for its end.
  if (!tail_.options_.parallel && !follows(next_)) {
    ahead = std::make_unique<ReadAhead>(std::move(reader), kReadBytes, kReadSlack);
  }
  file_.emplace(OpenFile{path, std::move(file), std::move(reader), std::move(ahead),
                         LineStream(path, tail_.intake_.limits().max_line_bytes, offset), status->st_dev,
                         status->st_ino, raw_offset});
  start_or_relabel(path);
  file_->stream.source = source_;
  at_end_ = false;
  waiting_logged_ = false;
  return Opened::yes;
}

void TailSource::Lane::start_or_relabel(const std::string& path) {
  if (source_ == 0) {
    source_ = tail_.intake_.start_source(label_of(path), path);
  } else {
    tail_.intake_.relabel_source(source_, label_of(path));
  }
}

bool TailSource::Lane::take_bytes() {
  if (at_end_ && was_rewritten()) {
    restart("was truncated");
    from_start_ = true;
    return true;
  }
  auto piece = next_piece();
  if (!piece) return fail(piece.error()) == Opened::skipped;
  if (!*piece) return true;
  std::string_view bytes = **piece;
  if (bytes.empty()) {
    reached_end();
    return !at_end_;
  }
  at_end_ = false;
  const auto in_already = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, bytes.size()));
  to_skip_ -= in_already;
  bytes.remove_prefix(in_already);
  advanced_ = true;
  tail_.intake_.feed(file_->stream, bytes);
  return true;
}

// The file's next bytes, empty at its end; nothing while they are being read.
Result<std::optional<std::string_view>> TailSource::Lane::next_piece() {
  if (file_->ahead != nullptr) {
    const ReadAhead::Block* block = file_->ahead->next(kReadAheadWait);
    if (block == nullptr) return std::optional<std::string_view>();
    if (block->error) return *block->error;
    file_->raw_offset = block->raw_offset;
    return std::optional(block->bytes);
  }
  auto count = file_->reader->read(buffer_.data(), kReadBytes);
  if (!count) return count.error();
  file_->raw_offset = file_->reader->raw_offset();
  return std::optional(std::string_view(buffer_.data(), *count));
}

void TailSource::Lane::reached_end() {
  if (follows(next_)) {
    follow_on();
  } else {
    finish_file();
  }
}

// At the end of a followed file: it may have been moved away and made anew.
void TailSource::Lane::follow_on() {
  poll_later();
  remember_identity();
  struct stat named {};
  if (::stat(file_->path.c_str(), &named) != 0) return;  // moved away; the new one is not there yet
  // While the new one is empty, its writer may not have noticed, and still write to the old one.
  if ((named.st_ino != file_->inode || named.st_dev != file_->device) && named.st_size > 0) {
    // Bytes may have been added between the read and the move: only an end that was seen after the move is one.
    char byte;
    auto more = read_at(file_->fd.get(), file_->path, &byte, 1, file_->raw_offset);
    if (more && *more > 0) {
      at_end_ = false;
      return;
    }
    tail_.intake_.finish(file_->stream);
    remember(position(true));
    restart("was rotated");
  }
}

// Shorter than what was read, or (grown again since) of another beginning.
bool TailSource::Lane::was_rewritten() {
  auto status = file_status(file_->fd.get(), file_->path);
  if (!status) return false;
  if (static_cast<std::uint64_t>(status->st_size) < file_->raw_offset) return true;
  if (file_->prefix_bytes == 0) return false;
  auto hash = hash_prefix(file_->fd.get(), file_->path, file_->prefix_bytes);
  return hash && *hash != file_->prefix_hash;
}

// The followed path begins anew. A torn last line of the old content will not be finished any more.
void TailSource::Lane::restart(const char* why) {
  log_info("{} {}; reading the new one from its beginning", file_->path, why);
  tail_.intake_.finish(file_->stream);
  file_.reset();
  at_end_ = false;
}

void TailSource::Lane::finish_file() {
  // A torn last line that no reader can take may be finished by the next run: it then begins there again.
  const std::uint64_t last_line = file_->stream.splitter.line_offset();
  const bool taken = tail_.intake_.finish(file_->stream);
  TailPosition end = position(true);
  if (!taken) end.offset = last_line;
  log_debug("{}: read to its end", file_->path);
  remember(end);
  leave_file();
}

void TailSource::Lane::remember(TailPosition position) {
  tail_.intake_.batch().add_tail_position(std::move(position));
  advanced_ = false;
}

void TailSource::Lane::poll_later() {
  at_end_ = true;
  next_poll_ms_ = tail_.clock_.elapsed_ms() + kPollMs;
}

void TailSource::Lane::leave_file() {
  file_.reset();
  if (++next_ < paths_.size()) return;
  if (source_ != 0) tail_.intake_.end_source(source_, tail_.clock_.wall_ms());
  finished_ = true;
}

// A followed file is tried again: what is wrong may pass.
TailSource::Lane::Opened TailSource::Lane::fail(const Error& error) {
  if (follows(next_)) {
    if (failure_log_.allow(tail_.clock_.elapsed_ms())) log_error("{}; trying again", error.message);
    poll_later();
    return Opened::no;
  }
  ++tail_.failures_;
  log_error("{}; what was read of it is kept", error.message);
  if (file_ && to_skip_ == 0) remember(position(false));
  leave_file();
  return Opened::skipped;
}

void TailSource::Lane::remember_identity() {
  const std::uint64_t bytes = std::min(kPrefixBytes, file_->raw_offset);
  if (bytes == file_->prefix_bytes) return;
  auto hash = hash_prefix(file_->fd.get(), file_->path, bytes);
  if (!hash) return;
  file_->prefix_bytes = bytes;
  file_->prefix_hash = *hash;
}

TailPosition TailSource::Lane::position(bool finished) {
  remember_identity();
  return {source_, file_->path, file_->device, file_->inode, file_->prefix_bytes, file_->prefix_hash,
          file_->stream.splitter.line_offset(), finished};
}

void TailSource::Lane::end_batch() {
  if (advanced_ && file_ && to_skip_ == 0) remember(position(false));
}

void TailSource::Lane::add_progress(TailProgress& progress) const {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    progress.bytes_total += sizes_[i];
    if (i < next_ || finished_) {
      progress.bytes_done += sizes_[i];
    } else if (i == next_ && file_) {
      progress.bytes_done += std::min(sizes_[i], file_->raw_offset);
    }
  }
}

}  // namespace streamd
