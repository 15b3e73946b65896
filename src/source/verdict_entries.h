// What the lines of a capital_controls file and of an influence_tensor file say, taken together.
// The intake's thread only, but for the counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/counters.h"
#include "market/verdict.h"
#include "source/newest_file.h"
#include "wire/json_object_reader.h"

namespace streamd {

// The last entry whose "allowed" is true; those that allow nothing do not take it back.
class GateEntries final : public EntryReader {
 public:
  void restart() override;
  bool take(std::string_view line, bool finished) override;
  void drop_unfinished() override { unfinished_.reset(); }

  // Open if there is such an entry; without the source.
  GateVerdict verdict() const;

 private:
  GateVerdict read_allowing() const;

  JsonObjectReader object_{{"allowed", "slip_bps", "reason", "timestamp"}};
  std::optional<GateVerdict> last_;
  std::optional<GateVerdict> unfinished_;
};

// The directions that each target's entries carry. Of more than `max_targets` targets the later ones are ignored.
class InfluenceEntries final : public EntryReader {
 public:
  explicit InfluenceEntries(std::size_t max_targets) : max_targets_(max_targets) {}

  void restart() override;
  bool take(std::string_view line, bool finished) override;
  void drop_unfinished() override;

  // What has changed since the last call; the first gives all. Nothing when nothing has.
  std::optional<InfluenceUpdate> update();
  // Entries of targets beyond max_targets. Any thread.
  std::uint64_t ignored() const { return ignored_.get(); }

 private:
  struct Directions {
    bool up = false;
    bool down = false;

    friend bool operator==(const Directions&, const Directions&) = default;
  };
  using Readings = std::map<std::string, Directions, std::less<>>;
  struct Undo {
    std::string target;
    Directions before;
  };

  void add(std::string_view target, int direction, bool finished);
  bool is_taken_back(const std::string& target) const;
  InfluenceUpdate all() const;

  const std::size_t max_targets_;
  JsonObjectReader object_{{"target", "symbol"}};
  Readings readings_;
  std::optional<Readings> given_;
  std::set<std::string, std::less<>> changed_;
  bool restarted_ = false;
  std::optional<Undo> unfinished_;
  Counter ignored_;
};

}  // namespace streamd
