#include "daemon/delivery_stage.h"

#include <algorithm>
#include <utility>

#include "base/utc_text.h"
#include "wire/json_text.h"

namespace streamd {

DeliveryStage::DeliveryStage(std::vector<Outlet> outlets, const Clock& clock, SpooledPosition& spooled,
                             DeliveryQueue& input)
    : clock_(clock), spooled_(spooled), input_(input) {
  for (Outlet& outlet : outlets) {
    (outlet.takes_bars ? bars_wanted_ : decisions_wanted_) = true;
    lines_.emplace_back().outlet = std::move(outlet);
  }
}

Result<void> DeliveryStage::begin_replay(const std::string& id, const std::vector<std::uint64_t>& known) {
  journal_id_ = id;
  is_replay_ = true;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    Spool& spool = *lines_[i].outlet.spool;
    lines_[i].known = known[i];
    if (known[i] == kNothingNew || spool.gap_is_open() || spool.point()->journal_id == id) continue;
    if (auto begun = spool.begin({id, known[i]}); !begun) return begun;
  }
  return {};
}

Result<void> DeliveryStage::begin_journal(const std::string& id, std::uint64_t position) {
  journal_id_ = id;
  is_replay_ = false;
  for (Line& line : lines_) {
    line.known.reset();
    if (!id.empty()) line.known = position;
    Spool& spool = *line.outlet.spool;
    if (spool.gap_is_open()) continue;
    const auto point = spool.point();
    const bool goes_on = point && point->journal_id == id && point->position <= position;
    if (auto begun = goes_on ? spool.append(position, {}) : spool.begin({id, position}); !begun) return begun;
    if (auto synced = spool.sync(); !synced) return synced.error();
  }
  update_spooled();
  return {};
}

Work DeliveryStage::do_work() {
  if (held_ == nullptr) {
    auto popped = input_.try_pop();
    if (!popped) return input_.drained() ? finish() : Work::idle;
    held_ = std::move(*popped);
    next_line_ = 0;
    take_names();
    make_lines();
    if (!events_.empty()) tell_feed();
  }
  if (batches_given_up_ > 0) {  // what follows a gap must not be there
    ++batches_given_up_;
    held_.reset();
    return Work::done;
  }
  for (; next_line_ < lines_.size(); ++next_line_) {
    if (give(lines_[next_line_]) == Given::taken) continue;
    if (clock_.elapsed_ms() < deadline_ms_) return Work::blocked;
    ++batches_given_up_;
    held_.reset();
    return Work::done;
  }
  if (held_->is_mark) sync_spools();
  held_.reset();
  return Work::done;
}

void DeliveryStage::take_names() {
  for (const std::string& name : held_->new_symbols) {
    append_json_string(symbols_json_.emplace_back(), name);
    if (feed_ != nullptr) feed_->add_symbol(name);
  }
}

bool DeliveryStage::feed_is_told() const { return feed_ != nullptr && !is_replay_ && feed_->is_wanted(); }

void DeliveryStage::make_lines() {
  decision_lines_.clear();
  bar_lines_.clear();
  events_.clear();
  const bool told = feed_is_told();
  if (bars_wanted_ || told) {
    for (const BarNotice& bar : held_->bar_notices) {
      append_bar_line(bar_lines_, bar, symbols_json_[bar.symbol]);
      if (told) events_.push_back({FeedEvent::Kind::bar, bar.symbol, bar_lines_.size()});
    }
  }
  if (decisions_wanted_ || told) {
    auto context = held_->contexts.begin();
    for (std::uint32_t i = 0; i < held_->decisions.size(); ++i) {
      if (context != held_->contexts.end() && context->first_decision == i) writer_.set_context((context++)->context);
      const Decision& decision = held_->decisions[i];
      writer_.append(decision_lines_, decision, symbols_json_[decision.symbol]);
      if (told) events_.push_back({FeedEvent::Kind::decision, decision.symbol, decision_lines_.size()});
    }
  }
}

