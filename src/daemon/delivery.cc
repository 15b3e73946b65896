#include "daemon/delivery.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "io/file.h"
#include "sink/cursor_file.h"
#include "sink/file_sink.h"
#include "sink/sink_spec.h"
#include "sink/stdout_sink.h"
#include "sink/tcp_sink.h"

namespace streamd {
namespace {

constexpr std::size_t kQueueBytes = 32 << 20;
constexpr int kSinkWaitMs = 100;
// After the last line: how long a sink that makes no progress is waited for.
constexpr ElapsedMillis kStuckMs = 5'000;
constexpr ElapsedMillis kAwayMs = 1'000;

constexpr std::string_view kDecisionLines = "decisions";
constexpr std::string_view kBarLines = "bars";

}  // namespace

Delivery::Delivery(const Options& options, Disk& disk, const Clock& clock)
    : options_(options), disk_(disk), clock_(clock), queue_(kQueueBytes) {}

Delivery::~Delivery() { close(0); }

Result<std::unique_ptr<Delivery>> Delivery::open(const Options& options, Disk& disk, const Clock& clock) {
  std::unique_ptr<Delivery> delivery(new Delivery(options, disk, clock));
  if (options.decisions.emit && !options.no_decision_stdout) {
    if (auto added = delivery->add_stdout(); !added) return added.error();
  }
  for (const auto& [specs, takes_bars] :
       {std::pair(&options.decision_sinks, false), std::pair(&options.ohlc_sinks, true)}) {
    for (const std::string& spec : *specs) {
      if (auto added = delivery->add(spec, takes_bars); !added) {
        return Error{fmt::format("{} {}: {}", takes_bars ? "--ohlc-sink" : "--decision-sink", spec,
                                 added.error().message)};
      }
    }
  }
  delivery->report_abandoned();
  delivery->stage_ =
      std::make_unique<DeliveryStage>(delivery->outlets_, clock, delivery->spooled_, delivery->queue_);
  return delivery;
}

Result<Spool*> Delivery::open_spool(const std::string& name, const std::string& spec) {
  auto spool = Spool::open(disk_, {spool_root() + "/" + name, spec, options_.sink_spool_bytes});
  if (!spool) return spool.error();
  folders_.push_back(name);
  sinks_.push_back(std::make_shared<Running>());
  sinks_.back()->spool = std::move(spool).value();
  return sinks_.back()->spool.get();
}

// It never holds up anybody: who pipes decisions into something slow misses some, and is told.
Result<void> Delivery::add_stdout() {
  const std::string name = std::string(kDecisionLines) + "-stdout";
  auto spool = open_spool(name, "stdout");
  if (!spool) return spool.error();
  auto sink = StdoutSink::open(disk_, clock_, **spool, {"stdout", STDOUT_FILENO, cursor_path(name)});
  if (!sink) return sink.error();
  StdoutSink* const standard_output = sink->get();
  sinks_.back()->sink = std::move(sink).value();
  add_outlet({"stdout", false, WhenFull::detach, *spool,
              [standard_output] { return standard_output->is_closed(); }});
  return {};
}

Result<void> Delivery::add(const std::string& text, bool takes_bars) {
  auto spec = parse_sink_spec(text);
  if (!spec) return spec.error();
  const std::string name = spool_folder_name(takes_bars ? kBarLines : kDecisionLines, *spec);
  auto spool = open_spool(name, text);
  if (!spool) return spool.error();
  if (spec->kind == SinkSpec::Kind::file) {
    auto sink = FileSink::open(disk_, clock_, **spool, {text, spec->path, cursor_path(name)});
    if (!sink) return sink.error();
    sinks_.back()->sink = std::move(sink).value();
  } else {
    TcpSinkOptions tcp{text, spec->host, spec->port, cursor_path(name)};
    tcp.resend_ms = static_cast<ElapsedMillis>(options_.sink_resend_s * 1000);
    tcp.resend_bytes = options_.sink_resend_bytes;
    auto sink = TcpSink::open(disk_, clock_, **spool, tcp);
    if (!sink) return sink.error();
    sinks_.back()->sink = std::move(sink).value();
  }
  add_outlet({text, takes_bars, options_.when_full, *spool});
  return {};
}

// Of the spool that was opened last.
void Delivery::add_outlet(Outlet outlet) {
  Running& running = *sinks_.back();
  running.takes_bars = outlet.takes_bars;
  running.watch.found(running.spool->end_position(), clock_.elapsed_us());
  outlet.watch = &running.watch;
  outlets_.push_back(std::move(outlet));
}

// Spools that no flag names any more, where something waits in them.
void Delivery::report_abandoned() {
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(spool_root(), absent)) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory() || std::find(folders_.begin(), folders_.end(), name) != folders_.end()) continue;
    auto spec = read_whole_file(entry.path() / "spec");
    if (!spec) continue;
    while (!spec->empty() && spec->back() == '\n') spec->pop_back();
    auto spool = Spool::open(disk_, {entry.path(), *spec, options_.sink_spool_bytes});
    auto cursor = CursorFile::open(disk_, cursor_path(name));
    if (!spool || !cursor) continue;
    const std::uint64_t begin = (*spool)->begin_position();
    const std::uint64_t delivered = cursor->kept() ? std::max(begin, cursor->kept()->position) : begin;
    const std::uint64_t end = (*spool)->end_position();
    if (delivered >= end) continue;
    log_warn("{} bytes of lines wait for sink {}, which no flag names; they are kept: give the sink again, or remove {}",
             end - delivered, *spec, entry.path().string());
  }
}

