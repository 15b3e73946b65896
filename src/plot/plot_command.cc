#include "plot/plot_command.h"

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <span>

#include "plot/decision_file.h"
#include "plot/exposure_series.h"
#include "plot/gnuplot_script.h"
#include "plot/plot_data.h"
#include "plot/plot_options.h"
#include "plot/run_gnuplot.h"

namespace streamd::plot {
namespace {

constexpr std::chrono::seconds kDrawingTakesAtMost{120};
constexpr std::size_t kNamesInAnError = 8;

std::atomic<bool> stopped{false};

// The first asks for an early end; the next one is the system's.
void on_signal(int signal) {
  stopped.store(true);
  ::signal(signal, SIG_DFL);
}

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "plot_stream_decisions: %s\n", message.c_str());
  return code;
}

std::string nothing_to_plot(const PlotOptions& options, const DecisionSet& set) {
  std::string text = fmt::format("no decision to plot in {} ({} lines)", options.ndjson, set.lines);
  if (set.lines == 0) return text + "; write some with stream_daemon --emit-decisions --decision-sink file:PATH";
  if (options.filter.symbols.empty() && options.filter.run_id.empty()) return text + "; are these decisions?";
  DecisionFilter all;
  auto others = read_decision_file(options.ndjson, all);
  if (!others || others->symbols.empty()) return text + "; are these decisions?";
  text += "; it has the symbols ";
  for (std::size_t i = 0; i < others->symbols.size() && i < kNamesInAnError; ++i) {
    text += (i > 0 ? ", " : "") + others->symbols[i];
  }
  if (others->symbols.size() > kNamesInAnError)
    text += fmt::format(" and {} more", others->symbols.size() - kNamesInAnError);
  if (!options.filter.run_id.empty()) text += fmt::format(", none with run_id {}", options.filter.run_id);
  return text;
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
    auto points = exposure_series(decisions.subspan(begin, end - begin), options.series, from);
    if (!points.empty()) all.push_back({set.symbols[decisions[begin].symbol], std::move(points)});
    begin = end;
  }
  return all;
}

std::string title_of(const PlotOptions& options, std::size_t symbols, std::size_t decisions) {
  const std::string name = options.ndjson.substr(options.ndjson.rfind('/') + 1);
  return fmt::format("{}: {} decision{} of {} symbol{}", name, decisions, decisions == 1 ? "" : "s", symbols,
                     symbols == 1 ? "" : "s");
}

int draw_all(const PlotOptions& options, const std::string& gnuplot, const PlotData& data, const std::string& title) {
  const auto draw = [&](const std::string& out, const auto& script) {
    Drawing drawing{data.files, script};
    if (auto drawn = run_gnuplot(gnuplot, drawing, out, kDrawingTakesAtMost, stopped); !drawn) {
      return fail(1, drawn.error().message);
    }
    fmt::print("{}\n", out);
    std::fflush(stdout);
    return 0;
  };
  int code = draw(options.out, [&](const std::string& folder, const std::string& out) {
    return exposure_script(data, options.picture, folder, title, *picture_format(options.out), out);
  });
  if (code != 0 || options.state_out.empty()) return code;
  return draw(options.state_out, [&](const std::string& folder, const std::string& out) {
    return state_script(data, folder, title, *picture_format(options.state_out), out);
  });
}

}  // namespace

int run_plot(std::vector<std::string> arguments) {
  const PlotInvocation invocation = parse_plot_options(std::move(arguments));
  if (invocation.action == PlotInvocation::Action::exit) {
    std::fputs(invocation.output.c_str(), stdout);
    if (!invocation.complaint.empty())
      std::fprintf(stderr, "plot_stream_decisions: %s\n", invocation.complaint.c_str());
    return invocation.exit_code;
  }
  const PlotOptions& options = invocation.options;
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) return fail(3, gnuplot.error().message);
  PlotData data;
  std::string title;
  {
    auto set = read_decision_file(options.ndjson, options.filter);
    if (!set && set.error().kind == ErrorKind::not_found) {
      return fail(3, set.error().message + "; give the file of stream_daemon's --decision-sink file:PATH");
    }
    if (!set) return fail(1, set.error().message);
    if (const std::string complaint = complaint_about(set.value()); !complaint.empty()) {
      fail(0, fmt::format("{}: {}", options.ndjson, complaint));
    }
    if (set->decisions.empty()) return fail(1, nothing_to_plot(options, set.value()));
    const auto series = all_series(set.value(), options);
    std::size_t decisions = 0;
    for (const SymbolSeries& one : series) decisions += one.points.size();
    title = title_of(options, series.size(), decisions);
    data = plot_data(series, kPictureColumns);
  }
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, on_signal);
  return draw_all(options, gnuplot.value(), data, title);
}

}  // namespace streamd::plot