// Bars before their decisions, as in events_.
void DeliveryStage::tell_feed() {
  std::vector<FeedEvent> events;
  std::size_t bar_begin = 0;
  std::size_t decision_begin = 0;
  for (const LineEnd& event : events_) {
    const bool is_bar = event.kind == FeedEvent::Kind::bar;
    std::size_t& begin = is_bar ? bar_begin : decision_begin;
    const std::string_view lines = is_bar ? bar_lines_ : decision_lines_;
    events.push_back({event.kind, event.symbol, lines.substr(begin, event.end - begin - 1)});
    begin = event.end;
  }
  feed_->publish(events);
}

DeliveryStage::Given DeliveryStage::give(Line& line) {
  Spool& spool = *line.outlet.spool;
  // Before a gap is looked at: a replay neither fills nor ends it.
  if (line.known && held_->position <= *line.known) return Given::taken;
  if (line.outlet.is_closed()) {
    pass_by(line);
    return Given::taken;
  }
  if (spool.gap_is_open()) return give_behind_gap(line);
  const std::string_view lines = lines_for(line.outlet);
  if (lines.empty() && !held_->is_mark) return Given::taken;
  if (!lines.empty() && !spool.has_room()) {
    if (line.outlet.when_full == WhenFull::block) {
      if (!std::exchange(line.told_full, true)) {
        log_warn("sink {}: {} bytes wait for it, its spool is full: nothing more is read until it takes some "
                 "(--sink-full detach would go on without it)",
                 line.outlet.spec, spool.bytes_waiting());
      }
      return Given::waits;
    }
    if (line.outlet.is_closed()) return Given::taken;  // since it was looked at
    if (auto opened = spool.open_gap(); !opened) {
      if (line.failure_log.allow(clock_.elapsed_ms())) log_error("sink {}: {}", line.outlet.spec, opened.error().message);
      return Given::failed;
    }
    line.missed = {};
    line.missed.is_counted_whole = true;
    line.missed.from_position = spool.point() ? spool.point()->position : 0;
    note_missed(line);
    log_error("sink {}: {} bytes wait for it, its spool is full: detached, lines from {} (journal position {}) on are "
              "not kept for it",
              line.outlet.spec, spool.bytes_waiting(), utc_text(line.missed.first_second), line.missed.from_position);
    if (line.outlet.watch != nullptr) line.outlet.watch->set_detached(true);
    update_spooled();
    return Given::taken;
  }
  if (auto appended = spool.append(held_->position, lines); !appended) {
    if (line.failure_log.allow(clock_.elapsed_ms())) {
      log_error("sink {}: its spool cannot be written, nothing more is read: {}", line.outlet.spec,
                appended.error().message);
    }
    return Given::failed;
  }
  if (line.outlet.watch != nullptr && !lines.empty()) {
    line.outlet.watch->set_detached(false);
    line.outlet.watch->spooled(spool.end_position(), held_->read_us, clock_.elapsed_us());
  }
  line.told_full = false;
  warn_when_filling(line);
  return Given::taken;
}

// A later start goes on behind what is discarded. Nobody is held up by it, not even when the spool cannot be written.
void DeliveryStage::pass_by(Line& line) {
  Spool& spool = *line.outlet.spool;
  if (spool.gap_is_open() || (lines_for(line.outlet).empty() && !held_->is_mark)) return;
  auto appended = spool.append(held_->position, {});
  if (!appended && line.failure_log.allow(clock_.elapsed_ms())) {
    log_warn("sink {}: {}; the next start may give it lines that were discarded", line.outlet.spec,
             appended.error().message);
  }
}

