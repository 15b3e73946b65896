#include "source/newest_file.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "wire/ndjson_reader.h"

namespace streamd {
namespace {

constexpr std::string_view kEnding = ".jsonl";
constexpr std::size_t kMaxLineBytes = 1 << 20;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kEndBytes = 4096;  // by which a file that has grown is known again, at both ends
constexpr std::int64_t kClockTickMs = 100;

std::int64_t nanoseconds(const struct timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

bool has_bytes_at(int fd, const std::string& path, std::string_view expected, std::uint64_t offset) {
  std::string bytes(expected.size(), '\0');
  auto count = read_at(fd, path, bytes.data(), bytes.size(), offset);
  return count && *count == expected.size() && bytes == expected;
}

}  // namespace

NewestFile::NewestFile(std::string folder, std::string prefix, EntryReader& entries, const Clock& clock)
    : folder_(std::move(folder)),
      prefix_(std::move(prefix)),
      entries_(entries),
      clock_(clock),
      buffer_(kReadBytes + kReadSlack) {}

NewestFile::Version NewestFile::version_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

std::string NewestFile::path_of(const std::string& name) const { return folder_ + "/" + name; }

// Newest first.
std::vector<std::string> NewestFile::names() {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_.c_str()), ::closedir);
  if (folder == nullptr) {
    const Error error = system_error("read", folder_);
    if (error.kind != ErrorKind::not_found) warn(error);
    return names;
  }
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.size() < prefix_.size() + kEnding.size() || !name.starts_with(prefix_) || !name.ends_with(kEnding)) {
      continue;
    }
    names.emplace_back(name);
  }
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

void NewestFile::look() {
  STREAMD_CHECK(at_end());
  for (const std::string& name : names()) {
    struct stat status {};
    // A link that leads nowhere, a folder, or gone by now: the next one counts.
    if (::stat(path_of(name).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    modified_ms_ = nanoseconds(status.st_mtim) / 1'000'000;
    if (take_up(name, version_of(status))) return;
  }
  modified_ms_.reset();
  forget("");
}

// False when it is gone by now.
bool NewestFile::take_up(const std::string& name, const Version& seen) {
  const bool once_more = once_more_ms_ && clock_.elapsed_ms() >= *once_more_ms_;
  if (readable_ && name == name_ && seen == version_ && !once_more) return true;
  const std::string path = path_of(name);
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));  // it may be a pipe by now
  if (!fd) {
    const Error error = system_error("read", path);
    if (error.kind == ErrorKind::not_found) return false;
    fail(name, error);
    return true;
  }
  auto status = file_status(fd.get(), path);
  if (!status) {
    fail(name, status.error());
    return true;
  }
  if (!S_ISREG(status->st_mode)) return false;
  const Version now = version_of(*status);
  const bool same = name == name_ && now == version_;
  const bool continued = name == name_ && is_continued(fd.get(), path, now);
  begin(name, std::move(fd), now, continued);
  once_more_ms_.reset();
  if (!same && clock_.wall_ms() - now.modified_ns / 1'000'000 < kClockTickMs) {
    once_more_ms_ = clock_.elapsed_ms() + kClockTickMs;
  }
  return true;
}

// The file that was read, with more behind it.
bool NewestFile::is_continued(int fd, const std::string& path, const Version& now) const {
  return readable_ && version_ && now.is_same_file(*version_) && now.size > offset_ &&
         has_bytes_at(fd, path, head_, 0) && has_bytes_at(fd, path, tail_, offset_ - tail_.size());
}

void NewestFile::begin(const std::string& name, FileDescriptor fd, const Version& now, bool continued) {
  if (continued) {
    entries_.drop_unfinished();
  } else {
    if (name != name_ || !version_ || !now.is_same_file(*version_)) counted_bad_lines_ = 0;
    pass_bad_lines_ = 0;
    offset_ = 0;
    head_.clear();
    tail_.clear();
    lines_.emplace(kMaxLineBytes);
    entries_.restart();
  }
  name_ = name;
  readable_ = true;
  version_ = now;
  fd_ = std::move(fd);
  if (now.size == 0) finish_pass();
}

// There is no file, or none that can be read.
void NewestFile::forget(const std::string& name) {
  if (readable_) entries_.restart();
  name_ = name;
  readable_ = false;
  version_.reset();
  once_more_ms_.reset();
  lines_.reset();
  fd_.reset();
}

void NewestFile::fail(const std::string& name, const Error& error) {
  if (name != name_) failure_log_.reset();
  warn(error);
  forget(name);
}

void NewestFile::warn(const Error& error) {
  if (failure_log_.allow(clock_.elapsed_ms())) log_warn("{}; nothing in it counts", error.message);
}

bool NewestFile::read(std::size_t& bytes) {
  bool any = false;
  while (fd_ && bytes > 0) {
    const std::size_t wanted = std::min({kReadBytes, bytes, static_cast<std::size_t>(version_->size - offset_)});
    auto count = read_at(fd_.get(), path_of(name_), buffer_.data(), wanted, offset_);
    if (!count) {
      fail(name_, count.error());
      return true;
    }
    any = true;
    bytes -= *count;
    remember_ends({buffer_.data(), *count});
    offset_ += *count;
    lines_->feed({buffer_.data(), *count}, *this);
    // Shorter than it was a moment ago: it is being written anew, and the next look finds it changed.
    if (*count < wanted || offset_ == version_->size) finish_pass();
  }
  return any;
}

void NewestFile::remember_ends(std::string_view bytes) {
  if (head_.size() < kEndBytes) head_.append(bytes.substr(0, kEndBytes - head_.size()));
  tail_.append(bytes.substr(bytes.size() - std::min(bytes.size(), kEndBytes)));
  if (tail_.size() > kEndBytes) tail_.erase(0, tail_.size() - kEndBytes);
}

void NewestFile::finish_pass() {
  fd_.reset();
  const std::string_view unfinished = lines_->unfinished();
  if (!is_blank_line(unfinished)) entries_.take(unfinished, false);
}

void NewestFile::on_line(std::string_view line, std::uint64_t offset) {
  if (!is_blank_line(line) && !entries_.take(line, true)) count_bad(offset);
}

void NewestFile::on_long_line(std::string_view, std::uint64_t offset, bool last) {
  if (last) count_bad(offset);
}

void NewestFile::count_bad(std::uint64_t offset) {
  if (++pass_bad_lines_ <= counted_bad_lines_) return;
  counted_bad_lines_ = pass_bad_lines_;
  bad_lines_.add(1);
  if (!bad_line_log_.allow(clock_.elapsed_ms())) return;
  log_warn("{}: skipped the line at byte {}, it is no entry; {} such lines so far", path_of(name_), offset,
           bad_lines_.get());
}

}  // namespace streamd
