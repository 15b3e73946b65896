// What a sink's other end has got: lines of decisions or bars, the repeated ones once. A line that comes again must be
// the same, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace streamd {

// As it stands there, quotes of texts left out; of the first key of that name. Empty: there is none.
std::string_view field_of(std::string_view line, std::string_view name);

class DeliveredLines {
 public:
  enum class Keep { lines, keys };  // keys: and a hash of each line
  explicit DeliveredLines(Keep keep = Keep::lines) : keep_(keep) {}

  void add(const std::string& line);
  // All lines of a file, its last one too where it is not ended.
  void add_file(const std::string& path);

  std::size_t distinct() const { return lines_.size(); }
  std::size_t all() const { return all_; }
  bool has(const std::string& key) const { return lines_.contains(key); }
  // "<timestamp> <symbol>", for bars "<ts_ms> <symbol> <revision>" → the line (its hash, where only keys are kept).
  const std::unordered_map<std::string, std::string>& by_key() const { return lines_; }
  // Keys in the order in which they came first.
  const std::vector<std::string>& order() const { return order_; }
  // Of decisions.
  std::set<std::string> run_ids() const;
  // Lines that came again with other bytes.
  const std::vector<std::string>& conflicts() const { return conflicts_; }
  // Lines that are none from beginning to end.
  const std::vector<std::string>& torn() const { return torn_; }

 private:
  Keep keep_;
  std::unordered_map<std::string, std::string> lines_;
  std::vector<std::string> order_;
  std::vector<std::string> conflicts_;
  std::vector<std::string> torn_;
  std::size_t all_ = 0;
};

// Every row of stream_actions is there once, and its line says the same; and there is no other line. No line came again
// with other bytes.
void expect_every_decision(const std::string& db, const DeliveredLines& lines, std::size_t expected);
// The same of keys alone.
void expect_every_key(const std::string& db, const DeliveredLines& lines, std::size_t expected);

}  // namespace streamd