std::uint64_t Delivery::worst_case_bytes() const { return sinks_.size() * options_.sink_spool_bytes; }

std::vector<Progress> Delivery::points() {
  std::vector<Progress> points;
  goes_on_.clear();
  for (std::size_t i = 0; i < outlets_.size(); ++i) {
    const auto point = outlets_[i].spool->point();
    if (!point || point->journal_id.empty() || outlets_[i].spool->gap_is_open()) continue;
    goes_on_.push_back(i);
    points.push_back({point->journal_id, point->position});
  }
  return points;
}

Result<void> Delivery::begin_replay(const std::string& id, const std::vector<std::uint64_t>& known_to_spools) {
  std::vector<std::uint64_t> known(outlets_.size(), DeliveryStage::kNothingNew);
  for (std::size_t i = 0; i < goes_on_.size(); ++i) known[goes_on_[i]] = known_to_spools[i];
  return stage_->begin_replay(id, known);
}

Result<void> Delivery::begin_journal(const std::string& id, std::uint64_t position) {
  return stage_->begin_journal(id, position);
}

void Delivery::start_threads() {
  for (const std::shared_ptr<Running>& running : sinks_) {
    // The thread has its own share of what it uses: one that hangs may outlive this object.
    running->thread = std::thread([this, running] { run_sink(*running); });
    pthread_setname_np(running->thread.native_handle(), "sink");
  }
}

void Delivery::run_sink(Running& running) {
  while (!stop_.load()) {
    running.sink->do_work(kSinkWaitMs);
    running.able.store(running.sink->is_able());
    const std::uint64_t end = running.spool->end_position();
    if (running.sink->delivered_all()) running.delivered_end.store(end);
    running.watch.delivered(running.sink->status().delivered_position, clock_.elapsed_us());
  }
  running.sink->close();
  running.ended.store(true);
}

void Delivery::run() {
  for (;;) {
    stage_->set_deadline(deadline_ms_.load());
    const Work work = stage_->do_work();
    if (work == Work::finished) return;
    if (work == Work::idle) queue_.wait_not_empty(std::chrono::milliseconds(100));
    if (work == Work::blocked) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Delivery::reopen_files() {
  for (const std::shared_ptr<Running>& running : sinks_) running->sink->reopen();
}

bool Delivery::is_drained() {
  std::uint64_t undelivered = 0;
  bool any_able = false;
  bool all = true;
  for (const std::shared_ptr<Running>& running : sinks_) {
    if (running->delivered_end.load() == running->spool->end_position()) continue;
    all = false;
    undelivered += running->sink->status().bytes_undelivered;
    any_able |= running->able.load();
  }
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (all) return true;
  if (progress_ms_ < 0 || undelivered < undelivered_) progress_ms_ = now_ms;
  undelivered_ = undelivered;
  return now_ms - progress_ms_ >= (any_able ? kStuckMs : kAwayMs);
}

std::vector<SinkFigures> Delivery::figures() const {
  std::vector<SinkFigures> all;
  const std::int64_t now_us = clock_.elapsed_us();
  for (const std::shared_ptr<Running>& running : sinks_) {
    const SinkStatus status = running->sink->status();
    SinkFigures& sink = all.emplace_back();
    sink.name = running->sink->spec();
    sink.takes_bars = running->takes_bars;
    sink.connected = status.connected;
    sink.detached = running->watch.is_detached();
    sink.lines_delivered = status.lines_sent;
    sink.bytes_delivered = status.bytes_sent;
    sink.bytes_waiting = status.bytes_undelivered;
    sink.spool_limit_bytes = running->spool->max_bytes();
    sink.connects = status.connects;
    sink.failures = status.failures;
    sink.lag_s = running->watch.lag_s(now_us);
    sink.delivered = running->watch.times();
  }
  return all;
}

void Delivery::report_undelivered() const {
  for (const std::shared_ptr<Running>& running : sinks_) {
    if (running->delivered_end.load() == running->spool->end_position()) continue;
    const std::uint64_t bytes = running->sink->status().bytes_undelivered;
    if (running->ended.load()) {  // its thread reads no more
      auto piece = running->spool->read(running->spool->end_position() - bytes, 1);
      if (piece && piece->lines.empty()) continue;  // marks alone
    }
    log_warn("sink {}: {} bytes wait in its spool for the next start", running->sink->spec(), bytes);
  }
}

bool Delivery::close(ElapsedMillis until_ms) {
  stop_.store(true);
  for (const std::shared_ptr<Running>& running : sinks_) running->spool->wake();
  bool all = true;
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    Running& running = *sinks_[i];
    if (!running.thread.joinable()) continue;
    while (!running.ended.load() && clock_.elapsed_ms() < until_ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (running.ended.load()) {
      running.thread.join();
    } else {
      all = false;
    }
  }
  return all;
}

}  // namespace streamd
