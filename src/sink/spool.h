// What waits for one sink, on disk in the state dir: the lines that the delivery stage appends and the sink's own thread
// takes, in order. It outlives the process; what is in it is delivered byte for byte, never computed again.
// Bounded by bytes: the owner of the appending side asks has_room() first.
// Appending, marks and sync are one thread's, reading and the cursor another's; each call says whose it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/disk.h"

namespace streamd {

// How far of which journal: all lines of the events before `position` are in the spool.
struct JournalPoint {
  std::string journal_id;  // empty without a journal
  std::uint64_t position = 0;
  friend bool operator==(const JournalPoint&, const JournalPoint&) = default;
};

struct SpoolOptions {
  std::string folder;              // of this spool alone
  std::string spec;                // of the sink, kept beside it so that people can tell
  std::uint64_t max_bytes = 8ull << 30;
  std::uint64_t segment_bytes = 16 << 20;  // made smaller where max_bytes is small, so that trimming frees room
};

class Spool {
 public:
  // Makes the folder and goes on with what is there: a record that was not written whole is cut off. Error: a folder
  // that cannot be made or read, or (kind refused) files of a version that this program does not know.
  static Result<std::unique_ptr<Spool>> open(Disk& disk, const SpoolOptions& options);
  ~Spool();

  // --- Appending side: one thread.

  // How far it is as found or appended; nothing for a fresh one, of which the beginning is not set yet.
  std::optional<JournalPoint> point() const;
  // From here on, appends are of this journal, behind `point.position` (a fresh spool's beginning, or a new history
  // after the journal was cut). The same id and position as point() change nothing.
  Result<void> begin(const JournalPoint& point);
  // Fewer bytes than max_bytes wait, or what is needed of them is much less: the rest is of one large record.
  bool has_room() const;
  bool has_much_room() const;            // a quarter of max_bytes
  std::uint64_t bytes_waiting() const;   // on disk; any thread
  std::uint64_t max_bytes() const;
  // Whole lines, of the events up to journal position `position` (which only grows under one journal id). Killing the
  // process does not lose them any more. Empty `lines` move the point alone. On an error nothing is appended, and it
  // may be tried again.
  Result<void> append(std::uint64_t position, std::string_view lines);
  // What was appended survives the loss of power when it returns. Returns the point of it.
  Result<JournalPoint> sync();
  JournalPoint synced() const;           // any thread
  // Lines were left out from point() on (a full spool that detached). Survives a restart: the gap stays open until
  // close_gap(), which goes on at `point`.
  Result<void> open_gap();
  Result<void> close_gap(const JournalPoint& point);
  bool gap_is_open() const;
  // Drops all that waits; the spool goes on empty behind what is there.
  Result<void> discard();

  // --- Reading side: one thread. Positions are the spool's own: they grow, and mean nothing else.

  std::uint64_t begin_position() const;  // of what is still kept
  std::uint64_t end_position() const;    // any thread
  // Where it ended when it was opened, whatever was appended since: a cursor beyond it is of lines that a loss of power
  // took. Sinks go back to it.
  std::uint64_t found_end_position() const;
  // Up to `size` bytes of whole lines from `from` (a line's beginning) on, and where the next read begins. A line longer
  // than `size` comes whole nevertheless. Empty at the end. The view lives until the next call.
  struct Piece {
    std::string_view lines;
    std::uint64_t next = 0;
  };
  Result<Piece> read(std::uint64_t from, std::size_t size);
  // The position of the line at `offset` of the piece that was read last.
  std::uint64_t position_in_piece(std::size_t offset) const;
  // What lies before is not needed any more: whole segments of it are removed. Beyond the end counts as the end.
  void trim(std::uint64_t before);
  // Returns when end_position() is beyond `seen`, wake() was called, or the time has passed.
  void wait_for_lines(std::uint64_t seen, std::chrono::milliseconds at_most);
  void wake();                           // any thread
  // Becomes readable (poll) after an append or wake(), until drained; for a reader that waits for a socket, too.
  int wake_descriptor() const;
  void drain_wake_descriptor();

 private:
  struct Parts;
  explicit Spool(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace streamd
