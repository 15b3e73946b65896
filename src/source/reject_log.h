// Where refused lines go: counted by reason, logged at a bounded rate (the first ones, then a summary every 10 s),
// and kept whole in the reject file when there is one. One thread; the counts may be read by any.
// A record of the reject file is one JSON object a line:
//   {"reason","source","offset","line"}          offset: of the line's first byte in its source
//   "line_base64" instead of "line" where the bytes are not UTF-8
//   "piece": 0, 1, …, "last": true|false         where the line was longer than --max-line-bytes: its pieces in order
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "base/result.h"
#include "io/file.h"
#include "source/secret_mask.h"
#include "wire/reject.h"

namespace streamd {

class RejectLog {
 public:
  RejectLog(Counters& counters, const Clock& clock);

  // Keeps every line in this file from now on.
  Result<void> open_file(const std::string& path);
  // From now on this is written nowhere: a line that is refused may hold it.
  void hide(std::string secret) { mask_ = SecretMask(std::move(secret)); }
  // The file was moved away (log rotation).
  void reopen_file();

  void add(RejectReason reason, std::string_view source, std::uint64_t offset, std::string_view line);
  // A line too long, in pieces; counted with its last.
  void add_piece(std::string_view source, std::uint64_t offset, std::string_view piece, std::uint64_t piece_number,
                 bool last);

  // Writes what waits and the summary that is due. After each batch, and at the end.
  void flush(bool at_end = false);
  // Bytes that could not be written to the reject file yet.
  std::size_t waiting_bytes() const { return waiting_.size(); }
  // The reject file cannot be written and much waits: nothing more should be read.
  bool is_full() const { return waiting_.size() > kMaxWaitingBytes; }

  std::uint64_t count(RejectReason reason) const { return by_reason_[static_cast<std::size_t>(reason)].get(); }
  // "reason=n reason=n", the reasons that occurred.
  std::string summary() const;

 private:
  static constexpr std::size_t kMaxWaitingBytes = 4 << 20;
  static constexpr int kLoggedFirst = 10;

  void count_and_log(RejectReason reason, std::string_view source, std::uint64_t offset, std::string_view line);
  void write_record(std::string_view reason, std::string_view source, std::uint64_t offset, std::string_view line,
                    std::string_view extra);
  void log_summary();

  Counters& counters_;
  const Clock& clock_;
  std::array<Counter, kRejectReasons> by_reason_;
  int logged_ = 0;
  std::uint64_t unlogged_ = 0;
  ElapsedMillis last_summary_ms_ = 0;
  std::string path_;
  FileDescriptor file_;
  SecretMask mask_;
  std::string masked_;
  std::string waiting_;
  RateLimit failure_log_{10'000};
};

}  // namespace streamd
