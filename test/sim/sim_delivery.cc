#include "sim/sim_delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "wire/delivered_line.h"

namespace streamd::sim {
namespace {

constexpr std::uint64_t kOpen = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kEarlierCursors = 8;

void must(const Result<void>& done) {
  if (!done) throw std::runtime_error(done.error().message);
}

}  // namespace

void SimSink::attach(const Spool& spool) {
  cursor_ = std::min(cursor_, spool.found_end_position());
  if (joined_ && !spool.point()) {
    throw std::runtime_error("the spool of " + name_ + " does not know any more how far it is");
  }
  const bool open = spool.gap_is_open();
  if (open && !gap_is_open_) gaps_.push_back({spool.point()->position, kOpen});
  if (!open && gap_is_open_) gaps_.back().until = spool.point()->position;
  gap_is_open_ = open;
}

void SimSink::begin_journal(const Spool& spool, std::uint64_t position) {
  if (!joined_) joined_ = position;
  if (spool.gap_is_open()) gaps_.back().from = std::min(gaps_.back().from, position);
}

void SimSink::follow_gap(const Spool& spool) {
  if (spool.gap_is_open() == gap_is_open_) return;
  gap_is_open_ = !gap_is_open_;
  if (gap_is_open_) {
    gaps_.push_back({spool.point()->position, kOpen});
  } else {
    gaps_.back().until = spool.point()->position - 1;  // what closed it is there
  }
}

bool SimSink::act(Random& random, Spool& spool, bool patient) {
  if (patient) hangs_for_ = 0;
  if (hangs_for_ > 0) {
    --hangs_for_;
    return false;
  }
  if (!patient && chance(random, 0.03)) hangs_for_ = static_cast<int>(between(random, 1, 100));
  auto piece = spool.read(cursor_, static_cast<std::size_t>(between(random, 1, 3000)));
  if (!piece) throw std::runtime_error(piece.error().message);
  std::string_view lines = piece->lines;
  while (!lines.empty()) {
    const std::size_t newline = lines.find('\n');
    if (newline == std::string_view::npos) throw std::runtime_error(name_ + " got a part of a line");
    received_.emplace(lines.substr(0, newline));
    lines.remove_prefix(newline + 1);
  }
  const bool any = piece->next != cursor_;
  if (any) {
    earlier_cursors_.push_back(cursor_);
    if (earlier_cursors_.size() > kEarlierCursors) earlier_cursors_.pop_front();
    cursor_ = piece->next;
  }
  if (patient || chance(random, 0.5)) spool.trim(cursor_);
  return any;
}

void SimSink::lose_cursor(Random& random, bool power_lost) {
  hangs_for_ = 0;
  if (!earlier_cursors_.empty() && chance(random, power_lost ? 0.5 : 0.2)) {
    cursor_ = earlier_cursors_[static_cast<std::size_t>(
        between(random, 0, static_cast<std::int64_t>(earlier_cursors_.size()) - 1))];
  }
  if (power_lost && chance(random, 0.1)) cursor_ = 0;
  earlier_cursors_.clear();
}

std::string SimSink::compare(const Replay& replay, bool history_was_cut, bool journal_was_trimmed,
                             const std::unordered_set<std::string>& other_lines) const {
  std::unordered_set<std::string_view> made;
  for (const ReplayedLine& line : replay.lines) {
    if (line.is_bar != takes_bars_) continue;
    made.insert(line.text);
    if (!joined_ || line.position <= *joined_ || received_.contains(line.text)) continue;
    const bool in_gap = std::any_of(gaps_.begin(), gaps_.end(), [&](const Gap& gap) {
      return line.position > gap.from && line.position <= gap.until;
    });
    if (in_gap || (missed_a_run_ && (journal_was_trimmed || history_was_cut))) continue;
    return fmt::format("{} did not get, of position {}: {}", name_, line.position, line.text);
  }
  std::unordered_map<std::uint64_t, std::string_view> by_key;
  for (const std::string& line : received_) {
    if (!made.contains(line) && !(history_was_cut && other_lines.contains(line))) {
      return fmt::format("{} got what nobody made: {}", name_, line);
    }
    const auto key = delivered_line_key(line);
    if (!key) return fmt::format("{} got what has no key: {}", name_, line);
    const auto [other, is_new] = by_key.emplace(*key, line);
    if (!is_new && !history_was_cut) {
      return fmt::format("{} got two lines of one key: {}\n  {}", name_, line, other->second);
    }
  }
  return "";
}

SimDelivery::SimDelivery(Random& random, SimDisk& disk, const Clock& clock, const std::vector<SimSink*>& sinks,
                         std::size_t queue_bytes)
    : random_(random), sinks_(sinks), queue_(queue_bytes) {
  std::vector<Outlet> outlets;
  for (SimSink* sink : sinks_) {
    auto spool = Spool::open(disk, sink->spool_options());
    if (!spool) throw std::runtime_error(spool.error().message);
    spools_.push_back(std::move(spool).value());
    sink->attach(*spools_.back());
    outlets.push_back(sink->outlet(*spools_.back()));
  }
  stage_ = std::make_unique<DeliveryStage>(std::move(outlets), clock, spooled_, queue_);
}

std::vector<Progress> SimDelivery::points() {
  std::vector<Progress> points;
  for (std::size_t i = 0; i < spools_.size(); ++i) {
    const auto point = spools_[i]->point();
    if (!point || point->journal_id.empty() || spools_[i]->gap_is_open()) continue;
    goes_on_.push_back(i);
    points.push_back({point->journal_id, point->position});
  }
  return points;
}

void SimDelivery::begin_replay(const std::string& id, const std::vector<std::uint64_t>& known_to_spools) {
  std::vector<std::uint64_t> known(spools_.size(), DeliveryStage::kNothingNew);
  for (std::size_t i = 0; i < goes_on_.size(); ++i) known[goes_on_[i]] = known_to_spools[i];
  must(stage_->begin_replay(id, known));
}

void SimDelivery::begin_journal(const std::string& id, std::uint64_t position) {
  must(stage_->begin_journal(id, position));
  for (std::size_t i = 0; i < sinks_.size(); ++i) sinks_[i]->begin_journal(*spools_[i], position);
}

Work SimDelivery::do_work() {
  const Work work = stage_->do_work();
  for (std::size_t i = 0; i < sinks_.size(); ++i) sinks_[i]->follow_gap(*spools_[i]);
  return work;
}

bool SimDelivery::sinks_act(bool patient) {
  bool any = false;
  for (std::size_t i = 0; i < sinks_.size(); ++i) any |= sinks_[i]->act(random_, *spools_[i], patient);
  return any;
}

void SimDelivery::empty_spools() {
  const auto is_empty = [this] {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      if (!sinks_[i]->has_all(*spools_[i])) return false;
    }
    return true;
  };
  for (int turns = 0; !is_empty() && turns < 100'000; ++turns) sinks_act(true);
  if (!is_empty()) throw std::runtime_error("a sink does not get to the end of its spool");
}

}  // namespace streamd::sim
