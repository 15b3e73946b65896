#include "source/verdict_entries.h"

#include <utility>

#include "base/log.h"
#include "wire/json_text.h"
#include "wire/ndjson_reader.h"

namespace streamd {
namespace {

constexpr std::size_t kMaxScalarBytes = 1024;
constexpr std::size_t kMaxTargetBytes = 64;  // no symbol is longer

// Compact; empty for null, for what is no scalar, and for what is too long to be carried in every decision.
std::string scalar_json(const FieldValue& value) {
  std::string json;
  switch (value.form) {
    case FieldValue::number: json = value.text; break;
    case FieldValue::literal: json = value.text == "null" ? "" : value.text; break;
    case FieldValue::string:
      if (value.text.size() <= kMaxScalarBytes) append_json_string(json, value.text);
      break;
    case FieldValue::absent:
    case FieldValue::container: break;
  }
  return json.size() > kMaxScalarBytes ? std::string() : json;
}

// The sensor writes "+1", "0", "-1"; plain numbers are understood, too.
std::optional<int> read_direction(const FieldValue& value) {
  if (value.form == FieldValue::string) {
    if (value.text == "+1" || value.text == "1") return 1;
    if (value.text == "-1") return -1;
    if (value.text == "0") return 0;
  }
  double number = 0;
  if (value.form != FieldValue::number || !parse_decimal(value.text, number)) return {};
  if (number != 1 && number != -1 && number != 0) return {};
  return static_cast<int>(number);
}

}  // namespace

void GateEntries::restart() {
  last_.reset();
  unfinished_.reset();
}

bool GateEntries::take(std::string_view line, bool finished) {
  if (!object_.read(line)) return false;
  if (object_[0].form != FieldValue::literal || object_[0].text != "true") return true;
  (finished ? last_ : unfinished_) = read_allowing();
  return true;
}

GateVerdict GateEntries::read_allowing() const {
  GateVerdict verdict;
  verdict.open = true;
  double slip_bps = 0;
  if (object_[1].form == FieldValue::number && parse_decimal(object_[1].text, slip_bps)) {
    verdict.allowed_slip_bps = slip_bps;
  }
  verdict.reason_json = scalar_json(object_[2]);
  verdict.timestamp_json = scalar_json(object_[3]);
  return verdict;
}

GateVerdict GateEntries::verdict() const {
  if (unfinished_) return *unfinished_;
  return last_.value_or(GateVerdict());
}

void InfluenceEntries::restart() {
  readings_.clear();
  changed_.clear();
  unfinished_.reset();
  restarted_ = true;
}

bool InfluenceEntries::take(std::string_view line, bool finished) {
  if (!object_.read(line)) return false;
  const FieldValue& target = object_[0];
  if (target.form != FieldValue::string || target.text.empty() || target.text.size() > kMaxTargetBytes) return false;
  const auto direction = read_direction(object_[1]);
  if (!direction) return false;
  if (*direction != 0) add(target.text, *direction, finished);
  return true;
}

void InfluenceEntries::add(std::string_view target, int direction, bool finished) {
  auto found = readings_.find(target);
  if (found == readings_.end()) {
    if (readings_.size() >= max_targets_) {
      if (ignored_.get() == 0) {
        log_warn("influence: more than {} targets; the entries of further ones are ignored", max_targets_);
      }
      if (finished) ignored_.add(1);
      return;
    }
    found = readings_.emplace(target, Directions()).first;
  }
  Directions& directions = found->second;
  if (!finished) unfinished_ = Undo{found->first, directions};
  bool& flag = direction > 0 ? directions.up : directions.down;
  if (!std::exchange(flag, true)) changed_.insert(found->first);
}

void InfluenceEntries::drop_unfinished() {
  if (!unfinished_) return;
  const Undo undo = *std::exchange(unfinished_, std::nullopt);
  changed_.insert(undo.target);
  if (undo.before == Directions()) {
    readings_.erase(undo.target);
  } else {
    readings_[undo.target] = undo.before;
  }
}

// It was given a direction that no entry carries any more.
bool InfluenceEntries::is_taken_back(const std::string& target) const {
  const auto given = given_->find(target);
  if (given == given_->end()) return false;
  const auto now = readings_.find(target);
  const Directions directions = now == readings_.end() ? Directions() : now->second;
  return (given->second.up && !directions.up) || (given->second.down && !directions.down);
}

std::optional<InfluenceUpdate> InfluenceEntries::update() {
  const bool restarted = std::exchange(restarted_, false);
  if (!given_ || restarted) {
    changed_.clear();
    if (given_ == readings_) return {};
    given_ = readings_;
    return all();
  }
  InfluenceUpdate update;
  update.replaces_all = false;
  for (const std::string& target : std::exchange(changed_, {})) {
    // An update can only add directions.
    if (is_taken_back(target)) {
      given_ = readings_;
      return all();
    }
    const auto now = readings_.find(target);
    if (now == readings_.end()) continue;
    Directions& given = (*given_)[target];
    if (given == now->second) continue;
    given = now->second;
    update.readings.push_back({target, given.up, given.down});
  }
  if (update.readings.empty()) return {};
  return update;
}

InfluenceUpdate InfluenceEntries::all() const {
  InfluenceUpdate update;
  for (const auto& [target, directions] : readings_) {
    update.readings.push_back({target, directions.up, directions.down});
  }
  return update;
}

}  // namespace streamd
