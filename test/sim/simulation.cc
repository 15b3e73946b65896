#include "sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <unordered_set>

#include "base/log.h"
#include "sim/sim_daemon.h"
#include "sim/sim_replay.h"
#include "store/bar_store.h"

namespace streamd::sim {
namespace {

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, const SimulationOptions& options)
      : random_(seed), options_(options), disk_(random_) {
    disk_.keep_removed_of(kJournalFolder);
    make_peers();
    make_sinks();
  }

  void run() {
    const std::int64_t steps = between(random_, 100, 900);
    crash_share_ = chance(random_, 0.2) ? 0 : 0.012;
    start();
    for (std::int64_t step = 0; step < steps; ++step) {
      try {
        act();
      } catch (const Crash&) {
        crash();
      }
    }
    settle();
    compare();
  }

 private:
  void make_peers();
  void make_sinks();
  std::vector<SimSink*> sinks_of_run();
  void random_decisions(CoreOptions& core);
  void lose_power();
  SimOptions random_options();
  void start();
  void restart();
  void crash();
  void stop();
  void act();
  void peers_act(bool patient);
  void check_recovery();
  void settle();
  void compare();
  template <typename Table>
  void compare_tables(const std::string& what, const Table& expected, const Table& stored);
  SimTable stored_rows();
  DecisionTable stored_decisions();
  SummaryTable stored_summaries();
  void compare_anonymous(const SimTable& rows);

  Random random_;
  const SimulationOptions options_;
  SimDisk disk_;
  SimDatabase database_;
  UnixMillis now_ms_ = 1'700'000'000'000;
  std::vector<SimProducer> producers_;
  std::vector<Anonymous> anonymous_;
  std::vector<std::unique_ptr<SimFile>> files_;
  std::vector<std::unique_ptr<SimSink>> sinks_;
  std::size_t sinks_joined_ = 0;  // the others are added in a later run
  std::uint64_t journal_end_ = 0;  // when the last run ended
  bool history_was_cut_ = false;   // the journal lost its end with the power
  std::unordered_set<std::string> lost_lines_;  // that had been made of what it lost, perhaps
  bool decides_ = true;
  std::int32_t summary_window_s_ = 0;  // of most runs
  Connections connections_;
  std::unique_ptr<Store> store_;
  SimStore* sim_store_ = nullptr;
  std::unique_ptr<Counters> store_counters_;
  std::unique_ptr<SimDaemon> daemon_;
  SimOptions daemon_options_;
  double crash_share_ = 0;
  int anonymous_made_ = 0;
  bool settling_ = false;  // no more trouble
};

void Simulation::make_peers() {
  const std::int64_t producers = between(random_, 1, 3);
  for (std::int64_t i = 0; i < producers; ++i) {
    std::vector<std::string> symbols = {"SHARED", fmt::format("P{}", i), "SHARED TOO"};
    if (i == 0) symbols = {"BARS", "MORE BARS"};  // of one producer only: the last bar line of a second counts
    producers_.emplace_back(fmt::format("producer {}", i), LineMaker(symbols, static_cast<int>(i), i == 0),
                            static_cast<std::size_t>(between(random_, 20, 300)));
  }
  const std::int64_t files = between(random_, 0, 2);
  for (std::int64_t i = 0; i < files; ++i) {
    files_.push_back(std::make_unique<SimFile>(SimFile{fmt::format("file{}", i), static_cast<std::uint64_t>(i + 1),
                                                       LineMaker({"SHARED", fmt::format("F{}", i)}, 4 + static_cast<int>(i), false),
                                                       static_cast<std::size_t>(between(random_, 20, 300)), "", {}, 0}));
  }
}

