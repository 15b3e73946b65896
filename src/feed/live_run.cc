#include "feed/live_run.h"

#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <exception>
#include <random>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "feed/awaiting.h"
#include "feed/live_summary.h"
#include "feed/plot_needs.h"
#include "feed/spawn.h"
#include "feed/stream_plan.h"

namespace streamd::feed {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kCouldNotStart = 3;
constexpr std::int64_t kInfoWeight = 20;
constexpr ElapsedMillis kLook = 50;
constexpr ElapsedMillis kStartPatience = 60'000;
constexpr ElapsedMillis kCommitEach = 20;
constexpr ElapsedMillis kCommitAgain = 1'000;  // after a failure
constexpr std::uint64_t kMostUncommittedBytes = 64 << 20;
// A daemon of a run before may still be ending.
constexpr ElapsedMillis kPortBusy = 10'000;
// For what is kept to get to the daemon, and for the daemon to end.
constexpr ElapsedMillis kDrain = 30'000;
constexpr ElapsedMillis kDaemonAway = 8'000;  // no longer than this
constexpr ElapsedMillis kDaemonEnd = 60'000;
constexpr ElapsedMillis kPlotterEnd = 5'000;
constexpr ElapsedMillis kDrawing = 900'000;
constexpr const char* kProducer = "binance-spot";

// By a listener. False also where it cannot be known: the daemon itself will say what is wrong.
bool is_port_taken(const std::string& host, std::uint16_t port) {
  asio::io_context context;
  beast::error_code failure;
  const auto found = asio::ip::tcp::resolver(context).resolve(host, std::to_string(port), failure);
  if (failure || found.empty()) return false;
  const asio::ip::tcp::endpoint endpoint = *found.begin();
  asio::ip::tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  return failure == asio::error::address_in_use;
}

}  // namespace

LiveRun::LiveRun(const LiveOptions& options)
    : options_(options),
      signals_(context_, SIGINT, SIGTERM),
      room_(options.feed_log_bytes, kMostUncommittedBytes) {}

LiveRun::~LiveRun() = default;

asio::awaitable<void> LiveRun::pause(ElapsedMillis ms) {
  asio::steady_timer timer(context_, std::chrono::milliseconds(ms));
  beast::error_code ignored;
  co_await timer.async_wait(into(ignored));
}

void LiveRun::fail(int exit_code, const std::string& message) {
  if (exit_code_ == 0) {
    exit_code_ = exit_code;
    std::fprintf(stderr, "stream_daemon_live: %s\n", message.c_str());
  }
  is_over_ = true;
}

int LiveRun::run() {
  if (options_.plot) {
    if (auto found = find_plot_programs(*options_.plot); !found) {
      fail(kCouldNotStart, found.error().message);
      return exit_code_;
    }
  }
  auto tls = make_tls(options_.ca_file);
  if (!tls) {
    fail(kBadUsage, tls.error().message);
    return exit_code_;
  }
  tls_ = std::move(tls).value();
  rest_.emplace(options_.rest, *tls_);
  signals_.async_wait([this](const beast::error_code& failure, int) {
    if (failure) return;
    if (!has_ended_) log_info("stopping: the daemon gets what has arrived");
    is_stopped_ = true;
    is_over_ = true;
    rest_->close();
    // A second one is the system's.
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  });
  asio::co_spawn(context_, main(), [this](std::exception_ptr failure) {
    signals_.cancel();
    context_.stop();
    if (failure) std::rethrow_exception(failure);
  });
  try {
    context_.run();
  } catch (const std::exception& fault) {  // no memory, or a bug: what is committed is safe, and the next run goes on there
    fail(kFailed, fault.what());
  }
  return exit_code_;
}

asio::awaitable<void> LiveRun::main() {
  auto names = co_await symbols();
  if (!names) {
    if (!is_over_) fail(names.error().kind == ErrorKind::not_found ? kBadUsage : kCouldNotStart, names.error().message);
    co_return;
  }
  if (options_.list_symbols) {
    for (const std::string& name : *names) fmt::print("{}\n", name);
    co_return;
  }
  if (is_over_) co_return;
  auto opened = open_log();
  if (opened && options_.plot) opened = make_plot_folders(*options_.plot);
  if (!opened) {
    fail(kCouldNotStart, opened.error().message);
    co_return;
  }
  began_ms_ = clock_.wall_ms();
  spawn(context_.get_executor(), watch_daemon());
  if (options_.plot && options_.plot->has_page) spawn(context_.get_executor(), keep_page_up());
  while (!is_over_ && !producer_) co_await pause(kLook);
  if (!is_over_) {
    start_feed(*names);
    co_await wait_until_over();
  }
  co_await end();
}

