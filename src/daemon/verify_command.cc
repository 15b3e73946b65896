#include "daemon/verify_command.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/utc_text.h"
#include "flags/flag_checks.h"
#include "daemon/options.h"
#include "daemon/progress.h"
#include "daemon/verification.h"
#include "io/file.h"

namespace streamd {
namespace {

constexpr int kAgree = 0;
constexpr int kDiffer = 1;
constexpr int kBadUsage = 2;
constexpr int kNotThere = 3;

volatile sig_atomic_t interrupt_wanted = 0;

// The second signal ends the process at once.
void take_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_wanted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

std::string plural(std::uint64_t count, const char* thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

void print_coverage(const VerificationReport& report) {
  std::string times = "no trades or bars";
  if (report.first_event_ms) {
    times = fmt::format("{} to {} (events)", utc_text(second_of(*report.first_event_ms)),
                        utc_text(second_of(*report.last_event_ms)));
  }
  fmt::print("journal {}: positions {} to {}, {}, {}\n", report.journal_id, report.begin, report.end, times,
             plural(report.segments, "segment"));
  if (report.start > 0) fmt::print("replayed from the snapshot at {}\n", report.start);
  if (report.end > report.stored) {
    fmt::print("{} of the journal from {} on are not in the database yet\n", plural(report.end - report.stored, "byte"),
               report.stored);
  }
  for (const std::string& remark : report.remarks) fmt::print("{}\n", remark);
}

void print_rows_left_out(std::uint64_t count, const char* why) {
  if (count > 0) fmt::print("{} not compared: {}\n", plural(count, "row"), why);
}

void print_comparison(const Comparison& comparison) {
  fmt::print("compared {} of {}", plural(comparison.rows, "row"), plural(comparison.symbols, "symbol"));
  if (comparison.rows > 0) fmt::print(", {} to {}", utc_text(comparison.first), utc_text(comparison.last));
  fmt::print("\n");
  print_rows_left_out(comparison.rows_before, "the journal from the snapshot on covers them in part at most");
  print_rows_left_out(comparison.rows_older, "older than what the journal has of their symbol");
  print_rows_left_out(comparison.rows_of_others, "the journal has no rows of their symbol");
  print_rows_left_out(comparison.rows_behind, "what is damaged may have changed them");
}

void print_report(const VerificationReport& report) {
  print_coverage(report);
  for (const std::string& damage : report.damage) fmt::print("damaged: {}\n", damage);
  const Comparison& comparison = report.comparison;
  print_comparison(comparison);
  if (comparison.is_blind()) {
    fmt::print("no row could be compared\n");
    return;
  }
  if (comparison.rows_that_differ == 0) {
    fmt::print("{}\n", report.damage.empty() ? "all rows agree" : "all compared rows agree");
    return;
  }
  fmt::print("{} {}, the first:\n", plural(comparison.rows_that_differ, "row"),
             comparison.rows_that_differ == 1 ? "differs" : "differ");
  for (const std::string& difference : comparison.differences) fmt::print("  {}\n", difference);
}

}  // namespace

int run_verify_command(std::vector<std::string> arguments) {
  VerificationOptions options;
  options.db = Options().db;
  double wait_s = 5;
  CLI::App app(
      "Replays what there is of the journal and says whether the database has the same rows. Changes nothing; a\n"
      "daemon may run meanwhile.",
      "stream_daemon verify");
  app.footer(
      "Example:\n"
      "  stream_daemon verify --db day.duckdb\n"
      "Exit codes: 0 all rows agree; 1 rows differ, the journal is damaged, or they cannot be compared; 2 bad usage;\n"
      "3 the database or the state dir is not there.");
  app.add_option("--db", options.db, "DuckDB file")->type_name("FILE")->capture_default_str();
  app.add_option("--state-dir", options.state_dir, "The daemon's folder of journal and snapshots [<db>.state]")
      ->type_name("FOLDER");
  app.add_option("--wait", wait_s, "Seconds to try again while the file is locked")
      ->type_name("SECONDS")
      ->check(between(0.0, 86'400.0))
      ->capture_default_str();
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return kAgree;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "stream_daemon verify: %s; see stream_daemon verify --help\n", error.what());
    return kBadUsage;
  }
  options.db = without_links(options.db);
  if (options.state_dir.empty()) options.state_dir = options.db + ".state";
  options.wait_ms = static_cast<ElapsedMillis>(wait_s * 1000);
  configure_log(LogLevel::error, LogFormat::text);
  take_interrupts();
  const SystemClock clock;
  ProgressBar bar("verify");
  Verification verification(options, clock, [&](std::uint64_t done, std::uint64_t total, std::uint64_t lines) {
    if (total > 0) bar.update(done, total, lines, clock.elapsed_ms());
    return interrupt_wanted == 0;
  });
  auto report = verification.run();
  bar.clear();
  if (!report) {
    std::fprintf(stderr, "stream_daemon verify: %s\n", report.error().message.c_str());
    return report.error().kind == ErrorKind::not_found ? kNotThere : kDiffer;
  }
  print_report(report.value());
  return report->agrees() ? kAgree : kDiffer;
}

}  // namespace streamd
