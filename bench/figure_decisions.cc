// What decisions and summaries cost: bars of a file with them, against the same bars without; and how long a decision
// takes to leave for a TCP sink.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/senders.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

constexpr double kLeastBarsPerSecond = 120'000;
constexpr double kLeastSummarisedPerSecond = 80'000;
constexpr std::int64_t kWindowSeconds = 60;
constexpr double kRate = 100'000;
constexpr double kMostMs = 5;

// The arguments that make decisions under an open gate.
std::vector<std::string> deciding(const std::string& folder) {
  std::filesystem::create_directories(folder + "/phase6");
  std::ofstream(folder + "/phase6/capital_controls_bench.jsonl") << "{\"allowed\": true, \"slip_bps\": 0.5}\n";
  return {"--emit-decisions", "--no-decision-stdout", "--phase6-log-dir", folder + "/phase6"};
}

Finished replay(const Workspace& space, const std::string& folder, const std::string& file,
                std::vector<std::string> more) {
  std::vector<std::string> command = space.tail_command(folder, file);
  command.insert(command.end(), more.begin(), more.end());
  return run_child(command);
}

// Every symbol has a bar in each second, the last ones perhaps not.
std::uint64_t windows_of(const BarShape& shape) {
  const auto window_of = [&](std::uint64_t row) {
    return (shape.first_second + static_cast<std::int64_t>(row / shape.symbols)) / kWindowSeconds;
  };
  std::uint64_t windows = 0;
  for (std::uint64_t symbol = 0; symbol < shape.symbols && symbol < shape.rows; ++symbol) {
    const std::uint64_t last = (shape.rows - 1 - symbol) / shape.symbols * shape.symbols + symbol;
    windows += static_cast<std::uint64_t>(window_of(last) - window_of(symbol) + 1);
  }
  return windows;
}

}  // namespace

void measure_decisions(const Workspace& space, Report& report) {
  const BarShape shape{space.sized(4'000'000), 400, kFirstSecond};
  const std::string file = bar_file(space, shape);
  Progress progress(space, "decisions");
  const std::uint64_t windows = windows_of(shape);
  std::vector<double> stored_s, sunk_s, summed_s, bare_s, memory;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder stored_folder(space, "stored"), sunk_folder(space, "sunk"), bare_folder(space, "bare");
    RunFolder summed_folder(space, "summed");
    progress.run(run, "decisions");
    const Finished stored = replay(space, stored_folder.path(), file, deciding(stored_folder.path()));
    progress.run(run, "decisions and a file sink");
    std::vector<std::string> to_file = deciding(sunk_folder.path());
    to_file.insert(to_file.end(), {"--decision-sink", "file:" + sunk_folder.path() + "/decisions.ndjson"});
    const Finished sunk = replay(space, sunk_folder.path(), file, to_file);
    progress.run(run, "decisions and summaries");
    std::vector<std::string> summing = deciding(summed_folder.path());
    summing.insert(summing.end(), {"--summarise-window", std::to_string(kWindowSeconds)});
    const Finished summed = replay(space, summed_folder.path(), file, summing);
    progress.run(run, "bars alone");
    const Finished bare = replay(space, bare_folder.path(), file, {});
    check_decisions(space, stored_folder.path(), shape.rows);
    check_decisions(space, sunk_folder.path(), shape.rows);
    check_decisions(space, summed_folder.path(), shape.rows);
    check_summaries(space, summed_folder.path(), windows);
    progress.result(run, fmt::format("decisions {:.3f} s, cpu {:.3f} s, {:.0f} MiB; with a file sink {:.3f} s, cpu {:.3f} "
                                     "s; with summaries {:.3f} s, cpu {:.3f} s, {:.0f} MiB; bars alone {:.3f} s, cpu {:.3f} s",
                                     stored.wall_s(), stored.cpu_s, stored.peak_mib, sunk.wall_s(), sunk.cpu_s,
                                     summed.wall_s(), summed.cpu_s, summed.peak_mib, bare.wall_s(), bare.cpu_s));
    stored_s.push_back(stored.wall_s());
    sunk_s.push_back(sunk.wall_s());
    summed_s.push_back(summed.wall_s());
    memory.push_back(summed.peak_mib);
    bare_s.push_back(bare.wall_s());
  }
  const auto rows = static_cast<double>(shape.rows);
  report.add_ratio("decisions, to bars alone", rate_text(stored_s, rows, "bars"), rate_text(bare_s, rows, "bars"),
                   ratios(bare_s, stored_s), std::nullopt);
  report.add_ratio("decisions and a file sink, to bars alone", rate_text(sunk_s, rows, "bars"),
                   rate_text(bare_s, rows, "bars"), ratios(bare_s, sunk_s), std::nullopt);
  report.add_ratio("decisions and summaries, to bars alone", rate_text(summed_s, rows, "bars"),
                   rate_text(bare_s, rows, "bars"), ratios(bare_s, summed_s), std::nullopt);
  report.add_limit("decisions and summaries, time of a million bars",
                   fmt::format("{:.2f} s, {:.0f} MiB", spread(summed_s).median / rows * 1e6, spread(memory).median),
                   spread(summed_s).median / rows * 1e6, 1e6 / kLeastSummarisedPerSecond, "s");
  report.add_limit("decisions, time of a million bars",
                   fmt::format("{:.2f} s", spread(stored_s).median / rows * 1e6), spread(stored_s).median / rows * 1e6,
                   1e6 / kLeastBarsPerSecond, "s");
}

void measure_decision_latency(const Workspace& space, Report& report) {
  Progress progress(space, "decision-latency");
  std::vector<double> p99_ms;
  std::string ours;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder folder(space, "ours");
    progress.run(run, "decisions");
    SentLoad load;
    load.rate = kRate;
    load.seconds = space.small ? 4 : 20;
    load.marks_file = folder.path() + "/marks";
    Child peer({space.peer("decision_peer"), load.marks_file});
    std::vector<std::string> arguments = deciding(folder.path());
    arguments.insert(arguments.end(), {"--host", "127.0.0.1", "--port", "0", "--decision-sink",
                                       "tcp://127.0.0.1:" + port_of(peer.wait_for("listening on "))});
    Child daemon(space.daemon_command(folder.path(), arguments));
    const std::string port = wait_for_daemon(daemon);
    peer.wait_for("connected");
    const Finished sender = run_child(sender_command(space, load, port));
    daemon.terminate();
    daemon.finish();
    const std::string read = peer.finish().output;
    p99_ms.push_back(number_behind(read, "p99 "));
    const std::size_t begin = read.find("count ");
    ours = fmt::format("sent {:.0f} lines/s; {}", lines_per_s(sender),
                       read.substr(begin, read.find('\n', begin) - begin));
    progress.result(run, ours);
  }
  report.add_limit("decision latency, p99 at 100,000 trades/s", fmt::format("{:.2f} ms", spread(p99_ms).median),
                   spread(p99_ms).median, kMostMs, "ms");
  report.add_note("the last of these runs", ours);
}

}  // namespace streamd::bench
