// Whether a database has the rows that its journal says: copies it, replays what there is of the journal into another
// one, up to the position that the copy is at, and compares the two. A daemon may run meanwhile: it waits only for the
// copying. All files of its own are in a folder of the state dir, and go with the object.
// One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "base/result.h"
#include "core/core.h"
#include "daemon/journal_links.h"
#include "journal/journal_segments.h"
#include "store/bar_store.h"
#include "store/row_comparison.h"

namespace streamd {

struct VerificationOptions {
  std::string db;
  std::string state_dir;
  ElapsedMillis wait_ms = 5000;  // while the database is locked
};

struct VerificationReport {
  std::string journal_id;
  std::uint64_t begin = 0;  // of the journal
  std::uint64_t end = 0;
  std::size_t segments = 0;
  std::uint64_t start = 0;                   // of the replay: 0, or a snapshot's position
  std::uint64_t stored = 0;                  // how far the database is; the replay ends there, or before damage
  std::optional<UnixMillis> first_event_ms;  // of trades and bars from the journal's beginning to there
  std::optional<UnixMillis> last_event_ms;
  std::vector<std::string> remarks;  // that do not speak against the rows
  std::vector<std::string> damage;
  Comparison comparison;

  bool agrees() const { return damage.empty() && comparison.rows_that_differ == 0 && !comparison.is_blind(); }
};

class Verification {
 public:
  // `go_on` is called between records with how many bytes of how many are read, and how many lines; false ends it.
  using GoOn = std::function<bool(std::uint64_t, std::uint64_t, std::uint64_t)>;
  Verification(VerificationOptions options, const Clock& clock, GoOn go_on)
      : options_(std::move(options)), clock_(clock), go_on_(std::move(go_on)) {}

  // Error kinds: not_found (the database or the state dir is not there), other: they cannot be compared.
  Result<VerificationReport> run();

 private:
  static constexpr std::size_t kBatchBytes = 64 << 20;

  Result<VerificationReport> verify();
  Result<void> copy_when_unlocked();
  Result<Progress> stored_progress(StoredRows& rows);
  Result<void> check_relation(const Progress& stored);
  // Fills the expected rows, up to `target` or to damage.
  Result<void> replay(std::uint64_t target);
  Result<void> choose_start(std::uint64_t target);
  Result<bool> load_snapshot(std::uint64_t position);
  Result<void> read_before_start();
  Result<void> replay_to(std::uint64_t target);
  std::string copy_path() const { return links_->folder() + "/stored.duckdb"; }
  std::string expected_path() const { return links_->folder() + "/expected.duckdb"; }
  std::vector<Coverage> coverage() const;
  void note_times(const EventBatch& events);

  const VerificationOptions options_;
  const Clock& clock_;
  const GoOn go_on_;
  SystemDisk disk_;
  Counters counters_;
  std::optional<JournalLinks> links_;
  std::vector<Segment> segments_;
  std::unique_ptr<Core> core_ = std::make_unique<Core>();
  std::unique_ptr<BarStore> expected_;
  std::vector<std::optional<Second>> boundaries_;  // by symbol number: what the snapshot may have in part
  std::uint64_t position_ = 0;                     // where the replay starts
  std::uint64_t lines_ = 0;
  bool stopped_by_damage_ = false;
  VerificationReport report_;
};

}  // namespace streamd