// The exchange's list. What may pass is tried again for a minute; where the exchange says how long to wait, that long
// besides. Error kind refused: it will not pass.
asio::awaitable<Result<std::string>> LiveRun::exchange_info() {
  const std::string target = "/api/v3/exchangeInfo?permissions=SPOT&showPermissionSets=false";
  Backoff backoff(std::random_device{}());
  ElapsedMillis give_up_ms = clock_.elapsed_ms() + kStartPatience;
  for (;;) {
    const ElapsedMillis wait_ms = budget_.wait_ms(kInfoWeight, clock_.elapsed_ms());
    if (wait_ms > 0) co_await pause(std::min<ElapsedMillis>(wait_ms, kLook));
    if (is_over_) co_return Error{"stopped"};
    if (wait_ms > 0) continue;
    budget_.spent(kInfoWeight, clock_.elapsed_ms());
    const auto answer = co_await rest_->get(target);
    if (is_over_) co_return Error{"stopped"};
    const ElapsedMillis now_ms = clock_.elapsed_ms();
    Error error{"no list of symbols"};
    if (!answer) {
      error = answer.error();
      if (error.kind == ErrorKind::refused) co_return error;
    } else {
      const RestAnswer& got = answer.value();
      if (options_.log_requests) log_info("GET {}: {}, {} bytes", target, got.status, got.body.size());
      if (got.used_weight) budget_.told_used(*got.used_weight, now_ms);
      if (got.status == 200) co_return got.body;
      error.message = fmt::format("{} answers the list of symbols with status {}", options_.rest.host, got.status);
      if (got.status == 429 || got.status == 418) {
        budget_.told_to_wait(got.status, got.retry_after_s.value_or(0), now_ms);
        give_up_ms += got.retry_after_s.value_or(0) * 1000;
      } else if (got.status == 400 || got.status == 404 || got.status == 451) {
        co_return Error{error.message + "; is --rest-url right, and does the exchange serve this place?", ErrorKind::refused};
      }
    }
    if (now_ms >= give_up_ms) co_return error;
    log_warn("{}; trying again", error.message);
    co_await pause(backoff.next_ms());
  }
}

// Error kind not_found: the user's wish cannot be met.
asio::awaitable<Result<std::vector<std::string>>> LiveRun::symbols() {
  const auto info = co_await exchange_info();
  if (!info) co_return info.error();
  auto known = read_exchange_info(info.value());
  if (!known) co_return known.error();
  Wanted wanted = options_.wanted;
  if (options_.list_symbols && wanted.names.empty()) wanted.all = true;
  auto chosen = choose_symbols(*known, wanted);
  if (!chosen) co_return Error{chosen.error().message, ErrorKind::not_found};
  co_return chosen;
}

Result<void> LiveRun::open_log() {
  const std::string folder = options_.state_dir + "/feed";
  if (auto made = make_folders(folder); !made) return made;
  auto lock = FileLock::acquire(folder + "/lock");
  if (!lock) {
    if (lock.error().kind != ErrorKind::locked) return lock.error();
    return Error{"another feed runs on this state dir; stop it, or give --db or --state-dir of its own"};
  }
  lock_ = std::move(lock).value();
  auto log = FeedLog::open(disk_, folder, FeedLog::segment_bytes_of(options_.feed_log_bytes));
  if (!log) return log.error();
  log_ = std::move(log).value();
  return {};
}

// Starts it, and again when it dies before it is told to, after a pause. While somebody else has its port it is not started: the feed would reach that one.
asio::awaitable<void> LiveRun::watch_daemon() {
  const ElapsedMillis begin_ms = clock_.elapsed_ms();
  while (!has_ended_) {
    if (!co_await wait_for_port()) co_return;
    if (auto started = daemon_.start(options_.daemon_arguments); !started) {
      fail(kCouldNotStart, started.error().message);
      co_return;
    }
    ++daemon_starts_;
    const ElapsedMillis served_ms = co_await go_with_daemon();
    const auto code = daemon_.exit_code();
    if (has_ended_ || !code) co_return;
    if (*code == kBadUsage || (!has_daemon_served() && *code == kCouldNotStart && clock_.elapsed_ms() - begin_ms >= kPortBusy)) {
      fail(*code, fmt::format("the daemon ended with {}; see above", *code));
      co_return;
    }
    if (is_over_ && exit_code_ != 0) co_return;
    const ElapsedMillis down_ms = restart_pause_.next_ms(served_ms);
    log_warn("the daemon ended with {}; it is started again in {} s", *code, down_ms / 1000);
    co_await pause(down_ms);
  }
}