void Simulation::make_sinks() {
  const std::int64_t sinks = between(random_, 0, 3);
  for (std::int64_t i = 0; i < sinks; ++i) {
    const bool takes_bars = chance(random_, 0.35);
    const WhenFull when_full = chance(random_, 0.7) ? WhenFull::block : WhenFull::detach;
    const auto max_bytes = static_cast<std::uint64_t>(chance(random_, 0.5) ? between(random_, 2000, 20'000) : 1 << 20);
    sinks_.push_back(std::make_unique<SimSink>(fmt::format("sink{}", i), takes_bars, when_full, max_bytes,
                                               static_cast<std::uint64_t>(between(random_, 300, 8000))));
  }
  sinks_joined_ = chance(random_, 0.7) ? sinks_.size() : 0;
  decides_ = chance(random_, 0.9);
  if (chance(random_, 0.8)) summary_window_s_ = static_cast<std::int32_t>(between(random_, 1, 6));
}

// Usually all that have ever been given.
std::vector<SimSink*> Simulation::sinks_of_run() {
  if (sinks_joined_ < sinks_.size() && chance(random_, 0.3)) ++sinks_joined_;
  std::vector<SimSink*> sinks;
  for (std::size_t i = 0; i < sinks_joined_; ++i) {
    if (!settling_ && chance(random_, 0.02)) {
      sinks_[i]->miss_run();
    } else {
      sinks.push_back(sinks_[i].get());
    }
  }
  return sinks;
}

void Simulation::random_decisions(CoreOptions& core) {
  DecisionOptions& decisions = core.decisions;
  decisions.emit = decides_ && chance(random_, 0.95);
  decisions.state_window = static_cast<std::uint32_t>(between(random_, 2, 12));
  if (chance(random_, 0.3)) decisions.tau_on = decisions.tau_off = static_cast<double>(between(random_, 0, 4)) / 4;
  decisions.base_size = static_cast<double>(between(random_, 0, 4)) / 4;
  decisions.influence = chance(random_, 0.5);
  if (chance(random_, 0.3)) decisions.cost.edge_bps = static_cast<double>(between(random_, 0, 40));
  if (chance(random_, 0.3)) decisions.cost.cost_budget = static_cast<double>(between(random_, 0, 8)) / 8;
  decisions.cost.cost_window_s = static_cast<double>(between(random_, 1, 20));
  core.amend.notices = chance(random_, 0.9) && std::any_of(sinks_.begin(), sinks_.end(),
                                                           [](const auto& sink) { return sink->takes_bars(); });
  core.summaries.window_s = summary_window_s_;
  if (chance(random_, 0.1)) core.summaries.window_s = static_cast<std::int32_t>(between(random_, 0, 4));
  decisions.confidence_is_legitimacy = chance(random_, 0.3);
  core.amend.window_s = between(random_, 1, 60);
  if (chance(random_, 0.3)) core.amend.memory = between(random_, 200, 4000);
}

SimOptions Simulation::random_options() {
  SimOptions options;
  random_decisions(options.core);
  options.run_id = fmt::format("{:016x}", random_());
  options.delivery_bytes = static_cast<std::size_t>(between(random_, 500, 20'000));
  options.core.bars.lateness_ms = chance(random_, 0.5) ? 0 : between(random_, 1, 3000);
  options.core.bars.idle_close_ms = between(random_, 0, 2000);
  options.core.bars.producer_grace_ms = between(random_, 0, 3000);
  options.core_policy.snapshot_interval_ms = between(random_, 10, 2000);
  options.core_policy.sync_each_batch = chance(random_, 0.1);
  options.store_policy.batch_rows = static_cast<std::size_t>(between(random_, 1, 50));
  options.store_policy.flush_interval_ms = between(random_, 10, 1500);
  options.store_policy.max_pending_bytes = static_cast<std::size_t>(between(random_, 1000, 100'000));
  options.store_policy.journal_keep_bytes = static_cast<std::uint64_t>(chance(random_, 0.5) ? 0 : between(random_, 0, 1 << 20));
  options.never_synced = !settling_ && chance(random_, 0.05);
  options.store_policy.sync_before_commit = !options.never_synced;
  options.event_batches = static_cast<std::size_t>(between(random_, 1, 8));
  options.effect_bytes = static_cast<std::size_t>(between(random_, 500, 20'000));
  options.segment_bytes = static_cast<std::uint64_t>(between(random_, 300, 20'000));
  return options;
}

void Simulation::start() {
  daemon_options_ = random_options();
  log_debug("simulation: start{}", daemon_options_.never_synced ? ", never synced" : "");
  std::optional<Progress> stored;
  if (options_.database_folder.empty()) {
    auto store = std::make_unique<SimStore>(database_, random_);
    sim_store_ = store.get();
    store_ = std::move(store);
    stored = database_.progress;
  } else {
    store_counters_ = std::make_unique<Counters>();
    auto opened = BarStore::open({options_.database_folder + "/rows.duckdb", chance(random_, 0.5), {}}, *store_counters_);
    if (!opened) throw Broken(opened.error().message);
    stored = (*opened)->stored_progress();
    store_ = std::move(opened).value();
  }
  std::vector<SimFile*> followed;
  for (const auto& file : files_) {
    if (settling_ || chance(random_, 0.9)) followed.push_back(file.get());
  }
  daemon_ = std::make_unique<SimDaemon>(random_, disk_, *store_, stored, daemon_options_, now_ms_, connections_,
                                        followed, sinks_of_run());
  history_was_cut_ |= daemon_->recovered_to() < journal_end_;
  check_recovery();
}

// Until a start is not interrupted by a crash.
void Simulation::restart() {
  for (;;) {
    try {
      return start();
    } catch (const Crash&) {
      daemon_.reset();
      store_.reset();
      disk_.crash_after(0);
    }
  }
}

// What was made of events that are lost now may be out already.
void Simulation::lose_power() {
  if (const auto replay = replay_whole_journal(disk_, ReplayWants::lines); replay && !sinks_.empty()) {
    for (const ReplayedLine& line : replay->lines) lost_lines_.insert(line.text);
  }
  disk_.lose_power();
}

void Simulation::crash() {
  if (daemon_ != nullptr) journal_end_ = daemon_->journal_end();
  daemon_.reset();
  store_.reset();
  sim_store_ = nullptr;
  for (const auto& connection : connections_) connection->daemon_closed = true;
  connections_.clear();
  for (SimProducer& producer : producers_) producer.lose_connection();
  disk_.crash_after(0);
  disk_.set_full(false);
  const bool power_lost = !daemon_options_.never_synced && chance(random_, 0.4);
  if (power_lost) lose_power();
  for (const auto& sink : sinks_) sink->lose_cursor(random_, power_lost);
  log_debug("simulation: crash{}", power_lost ? ", the power went, too" : "");
  if (chance(random_, 0.1)) database_.lose_log();
  if (chance(random_, 0.1)) {
    auto snapshots = disk_.list(kSnapshotFolder);
    if (snapshots && !snapshots->empty()) disk_.flip_a_bit(kSnapshotFolder + "/" + snapshots->back());
  }
  if (chance(random_, 0.2)) disk_.crash_after(static_cast<int>(between(random_, 1, 12)));  // in the recovery
  now_ms_ += between(random_, 0, 3000);
  restart();
}

void Simulation::stop() {
  if (sim_store_ != nullptr) sim_store_->set_locked(false);
  disk_.set_full(false);
  if (!daemon_->stop()) throw Broken("the daemon does not stop");
  journal_end_ = daemon_->journal_end();
  daemon_.reset();
  store_.reset();
  for (const auto& connection : connections_) connection->daemon_closed = true;
  connections_.clear();
  for (SimProducer& producer : producers_) producer.lose_connection();
  now_ms_ += between(random_, 0, 3000);
  restart();
}

// The recovered state is what the whole journal gives, and nothing that was acknowledged is missing.
void Simulation::check_recovery() {
  for (const SimProducer& producer : producers_) {
    const auto found = daemon_->core().producers().find(producer.name());
    const std::uint64_t last = found == daemon_->core().producers().end() ? 0 : found->second.last_seq;
    if (last < producer.acked()) {
      throw Broken(fmt::format("{} is in to {}, but {} was acknowledged", producer.name(), last, producer.acked()));
    }
  }
  const auto whole = replay_whole_journal(disk_, ReplayWants::state);
  if (whole && whole->state != daemon_->recovered_state()) {
    throw Broken(fmt::format("the state recovered at {} is not that of the whole journal", daemon_->recovered_to()));
  }
}

void Simulation::peers_act(bool patient) {
  for (SimProducer& producer : producers_) {
    if (chance(random_, 0.5)) producer.act(random_, now_ms_, connections_, patient);
    if (!producer.complaint().empty()) throw Broken(producer.complaint());
  }
  for (const auto& file : files_) {
    if (patient || chance(random_, 0.3)) file->grow(random_, now_ms_);
  }
  if (patient) return;
  if (chance(random_, 0.05)) {
    auto connection = std::make_shared<SimConnection>();
    connections_.push_back(connection);
    anonymous_.push_back({fmt::format("A{}", anonymous_made_++), {}, 0, connection});
  }
  for (Anonymous& one : anonymous_) {
    if (!one.connection->daemon_closed && !one.connection->peer_closed && chance(random_, 0.3)) one.act(random_, now_ms_);
  }
}

void Simulation::act() {
  if (chance(random_, 0.3)) {
    const std::int64_t ms = between(random_, 0, chance(random_, 0.1) ? 2500 : 60);
    now_ms_ += ms;
    daemon_->clock().advance(ms);
  }
  if (chance(random_, 0.3)) peers_act(false);
  if (sim_store_ != nullptr) {
    if (chance(random_, 0.02)) sim_store_->set_locked(chance(random_, 0.4));
    if (chance(random_, 0.01)) {
      sim_store_->set_trouble(static_cast<SimStore::Trouble>(between(random_, 0, 3)));
    }
  }
  if (chance(random_, 0.02)) disk_.set_full(chance(random_, 0.3));
  if (chance(random_, crash_share_)) disk_.crash_after(static_cast<int>(between(random_, 1, 20)));
  if (chance(random_, crash_share_ / 2)) throw Crash();
  if (chance(random_, crash_share_ / 3)) return stop();
  if (chance(random_, 0.05)) return daemon_->work_all();
  daemon_->work_somewhere();
}

// No more trouble: everybody gets everything in, then the daemon stops.
void Simulation::settle() {
  const auto is_settled = [this] {
    bool settled = daemon_->all_files_read();
    for (const SimProducer& producer : producers_) settled &= producer.is_done();
    for (const auto& file : files_) settled &= file->is_complete();
    return settled;
  };
  disk_.crash_after(0);
  disk_.set_full(false);
  if (sim_store_ != nullptr) {
    sim_store_->set_locked(false);
    sim_store_->set_trouble(SimStore::Trouble::none);
  }
  settling_ = true;
  stop();  // the run that follows reads all files and syncs its journal
  for (int round = 0; round < 5000 && !is_settled(); ++round) {
    now_ms_ += 20;
    daemon_->clock().advance(20);
    peers_act(true);
    daemon_->work_all();
  }
  if (!is_settled()) throw Broken("not all lines got in");
  if (!daemon_->stop()) throw Broken("the daemon does not stop");
  daemon_->empty_spools();
  daemon_.reset();
}

DecisionTable Simulation::stored_decisions() {
  if (options_.database_folder.empty()) return database_.decisions;
  DecisionTable table;
  auto database = duck::Database::open(options_.database_folder + "/rows.duckdb", duck::Access::read_only, {});
  if (!database) throw Broken(database.error().message);
  auto connection = duck::Connection::open(*database);
  auto rows = connection->query(
      "SELECT symbol, timestamp, s.close, s.state, CAST(s.gate_open AS INTEGER), s.posture, a.direction, "
      "a.target_exposure, a.urgency, CAST(a.hold AS INTEGER), a.actionability, a.reason, s.source_file, CAST(a.state IS NOT DISTINCT FROM s.state AND "
      "a.gate_open IS NOT DISTINCT FROM s.gate_open AND a.posture IS NOT DISTINCT FROM s.posture AND "
      "a.source_file IS NOT DISTINCT FROM s.source_file AS INTEGER) "
      "FROM stream_state s FULL JOIN stream_actions a USING (symbol, timestamp)");
  if (!rows) throw Broken(rows.error().message);
  while (rows->next()) {
    const std::pair key(std::string(rows->text(0)), rows->int64(1) / kMicrosPerSecond);
    if (rows->int32(13) == 0) throw Broken("state and action of " + key.first + " differ");
    const std::string text = fmt::format(
        "close {} state {} gate {} posture {} direction {} target {} urgency {} hold {} actionability {} reason {} "
        "source {}",
        rows->float64(2), rows->int32(3), rows->int32(4) != 0, rows->text(5), rows->int32(6), rows->float64(7),
        rows->float64(8), rows->int32(9) != 0, rows->float64(10), rows->text(11), rows->text(12));
    if (!table.emplace(key, text).second) throw Broken("two decisions of " + key.first);
  }
  return table;
}

SummaryTable Simulation::stored_summaries() {
  if (options_.database_folder.empty()) return database_.summaries;
  SummaryTable table;
  auto database = duck::Database::open(options_.database_folder + "/rows.duckdb", duck::Access::read_only, {});
  if (!database) throw Broken(database.error().message);
  auto connection = duck::Connection::open(*database);
  std::string numbers;
  for (const std::string_view feature : kFeatureNames) {
    numbers += fmt::format(", mean_{0}, median_{0}, mad_{0}, run_length_pos_{0}::DOUBLE, run_length_neg_{0}::DOUBLE",
                           feature);
  }
  for (const char* feature : {"vol_ratio", "curvature"}) {
    numbers += fmt::format(", quant_{0}_p01, quant_{0}_p05, quant_{0}_p95, quant_{0}_p99", feature);
  }
  auto rows = connection->query(
      "SELECT symbol, window_start, window_seconds, window_end, count, legitimacy_density, unknown_frac, "
      "CAST(event_marker AS INTEGER), artifact_ts" + numbers + " FROM quotient_summaries");
  if (!rows) throw Broken(rows.error().message);
  while (rows->next()) {
    WindowSummary summary;
    summary.start = rows->int64(1) / kMicrosPerSecond;
    summary.window_s = static_cast<std::int32_t>(rows->int64(2));
    if (rows->int64(3) / kMicrosPerSecond != summary.start + summary.window_s) throw Broken("a window's end is wrong");
    summary.count = rows->int64(4);
    summary.legitimacy_density = rows->float64(5);
    summary.unknown_frac = rows->float64(6);
    summary.event_marker = rows->int32(7) != 0;
    summary.artifact_ms = rows->int64(8) / 1000;
    std::size_t column = 9;
    const auto next = [&] { return rows->float64(column++); };
    for (FeatureStatistics& feature : summary.features) {
      feature.mean = next();
      feature.median = next();
      feature.mad = next();
      feature.run_length_pos = static_cast<std::int64_t>(next());
      feature.run_length_neg = static_cast<std::int64_t>(next());
    }
    for (double& quantile : summary.vol_ratio_quantiles) quantile = next();
    for (double& quantile : summary.curvature_quantiles) quantile = next();
    const std::tuple key(std::string(rows->text(0)), summary.start, summary.window_s);
    if (!table.emplace(key, summary_text(summary)).second) throw Broken("two summaries of a window");
  }
  return table;
}

std::string text_of_key(const std::pair<std::string, Second>& key) {
  return fmt::format("{}@{}", key.first, key.second);
}
std::string text_of_key(const std::tuple<std::string, Second, std::int64_t>& key) {
  return fmt::format("{}@{}+{}", std::get<0>(key), std::get<1>(key), std::get<2>(key));
}

// The journal loses nothing that the database has, so a replay makes the same.
template <typename Table>
void Simulation::compare_tables(const std::string& what, const Table& expected, const Table& stored) {
  for (const auto& [key, text] : expected) {
    const auto found = stored.find(key);
    if (found == stored.end()) throw Broken(fmt::format("no {} for {}: {}", what, text_of_key(key), text));
    if (found->second != text) {
      throw Broken(fmt::format("{} for {}, expected: {}\n  stored: {}", what, text_of_key(key), text, found->second));
    }
  }
  for (const auto& [key, text] : stored) {
    if (!expected.contains(key)) throw Broken(fmt::format("a {} too much for {}: {}", what, text_of_key(key), text));
  }
}

SimTable Simulation::stored_rows() {
  if (options_.database_folder.empty()) return database_.rows;
  store_.reset();
  SimTable table;
  auto database = duck::Database::open(options_.database_folder + "/rows.duckdb", duck::Access::read_only, {});
  if (!database) throw Broken(database.error().message);
  auto connection = duck::Connection::open(*database);
  auto rows = connection->query("SELECT symbol, timestamp, open, high, low, close, volume, trades FROM ohlc_1s");
  if (!rows) throw Broken(rows.error().message);
  while (rows->next()) {
    SimRow row;
    row.bar.values = {rows->float64(2), rows->float64(3), rows->float64(4), rows->float64(5), rows->float64(6), rows->int64(7)};
    const std::pair key(std::string(rows->text(0)), rows->int64(1) / kMicrosPerSecond);
    if (!table.emplace(key, row).second) throw Broken("two rows of " + key.first);
  }
  return table;
}

std::string text_of(const std::pair<std::string, Second>& key, const Ohlcv& row) {
  return fmt::format("{}@{} open {} high {} low {} close {} volume {} trades {}", key.first, key.second, row.open,
                     row.high, row.low, row.close, row.volume, row.trades);
}

void Simulation::compare() {
  Oracle oracle;
  for (const SimProducer& producer : producers_) {
    for (const auto& said : producer.said()) {
      if (said) oracle.add(*said);
    }
  }
  for (const auto& file : files_) {
    for (const Said& said : file->said) oracle.add(said);
  }
  SimTable rows = stored_rows();
  const auto replay = replay_whole_journal(disk_, ReplayWants::lines);
  if (!replay) throw Broken("the journal is not whole");
  compare_tables("decision", replay->decisions, stored_decisions());
  compare_tables("summary", replay->summaries, stored_summaries());
  for (const auto& sink : sinks_) {
    const std::string wrong = sink->compare(*replay, history_was_cut_, disk_.has_removed(), lost_lines_);
    if (!wrong.empty()) throw Broken(wrong);
  }
  compare_anonymous(rows);
  std::erase_if(rows, [](const auto& entry) { return entry.first.first.starts_with("A"); });
  const auto expected = oracle.rows();
  for (const auto& [key, row] : expected) {
    const auto found = rows.find(key);
    if (found == rows.end()) throw Broken("missing: " + text_of(key, row));
    if (!(found->second.bar.values == row)) {
      throw Broken("expected: " + text_of(key, row) + "\n  stored: " + text_of(key, found->second.bar.values));
    }
    rows.erase(found);
  }
  if (!rows.empty()) throw Broken("too much: " + text_of(rows.begin()->first, rows.begin()->second.bar.values));
}

// What a connection without a name sent is there up to some line, at least up to what it was told is stored.
void Simulation::compare_anonymous(const SimTable& rows) {
  for (const Anonymous& one : anonymous_) {
    std::int64_t trades = 0;
    for (const auto& [key, row] : rows) trades += key.first == one.symbol ? row.bar.values.trades : 0;
    if (trades > static_cast<std::int64_t>(one.sent.size()) || trades < static_cast<std::int64_t>(one.stored)) {
      throw Broken(fmt::format("{}: {} trades are stored, {} were sent, {} reported as stored", one.symbol, trades,
                               one.sent.size(), one.stored));
    }
    Oracle oracle;
    for (std::int64_t i = 0; i < trades; ++i) oracle.add(one.sent[static_cast<std::size_t>(i)]);
    for (const auto& [key, row] : oracle.rows()) {
      const auto found = rows.find(key);
      if (found == rows.end() || !(found->second.bar.values == row)) {
        throw Broken("of a connection without a name, expected: " + text_of(key, row));
      }
    }
  }
}

}  // namespace

std::string simulate(std::uint64_t seed, const SimulationOptions& options) {
  try {
    if (!options.database_folder.empty()) {
      std::filesystem::remove_all(options.database_folder);
      std::filesystem::create_directories(options.database_folder);
    }
    Simulation(seed, options).run();
    return "";
  } catch (const std::exception& broken) {
    return fmt::format("seed {}: {}", seed, broken.what());
  } catch (const Crash&) {
    return fmt::format("seed {}: a crash where none was planned", seed);
  }
}

}  // namespace streamd::sim
