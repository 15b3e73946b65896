// The newest file by name of a folder, line by line, and later what was appended to it: for small files that other
// programs write now and then, by appending or anew. An unchanged file is not read again. Memory is bounded, and so is
// each read(). The intake's thread only, but for the counts.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "io/file.h"
#include "wire/line_splitter.h"

namespace streamd {

// What a file says.
class EntryReader {
 public:
  virtual ~EntryReader() = default;
  // Nothing that was said before holds: there is no file, or its lines follow from the first on.
  virtual void restart() = 0;
  // False: the line is a bad one and says nothing. `finished` is false for a last line without its newline: what it
  // says holds until drop_unfinished(). `line` is readable kReadSlack bytes beyond its end, and never blank.
  virtual bool take(std::string_view line, bool finished) = 0;
  // The unfinished line comes again, as it has become.
  virtual void drop_unfinished() = 0;
};

class NewestFile {
 public:
  // Files named <prefix>….jsonl.
  NewestFile(std::string folder, std::string prefix, EntryReader& entries, const Clock& clock);

  // Which file is it, and has it changed? Only when at_end().
  void look();
  // Reads on, at most `bytes`, and takes them off; false when there was nothing to read.
  bool read(std::size_t& bytes);
  // All that was there at the last look is read.
  bool at_end() const { return !fd_; }

  const std::string& name() const { return name_; }  // empty when there is none
  bool readable() const { return readable_; }
  // Modified; of an unreadable file, too. Nothing when there is no file.
  std::optional<UnixMillis> modified_ms() const { return modified_ms_; }
  std::string pattern() const { return prefix_ + "*.jsonl"; }
  const std::string& folder() const { return folder_; }

  // Of all files so far. What is read again counts once, so long as it is the same file. Any thread.
  std::uint64_t bad_lines() const { return bad_lines_.get(); }

  // Of the splitter.
  const char* take_fast(const char*) { return nullptr; }
  void on_line(std::string_view line, std::uint64_t offset);
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last);

 private:
  // A file's content at one time, as far as the system tells.
  struct Version {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    bool is_same_file(const Version& other) const { return device == other.device && inode == other.inode; }
    friend bool operator==(const Version&, const Version&) = default;
  };
  static Version version_of(const struct stat& status);

  std::vector<std::string> names();
  bool take_up(const std::string& name, const Version& seen);
  bool is_continued(int fd, const std::string& path, const Version& now) const;
  void begin(const std::string& name, FileDescriptor fd, const Version& now, bool continued);
  void forget(const std::string& name);
  void fail(const std::string& name, const Error& error);
  void warn(const Error& error);
  void remember_ends(std::string_view bytes);
  void finish_pass();
  void count_bad(std::uint64_t offset);
  std::string path_of(const std::string& name) const;

  const std::string folder_;
  const std::string prefix_;
  EntryReader& entries_;
  const Clock& clock_;

  std::string name_;
  bool readable_ = false;
  std::optional<UnixMillis> modified_ms_;
  std::optional<Version> version_;  // that was read, or is being read
  FileDescriptor fd_;               // while it is being read
  std::uint64_t offset_ = 0;        // behind what was read
  std::string head_;                // its first bytes, and
  std::string tail_;                // the last before offset_
  std::optional<LineSplitter> lines_;
  // A change within the file system's clock tick leaves no trace: what was read so soon is read once more after this.
  std::optional<ElapsedMillis> once_more_ms_;
  std::vector<char> buffer_;

  Counter bad_lines_;
  std::uint64_t pass_bad_lines_ = 0;     // since the file's beginning
  std::uint64_t counted_bad_lines_ = 0;  // of this file
  RateLimit bad_line_log_{10'000};
  RateLimit failure_log_{10'000};
};

}  // namespace streamd
