// streamd_bench: measures the daemon against baselines run beside it, and prints a table of ratios.
// Exit codes: 0 every bar is met, 1 one is missed, 2 it could not be measured.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/failure.h"
#include "bench/figures.h"

namespace {

using namespace streamd::bench;

struct Figure {
  const char* name;
  const char* what;
  void (*measure)(const Workspace&, Report&);
};

constexpr Figure kFigures[] = {
    {"tail", "10 M trades of a file, against DuckDB's read_ndjson and GROUP BY", measure_tail},
    {"load", "what the sender of the trades can do by itself, and how evenly it sends", measure_load},
    {"tcp", "the same trades over TCP, against a reader that discards them", measure_tcp},
    {"journal", "the same as tail, with the journal and without", measure_journal},
    {"acks", "a producer whose every line is acknowledged, against the same lines unacknowledged", measure_acks},
    {"ack-latency", "how long an ack takes at 100,000 lines/s, beside a bare sync", measure_ack_latency},
    {"recovery", "a start that replays 10 M trades of the journal, against replaying them by tail", measure_recovery},
    {"bars", "4 M one-second bars of a file, against a bare appender", measure_bars},
    {"decisions", "the same bars with decisions, and with summaries too, against the bars alone", measure_decisions},
    {"decision-latency", "how long a decision takes to a TCP sink at 100,000 trades/s", measure_decision_latency},
    {"symbols", "the cost of a trade with 100,000 symbols and with 10", measure_symbols},
    {"table-size", "rows into a table of 50 M rows and into an empty one", measure_table_size},
    {"summary-views", "a target's window and hour of the views over a day of summaries, beside rows of their table",
     measure_summary_views},
    {"query-latency", "the last 1,000 bars of a symbol in a table of 10 M rows, at 100,000 trades/s",
     measure_query_latency},
    {"query-ingest", "the trades of tcp into a table of 10 M rows with queries beside them, against without",
     measure_query_ingest},
    {"event-streams", "the trades of tcp with ten event streams and a page, against without", measure_event_streams},
    {"general", "trades in another order of keys, against the contract's own", measure_general},
};

std::string footer() {
  std::string text = "Figures:\n";
  for (const Figure& figure : kFigures) text += fmt::format("  {:<18}{}\n", figure.name, figure.what);
  return text + "Exit codes: 0 every bar is met, 1 one is missed, 2 it could not be measured.";
}

}  // namespace

int main(int argc, char** argv) {
  Workspace space;
  std::vector<std::string> chosen;
  CLI::App app("Measures the daemon against baselines that run beside it.", "bench/run");
  app.footer(footer());
  std::vector<std::string> names;
  for (const Figure& figure : kFigures) names.emplace_back(figure.name);
  app.add_option("figure", chosen, "Which figures; all when none is named")->check(CLI::IsMember(names));
  app.add_option("--runs", space.runs, "Runs of each side")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--small", space.small, "A hundredth of the data and no verdicts: only to see that it works");
  app.add_flag("--verbose", space.verbose, "A line for every run");
  app.add_option("--daemon", space.daemon, "The daemon to measure")->capture_default_str();
  app.add_option("--sender", space.sender, "What sends over TCP")->capture_default_str();
  app.add_option("--data", space.data, "Folder for files of up to 10 GB; they are kept")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::printf("%s", app.help().c_str());
    return 0;
  } catch (const CLI::ParseError& error) {
    fail("{}", error.what());
  }
  space.peers = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  for (const std::string& program : {space.daemon, space.sender}) {
    if (!std::filesystem::exists(program)) fail("{} is missing; build it first", program);
  }

  Report report;
  for (const Figure& figure : kFigures) {
    if (chosen.empty() || std::find(chosen.begin(), chosen.end(), figure.name) != chosen.end()) {
      figure.measure(space, report);
    }
  }
  report.print(!space.small);
  return report.missed() && !space.small ? 1 : 0;
}
