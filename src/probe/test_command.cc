#include "probe/test_command.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <random>

#include "io/file.h"
#include "io/terminal_line.h"
#include "probe/load.h"
#include "probe/proof.h"
#include "probe/summary.h"
#include "probe/test_options.h"

namespace streamd::probe {
namespace {

std::atomic<bool> stopped{false};

// The first asks for an early end; the next one is the system's.
void on_signal(int signal) {
  stopped.store(true);
  ::signal(signal, SIG_DFL);
}

std::string progress_text(const LoadOptions& options, const LoadProgress& now) {
  const double rate = now.elapsed_s > 0 ? static_cast<double>(now.lines) / now.elapsed_s : 0;
  std::string text = fmt::format("{:.1f}", now.elapsed_s);
  if (options.lines == 0) text += fmt::format(" of {:g} s", options.seconds);
  text += fmt::format("{}: {} lines", options.lines == 0 ? "" : " s", now.lines);
  if (options.lines > 0) text += fmt::format(" of {}", options.lines);
  text += fmt::format(", {:.0f}/s", rate);
  if (options.ack) text += fmt::format(", {} KiB not acknowledged", now.unacked_bytes >> 10);
  return text;
}

std::string progress_text(const Verdict& so_far) {
  std::string text = fmt::format("{} of {} bars", so_far.bars, so_far.bars_sent);
  if (so_far.decisions_due > 0) text += fmt::format(", {} of {} decisions", so_far.actions, so_far.decisions_due);
  text += " are there";
  if (so_far.differences > 0) text += fmt::format(", {} bars differ", so_far.differences);
  return text;
}

int fail(const std::string& message) {
  std::fprintf(stderr, "stream_daemon_test: %s\n", message.c_str());
  return 1;
}

std::string random_name() {
  std::random_device random;
  return fmt::format("stream_daemon_test-{:08x}", random());
}

Result<void> write_marks(const std::string& path, const std::vector<SecondMark>& marks) {
  std::string text;
  for (const SecondMark& mark : marks) text += fmt::format("{} {}\n", mark.second * 1000, mark.sent_us);
  ::unlink(path.c_str());
  auto file = open_for_appending(path);
  if (!file) return file.error();
  std::size_t written = 0;
  return write_all(file->get(), path, text, written);
}

// What the daemon's own count, which begins with each start, says of bad lines, and why rows may be missing. Empty:
// nothing, or it cannot be asked.
std::string refused_complaint(const StoredRows& stored, std::optional<std::uint64_t> before, const LoadResult& sent,
                              bool rows_are_missing) {
  const auto after = stored.refused_lines();
  if (sent.reconnects > 0 || !before || !after || *after < *before) return "";
  const std::uint64_t refused = *after - *before;
  if (refused < sent.bad) return fmt::format("the daemon counts {} refused lines, and {} bad ones were sent", refused, sent.bad);
  if (refused == sent.bad || !rows_are_missing) return "";
  return fmt::format("the daemon has refused {} lines besides; its log says why", refused - sent.bad);
}

}  // namespace

int run_test(std::vector<std::string> arguments) {
  const TestInvocation invocation = parse_test_options(std::move(arguments));
  if (invocation.action == TestInvocation::Action::exit) {
    std::fputs(invocation.output.c_str(), stdout);
    if (!invocation.complaint.empty()) std::fprintf(stderr, "stream_daemon_test: %s\n", invocation.complaint.c_str());
    return invocation.exit_code;
  }
  const TestOptions& options = invocation.options;
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, on_signal);
  const StoredRows stored(options.db, options.state_dir);
  Load load(options.load, random_name(), stopped);
  if (auto connected = load.connect(); !connected) return fail(connected.error().message);
  if (!options.send_only) {
    const auto readable = stored.read("SELECT 1", [](const TextRow&) {});
    if (!readable) return fail(readable.error().message + "; give the daemon's --db, or --send-only");
  }
  if (!options.send_only && options.load.times) {
    auto before = rows_before(load.lines(), *options.load.times, stored);
    if (!before) return fail(before.error().message);
    if (*before > 0) {
      return fail(fmt::format("{} has {} bars of these symbols in these times already; give another --from or other "
                              "--symbols, or --send-only", options.db, *before));
    }
  }
  const auto refused_before = options.send_only ? std::nullopt : stored.refused_lines();
  TerminalLine progress;
  const auto ran = load.run(!options.send_only, [&](const LoadProgress& now) {
    progress.show(progress_text(options.load, now));
  });
  progress.clear();
  if (!ran) return fail(ran.error().message);
  const LoadResult sent = load.result();
  std::vector<std::string> complaints;
  if (!sent.refused_line.empty()) complaints.push_back("the daemon refused a good line: " + sent.refused_line);
  std::optional<Verdict> verdict;
  if (!options.send_only) {
    auto proven = prove(load.lines(), stored, options.checks, [&](const Verdict& so_far) {
      progress.show(progress_text(so_far));
    });
    progress.clear();
    if (!proven) return fail(proven.error().message);
    verdict = std::move(proven).value();
    const bool rows_are_missing = !verdict->complaints.empty();
    complaints.insert(complaints.begin(), verdict->complaints.begin(), verdict->complaints.end());
    if (auto why = refused_complaint(stored, refused_before, sent, rows_are_missing); !why.empty()) {
      complaints.push_back(std::move(why));
    }
  }
  if (!options.marks_file.empty()) {
    if (auto written = write_marks(options.marks_file, load.marks()); !written) return fail(written.error().message);
  }
  fmt::print("{}\n", options.json ? summary_json(options, sent, verdict, complaints) : summary_line(options, sent, verdict));
  std::fflush(stdout);
  for (const std::string& complaint : complaints) fail(complaint);
  return complaints.empty() ? 0 : 1;
}

}  // namespace streamd::probe
