// Queries beside rows that come: how long the last 1,000 bars of a symbol take in a table of 10 M while 100,000
// trades/s arrive, whether another program gets at the file meanwhile, and what queries cost those who send at full speed.
#include <fmt/format.h>

#include <memory>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

constexpr double kRate = 100'000;
constexpr double kMostMs = 50;
constexpr double kMostFromOutsideMs = 1000;
constexpr double kLeastIngest = 0.9;

struct Asked {
  std::vector<double> p50_ms, p99_ms, max_ms;
  double failed = 0;

  void add(const std::string& output) {
    p50_ms.push_back(number_behind(output, "p50 "));
    p99_ms.push_back(number_behind(output, "p99 "));
    max_ms.push_back(number_behind(output, "max "));
    failed += number_behind(output, "failed ");
  }
  void report(const std::string& what, Report& report) const {
    report.add_limit(what + ", p99",
                     fmt::format("{:.1f} ms (p50 {:.1f}, max {:.1f})", spread(p99_ms).median, spread(p50_ms).median,
                                 spread(max_ms).max),
                     spread(p99_ms).median, kMostMs, "ms");
    report.add_limit(what + ", without an answer", fmt::format("{:.0f}", failed), failed, 1, "");
  }
};

std::string ask(const Workspace& space, const std::string& http_port, const std::string& kind, double seconds) {
  return run_child({space.peer("page_peer"), "ask", http_port, kind, fmt::format("{}", seconds)}).output;
}

double ingest_s(const Workspace& space, const SentLoad& load, const std::string& database, bool asked) {
  RunFolder folder(space, "ours");
  copy_file(database, database_in(folder.path()));
  Child daemon(space.serving_command(folder.path()));
  const std::string port = wait_for_daemon(daemon);
  const std::string http_port = http_port_of(daemon);
  std::unique_ptr<Child> client;
  if (asked) client = std::make_unique<Child>(std::vector{space.peer("page_peer"), std::string("ask"), http_port,
                                                          std::string("query"), std::string("0")});
  const double begun_s = send_load(space, load, port);
  daemon.terminate();
  return daemon.finish().end_s - begun_s;
}

}  // namespace

void measure_query_latency(const Workspace& space, Report& report) {
  const double seconds = space.small ? 4 : 20;
  const std::string database = filled_database(space, space.sized(10'000'000), kLoadSymbols);
  SentLoad load;
  load.rate = kRate;
  load.seconds = 2 * seconds + 1;
  Progress progress(space, "query-latency");
  Asked query, history;
  std::vector<double> outside_ms;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder folder(space, "ours");
    copy_file(database, database_in(folder.path()));
    Child daemon(space.serving_command(folder.path()));
    const std::string port = wait_for_daemon(daemon);
    const std::string http_port = http_port_of(daemon);
    Child trades(sender_command(space, load, port));
    Child outside({space.peer("duckdb_peer"), "open-each-second", database_in(folder.path()),
                   fmt::format("{:.0f}", 2 * seconds)});
    progress.run(run, "queries");
    const std::string of_query = ask(space, http_port, "query", seconds);
    progress.run(run, "history");
    const std::string of_history = ask(space, http_port, "history", seconds);
    const double sent = lines_per_s(trades.finish());
    const std::string opened = outside.finish().output;
    daemon.terminate();
    daemon.finish();
    query.add(of_query);
    history.add(of_history);
    outside_ms.push_back(number_behind(opened, "longest "));
    const auto line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
    progress.result(run, fmt::format("sent {:.0f} lines/s; query: {}; history: {}; from outside: {}", sent,
                                     line(of_query), line(of_history), line(opened)));
  }
  query.report("last 1,000 bars by /query", report);
  history.report("last 1,000 bars by /history", report);
  report.add_limit("READ_ONLY from outside, longest", fmt::format("{:.0f} ms", spread(outside_ms).max),
                   spread(outside_ms).max, kMostFromOutsideMs, "ms");
}

void measure_query_ingest(const Workspace& space, Report& report) {
  const SentLoad load = main_load(space);
  const std::string database = filled_database(space, space.sized(10'000'000), kLoadSymbols);
  Progress progress(space, "query-ingest");
  std::vector<double> asked_s, alone_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "with queries");
    asked_s.push_back(ingest_s(space, load, database, true));
    progress.run(run, "without");
    alone_s.push_back(ingest_s(space, load, database, false));
    progress.result(run, fmt::format("with queries {:.3f} s; without {:.3f} s", asked_s.back(), alone_s.back()));
  }
  const auto trades = static_cast<double>(load.lines);
  report.add_ratio("tcp with queries, to without", rate_text(asked_s, trades, "trades"),
                   rate_text(alone_s, trades, "trades"), ratios(alone_s, asked_s), Bar{kLeastIngest, std::nullopt});
}

}  // namespace streamd::bench
