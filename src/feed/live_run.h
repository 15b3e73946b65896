// A run of the feed, from the exchange's list of symbols to the summary. The main thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "feed/companion_program.h"
#include "feed/daemon_producer.h"
#include "feed/feed_log.h"
#include "feed/gap_requests.h"
#include "feed/live_options.h"
#include "feed/log_room.h"
#include "feed/market.h"
#include "feed/market_streams.h"
#include "feed/plot_page.h"
#include "feed/rest_client.h"
#include "feed/restart_pause.h"
#include "io/file.h"

namespace streamd::feed {

class LiveRun {
 public:
  explicit LiveRun(const LiveOptions& options);
  ~LiveRun();

  // The exit code. What went wrong is on stderr.
  int run();

 private:
  asio::awaitable<void> main();
  asio::awaitable<Result<std::string>> exchange_info();
  asio::awaitable<Result<std::vector<std::string>>> symbols();
  Result<void> open_log();
  asio::awaitable<void> watch_daemon();
  asio::awaitable<bool> wait_for_port();
  asio::awaitable<ElapsedMillis> go_with_daemon();
  asio::awaitable<void> commit_log();
  void look_at_room();
  asio::awaitable<void> produce();
  asio::awaitable<void> keep_page_up();
  asio::awaitable<void> wait_until_over();
  asio::awaitable<void> end();
  asio::awaitable<void> terminate(CompanionProgram& program, ElapsedMillis at_most);
  asio::awaitable<void> draw_pictures();
  asio::awaitable<void> pause(ElapsedMillis ms);
  void start_feed(const std::vector<std::string>& names);
  void fail(int exit_code, const std::string& message);
  bool has_daemon_served() const { return producer_ && producer_->connections() > 0; }
  void print_summary() const;

  const LiveOptions& options_;
  SystemClock clock_;
  SystemDisk disk_;
  asio::io_context context_;
  asio::signal_set signals_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::optional<RestClient> rest_;
  WeightBudget budget_;
  std::optional<FileLock> lock_;
  std::unique_ptr<FeedLog> log_;
  LogRoom room_;
  std::optional<Market> market_;
  std::optional<MarketStreams> streams_;
  std::optional<GapRequests> requests_;
  std::optional<DaemonProducer> producer_;
  CompanionProgram daemon_{"stream_daemon"};
  RestartPause restart_pause_;
  std::optional<PlotPage> page_;
  UnixMillis began_ms_ = 0;
  std::uint64_t daemon_starts_ = 0;
  bool is_daemon_up_ = false;
  bool is_stopped_ = false;  // by a signal
  bool is_over_ = false;     // no more trades are taken
  bool has_ended_ = false;   // the daemon has what it gets
  int exit_code_ = 0;
};

// stream_daemon_live. Returns the exit code.
int run_live(std::vector<std::string> arguments);

}  // namespace streamd::feed