// False: it does not become free, though no daemon of this run has had it; or the run has ended.
asio::awaitable<bool> LiveRun::wait_for_port() {
  const ElapsedMillis begin_ms = clock_.elapsed_ms();
  for (bool is_told = false; is_port_taken(options_.host, options_.port); is_told = true) {
    const std::string busy = fmt::format("another program listens on {}:{}", options_.host, options_.port);
    if (!has_daemon_served() && clock_.elapsed_ms() - begin_ms >= kPortBusy) {
      fail(kCouldNotStart, busy + "; is another daemon running? choose another --port or --host");
      co_return false;
    }
    if (!is_told) log_warn("{}; waiting for it to end", busy);
    co_await pause(kLook);
    if (has_ended_) co_return false;
  }
  co_return true;
}

// Until it ends; how long it has served. It is up when it stays for a moment: then the port is its own.
asio::awaitable<ElapsedMillis> LiveRun::go_with_daemon() {
  is_daemon_up_ = false;
  std::optional<ElapsedMillis> serves_since_ms;
  while (!has_ended_ && !daemon_.exit_code()) {
    co_await pause(kLook);
    is_daemon_up_ = !daemon_.exit_code();
    if (!producer_ && is_daemon_up_) {
      producer_.emplace(context_.get_executor(),
                        ProducerOptions{options_.host, std::to_string(options_.port), kProducer, options_.token,
                                        [this] { return is_daemon_up_ && daemon_.is_running(); }},
                        *log_);
      spawn(context_.get_executor(), produce());
    }
    if (!serves_since_ms && producer_ && producer_->is_connected()) serves_since_ms = clock_.elapsed_ms();
  }
  co_return serves_since_ms ? clock_.elapsed_ms() - *serves_since_ms : 0;
}

asio::awaitable<void> LiveRun::produce() {
  const auto done = co_await producer_->run();
  if (!done) fail(kFailed, done.error().message);
}

asio::awaitable<void> LiveRun::keep_page_up() {
  page_.emplace(*options_.plot, std::random_device{}());
  while (!has_ended_) {
    if (producer_) page_->keep_up(producer_->run_ids(), clock_.elapsed_ms());
    co_await pause(kLook);
  }
}

void LiveRun::start_feed(const std::vector<std::string>& names) {
  market_.emplace(names, *log_, clock_.wall_ms() - static_cast<std::int64_t>(options_.resume_max_s * 1000), clock_);
  requests_.emplace(context_.get_executor(), *market_, options_.rest, *tls_, budget_, clock_, options_.log_requests);
  MarketStreams::Events events;
  events.on_message = [this](std::string_view text) { return market_->take_message(text); };
  events.on_gap = [this](const std::vector<std::string>& symbols) { market_->may_have_missed(symbols); };
  events.on_refused = [this](const Error& error) { fail(kCouldNotStart, error.message); };
  streams_.emplace(context_.get_executor(), options_.streams, *tls_, StreamTimes{}, std::move(events));
  streams_->start(plan_streams(names));
  requests_->start();
  spawn(context_.get_executor(), commit_log());
  log_info("{} symbols of {}", names.size(), options_.streams.host);
}