// A quarter of the room must be free, so that it does not detach again at once.
DeliveryStage::Given DeliveryStage::give_behind_gap(Line& line) {
  Spool& spool = *line.outlet.spool;
  if (lines_for(line.outlet).empty()) return Given::taken;
  if (!spool.has_much_room()) {
    note_missed(line);
    return Given::taken;
  }
  // All lines of events before this batch count as given; it itself is given next.
  const auto point = spool.point();
  const std::uint64_t until = held_->position > 0 ? held_->position - 1 : 0;
  if (auto closed = spool.close_gap({journal_id_, until}); !closed) {
    if (line.failure_log.allow(clock_.elapsed_ms())) log_error("sink {}: {}", line.outlet.spec, closed.error().message);
    return Given::failed;
  }
  if (!line.missed.is_counted_whole && point) line.missed.from_position = point->position;
  tell_missed(line, until);
  line.missed = {};
  update_spooled();  // from here on it needs the journal again
  return give(line);
}

void DeliveryStage::note_missed(Line& line) {
  const auto note = [&line](Second second) {
    Missed& missed = line.missed;
    if (missed.lines++ == 0) missed.first_second = missed.last_second = second;
    missed.first_second = std::min(missed.first_second, second);
    missed.last_second = std::max(missed.last_second, second);
  };
  if (line.outlet.takes_bars) {
    for (const BarNotice& bar : held_->bar_notices) note(bar.second);
  } else {
    for (const Decision& decision : held_->decisions) note(decision.second);
  }
}

void DeliveryStage::tell_missed(const Line& line, std::uint64_t until_position) const {
  const Missed& missed = line.missed;
  if (!missed.is_counted_whole) {
    const std::string counted =
        missed.lines == 0 ? std::string()
                          : fmt::format("; {} lines from {} to {} since this start", missed.lines,
                                        utc_text(missed.first_second), utc_text(missed.last_second));
    log_error("sink {}: attached again; it has missed what came from journal position {} to {}{}", line.outlet.spec,
              missed.from_position, until_position, counted);
    return;
  }
  log_error("sink {}: attached again; it has missed {} lines from {} to {} (journal positions {} to {})",
            line.outlet.spec, missed.lines, utc_text(missed.first_second), utc_text(missed.last_second),
            missed.from_position, until_position);
}

void DeliveryStage::warn_when_filling(Line& line) {
  const Spool& spool = *line.outlet.spool;
  const std::uint64_t waiting = spool.bytes_waiting();
  if (waiting < spool.max_bytes() / 4) line.warned_half = false;
  if (waiting < spool.max_bytes() / 2 || line.warned_half) return;
  line.warned_half = true;
  log_warn("sink {}: its spool is half full, {} of {} bytes wait", line.outlet.spec, waiting, spool.max_bytes());
}

void DeliveryStage::sync_spools() {
  for (Line& line : lines_) {
    if (auto synced = line.outlet.spool->sync(); !synced && !line.outlet.is_closed()) {
      log_error("sink {}: its spool cannot be brought to the disk: {}", line.outlet.spec, synced.error().message);
      failed_.store(true);
    }
  }
  update_spooled();
}

void DeliveryStage::update_spooled() {
  std::uint64_t position = SpooledPosition::kNoSpools;
  for (const Line& line : lines_) {
    if (line.outlet.is_closed() || line.outlet.spool->gap_is_open()) continue;
    const JournalPoint synced = line.outlet.spool->synced();
    position = std::min(position, synced.journal_id == journal_id_ ? synced.position : 0);
  }
  spooled_.set(position);
}

Work DeliveryStage::finish() {
  sync_spools();
  for (const Line& line : lines_) {
    if (line.outlet.is_closed() || !line.outlet.spool->gap_is_open() || line.missed.lines == 0) continue;
    log_error("sink {}: is still detached; it has missed {} lines from {} to {} so far{}", line.outlet.spec,
              line.missed.lines, utc_text(line.missed.first_second), utc_text(line.missed.last_second),
              line.missed.is_counted_whole ? "" : " since this start");
  }
  return Work::finished;
}

}  // namespace streamd
