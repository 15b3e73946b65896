#include "plot/plot_command.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>

#include "flags/plot_programs.h"
#include "io/file.h"
#include "plot/decision_file.h"
#include "plot/decision_notes.h"
#include "plot/follow_command.h"
#include "plot/plot_options.h"
#include "plot/run_ffmpeg.h"
#include "plot/run_gnuplot.h"
#include "plot/still_pictures.h"
#include "plot/stop_signal.h"
#include "plot/time_lapse.h"

namespace streamd::plot {
namespace {

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "plot_stream_decisions: %s\n", message.c_str());
  return code;
}

std::vector<SymbolSeries> all_series(const DecisionSet& set, const PlotOptions& options) {
  UnixMillis from = 0;
  if (options.window_seconds > 0)
    from = set.last_ms() - static_cast<UnixMillis>(std::llround(options.window_seconds * 1000));
  std::vector<SymbolSeries> all;
  const std::span<const FileDecision> decisions(set.decisions);
  for (std::size_t begin = 0; begin < decisions.size();) {
    std::size_t end = begin;
    while (end < decisions.size() && decisions[end].symbol == decisions[begin].symbol) ++end;
    const auto of_symbol = decisions.subspan(begin, end - begin);
    auto points = exposure_series(of_symbol, held_at_start(of_symbol), options.series, from);
    if (!points.empty()) all.push_back({set.symbols[decisions[begin].symbol], std::move(points)});
    begin = end;
  }
  return all;
}

// A picture takes the place of what has its name. Empty: nothing is lost.
std::string complaint_about_outputs(const PlotOptions& options) {
  const std::pair<const char*, const std::string&> all[] = {{"--ndjson", options.ndjson},
                                                            {"--out", options.out},
                                                            {"--state-out", options.state_out},
                                                            {"--webm", options.webm}};
  for (const auto& [flag, path] : std::span(all).subspan(1)) {
    for (const auto& [other_flag, other] : all) {
      if (&other == &path) break;
      if (path.empty() || other.empty() || !is_same_file(path, other)) continue;
      return fmt::format("{} {} is the file of {}; give another one", flag, path, other_flag);
    }
  }
  return "";
}

// Of what the file has now. `ffmpeg` is empty without --webm.
int draw_file(const PlotOptions& options, const std::string& gnuplot, const std::string& ffmpeg) {
  std::vector<SymbolSeries> series;
  {
    auto set = read_decision_file(options.ndjson, options.filter);
    if (!set && set.error().kind == ErrorKind::not_found) {
      return fail(3, set.error().message + "; give the file of stream_daemon's --decision-sink file:PATH");
    }
    if (!set) return fail(1, set.error().message);
    if (const std::string complaint = complaint_about(set->counts); !complaint.empty()) {
      fail(0, fmt::format("{}: {}", options.ndjson, complaint));
    }
    if (set->decisions.empty()) return fail(1, nothing_to_plot(options.ndjson, set.value(), options.filter));
    for (const std::string& note : notes_on(set.value(), options.filter)) {
      fail(0, fmt::format("{}: {}", options.ndjson, note));
    }
    series = all_series(set.value(), options);
  }
  const auto& stopped = watch_stop_signals();
  if (auto drawn = draw_pictures(options, gnuplot, series, stopped); !drawn) return fail(1, drawn.error().message);
  for (const std::string& path : {options.out, options.state_out}) {
    if (!path.empty()) fmt::print("{}\n", path);
  }
  if (options.webm.empty()) return 0;
  if (auto made = make_time_lapse(options, gnuplot, ffmpeg, series, stopped); !made) {
    return fail(1, made.error().message);
  }
  fmt::print("{}\n", options.webm);
  return 0;
}

// What has been printed is there, too.
int flushed(int code) {
  if (std::fflush(stdout) == 0 || code != 0) return code;
  return fail(1, fmt::format("cannot write to stdout: {}", std::strerror(errno)));
}

}  // namespace

int run_plot(std::vector<std::string> arguments) {
  const PlotInvocation invocation = parse_plot_options(std::move(arguments));
  if (invocation.action == PlotInvocation::Action::exit) {
    std::fputs(invocation.output.c_str(), stdout);
    if (!invocation.complaint.empty()) fail(0, invocation.complaint);
    return flushed(invocation.exit_code);
  }
  const PlotOptions& options = invocation.options;
  if (const std::string complaint = complaint_about_outputs(options); !complaint.empty()) return fail(2, complaint);
  std::string gnuplot, ffmpeg;
  const bool draws = !options.follow || !options.out.empty() || !options.state_out.empty();
  if (draws) {
    auto found = find_gnuplot();
    if (!found) return fail(3, found.error().message);
    gnuplot = std::move(found).value();
  }
  if (!options.webm.empty()) {
    auto found = find_ffmpeg();
    if (!found) return fail(3, found.error().message);
    ffmpeg = std::move(found).value();
  }
  std::error_code unknown;
  const auto status = std::filesystem::status(options.ndjson, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return fail(1, fmt::format("cannot read {}: it is no plain file; give the file of stream_daemon's "
                               "--decision-sink file:PATH",
                               options.ndjson));
  }
  return flushed(options.follow ? follow_file(options, gnuplot) : draw_file(options, gnuplot, ffmpeg));
}

}  // namespace streamd::plot