// In groups: the disk is synced a few dozen times a second at most.
asio::awaitable<void> LiveRun::commit_log() {
  RateLimit failures{10'000};
  ElapsedMillis due_ms = 0;
  while (!has_ended_) {
    co_await pause(kCommitEach);
    look_at_room();
    if (clock_.elapsed_ms() < due_ms) continue;
    const std::uint64_t before = log_->committed_seq();
    if (auto committed = log_->commit(); !committed) {
      due_ms = clock_.elapsed_ms() + kCommitAgain;
      if (failures.allow(clock_.elapsed_ms())) {
        log_error("the feed's log cannot be written, nothing is sent: {}", committed.error().message);
      }
    }
    if (log_->committed_seq() != before) producer_->notify();
  }
}

void LiveRun::look_at_room() {
  if (!room_.update(log_->bytes(), log_->uncommitted_bytes())) return;
  if (room_.is_full()) {
    market_->hold();
    log_warn("the feed's log is full: {} bytes wait for the daemon, {} of them for the disk; trades are left to the exchange",
             log_->bytes(), log_->uncommitted_bytes());
  } else {
    market_->go_on();
    log_warn("the feed's log has room again; what was left to the exchange is fetched");
  }
}

asio::awaitable<void> LiveRun::wait_until_over() {
  const ElapsedMillis begin_ms = clock_.elapsed_ms();
  while (!is_over_) {
    co_await pause(kLook);
    market_->look_at_silence();
    const auto run_ms = static_cast<double>(clock_.elapsed_ms() - begin_ms);
    if (options_.runtime_s > 0 && run_ms >= options_.runtime_s * 1000) is_over_ = true;
  }
}

asio::awaitable<void> LiveRun::end() {
  if (streams_) streams_->stop();
  if (requests_) requests_->stop();
  const ElapsedMillis begin_ms = clock_.elapsed_ms();
  ElapsedMillis there_ms = begin_ms;
  while (producer_ && exit_code_ == 0 && clock_.elapsed_ms() - begin_ms < kDrain) {
    if (producer_->is_connected()) there_ms = clock_.elapsed_ms();
    if (producer_->is_connected() && producer_->acked() >= log_->last_seq()) break;
    if (clock_.elapsed_ms() - there_ms >= kDaemonAway) break;
    co_await pause(kLook);
  }
  const bool is_drained = producer_ && producer_->acked() >= log_->last_seq();
  has_ended_ = true;
  if (producer_) producer_->stop();
  if (log_) static_cast<void>(log_->commit());  // what the daemon has, too; a failure was told
  co_await terminate(daemon_, kDaemonEnd);
  if (page_) {
    co_await terminate(page_->plotter(), kPlotterEnd);
    page_->plotter().kill();
  }
  if (!market_) co_return;
  if (!is_drained) {
    log_warn("{} trades are not acknowledged; they are in the feed's log, and the next run sends them",
             log_->committed_seq() - std::min(producer_->acked(), log_->committed_seq()));
    if (const std::uint64_t unwritten = log_->last_seq() - log_->committed_seq(); unwritten > 0) {
      log_warn("{} trades could not be written to the feed's log; the next run fetches them again", unwritten);
    }
  }
  print_summary();
  if (exit_code_ == 0 && producer_->refused() > 0) {
    fail(kFailed, fmt::format("the daemon has refused {} trades, the first with {}", producer_->refused(), producer_->refusal()));
  }
  if (exit_code_ == 0 && daemon_.exit_code().value_or(0) != 0) {
    fail(kFailed, fmt::format("the daemon ended with {}", *daemon_.exit_code()));
  }
  co_await draw_pictures();
}

asio::awaitable<void> LiveRun::terminate(CompanionProgram& program, ElapsedMillis at_most) {
  program.terminate();
  const ElapsedMillis ends_ms = clock_.elapsed_ms() + at_most;
  while (program.is_running() && clock_.elapsed_ms() < ends_ms) co_await pause(kLook);
}

// A Ctrl-C that comes meanwhile ends it.
asio::awaitable<void> LiveRun::draw_pictures() {
  if (!options_.plot || !options_.plot->draws_pictures() || producer_->run_ids().empty()) co_return;
  CompanionProgram plotter(kPlotter);
  if (auto started = plotter.start(picture_arguments(*options_.plot, producer_->run_ids())); !started) {
    fail(kFailed, started.error().message);
    co_return;
  }
  const bool was_stopped = is_stopped_;
  const ElapsedMillis ends_ms = clock_.elapsed_ms() + kDrawing;
  while (plotter.is_running() && is_stopped_ == was_stopped && clock_.elapsed_ms() < ends_ms) co_await pause(kLook);
  if (plotter.is_running()) {
    co_await terminate(plotter, kPlotterEnd);
    plotter.kill();
    fail(kFailed, is_stopped_ == was_stopped ? fmt::format("drawing took more than {} s and was ended", kDrawing / 1000)
                                             : "stopped while it drew; the decisions are in " + options_.plot->ndjson);
  } else if (const int code = plotter.exit_code().value_or(0); code != 0) {
    fail(kFailed, fmt::format("{} ended with {}; see above", kPlotter, code));
  }
}

void LiveRun::print_summary() const {
  const StoredCount stored = count_stored(options_.db, *market_, began_ms_);
  const std::string text = summary_text(*market_, *streams_, producer_->refused(), daemon_starts_, stored);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int run_live(std::vector<std::string> arguments) {
  const LiveInvocation invocation = parse_live_options(std::move(arguments));
  if (invocation.action == LiveInvocation::Action::exit) {
    std::fputs(invocation.output.c_str(), stdout);
    if (!invocation.complaint.empty()) std::fprintf(stderr, "stream_daemon_live: %s\n", invocation.complaint.c_str());
    return invocation.exit_code;
  }
  ::signal(SIGPIPE, SIG_IGN);
  configure_log(LogLevel::info, LogFormat::text);
  LiveRun run(invocation.options);
  return run.run();
}

}  // namespace streamd::feed
