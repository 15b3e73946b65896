#include "plot/plot_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "flags/command_line.h"
#include "flags/flag_checks.h"
#include "flags/picture_format.h"
#include "flags/plot_values.h"
#include "io/byte_reader.h"

namespace streamd::plot {
namespace {

constexpr const char* kDescription =
    "Plots the decisions that stream_daemon wrote to a file (--decision-sink file:PATH): target exposure in steps, "
    "its\n"
    "changes, and what they would earn, gross beside net of fees and slippage. Targets, not executions.";

constexpr const char* kExamples =
    "Examples:\n"
    "  plot_stream_decisions --ndjson logs/decisions.ndjson --out logs/decisions_plot.png\n"
    "  plot_stream_decisions --ndjson logs/decisions.ndjson --show-state --urgency-thickness\n"
    "  plot_stream_decisions --ndjson logs/decisions.ndjson --symbols BTCUSDT --window-seconds 600 --out btc.svg\n"
    "  plot_stream_decisions --ndjson logs/decisions.ndjson --follow --interval-ms 1000\n"
    "  plot_stream_decisions --ndjson logs/decisions.ndjson --webm logs/decisions.webm --fps 10\n"
    "Exit codes: 0 done, 1 failed, 2 bad usage, 3 no file, or gnuplot or ffmpeg is missing.";

// `logs/decisions.ndjson.gz` → `logs/decisions`.
std::string stem_of(std::string path) {
  if (ByteReader::is_compressed(path)) path.resize(path.rfind('.'));
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = path.rfind('.');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  if (dot != std::string::npos && dot > name) path.resize(dot);
  return path;
}

std::string take_list(const char* flag, const std::string& text, std::vector<std::string>& names) {
  for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    if (comma == begin) return fmt::format("{} {}: a name is empty; give names with commas between them", flag, text);
    names.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return "";
}

// What flags say together. Empty: they go together.
std::string complaint_about(const PlotOptions& options) {
  for (const auto& [flag, path] : {std::pair("--out", &options.out), std::pair("--state-out", &options.state_out)}) {
    if (!path->empty() && !picture_format(*path)) {
      return fmt::format("{} {}: a picture's name ends with .png, .svg or .pdf", flag, *path);
    }
  }
  if (!options.webm.empty() && !is_webm(options.webm)) {
    return fmt::format("--webm {}: a video's name ends with .webm", options.webm);
  }
  if (!options.follow) return "";
  if (!options.webm.empty()) return "--follow and --webm: a video is made of what is there; give one of them";
  if (ByteReader::is_compressed(options.ndjson)) {
    return fmt::format("--follow {}: a compressed file cannot be followed", options.ndjson);
  }
  return "";
}

}  // namespace

PlotInvocation parse_plot_options(std::vector<std::string> arguments) {
  PlotInvocation invocation;
  PlotOptions& options = invocation.options;
  std::string symbols, run_ids;
  bool state_plot = false;
  CLI::App app(kDescription, "plot_stream_decisions");
  app.footer(kExamples);
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", std::string("plot_stream_decisions ") + STREAMD_VERSION);
  const auto text_flag = [&](const char* name, std::string& value, const char* type, const char* help,
                             const char* group) {
    return app.add_option(name, value, help)->type_name(type)->group(group);
  };
  const auto number_flag = [&](const char* name, double& value, CLI::Validator check, const char* type,
                               const char* help, const char* group) {
    app.add_option(name, value, help)->check(std::move(check))->type_name(type)->capture_default_str()->group(group);
  };
  text_flag("--ndjson", options.ndjson, "FILE", "Decisions, a JSON object a line; .gz and .zst, too", "Decisions")
      ->required();
  text_flag("--symbols", symbols, "LIST", "Only these: names with commas between them", "Decisions");
  text_flag("--run-id", run_ids, "LIST", "Only those of this run of the daemon, or of several", "Decisions");
  number_flag("--window-seconds", options.window_seconds, plot_values::window_seconds(), "SECONDS",
              "Only the last ones; 0: all", "Decisions");
  text_flag("--out", options.out, "FILE",
            "Picture: .png, .svg or .pdf [<ndjson stem>_plot.png without --webm and --follow]", "Pictures");
  app.add_flag("--show-state", options.picture.show_state, "Markers for the state, BUY, SELL, ...")->group("Pictures");
  app.add_flag("--urgency-thickness", options.picture.urgency_thickness,
               "Lines thicker, markers larger, the more urgent")
      ->group("Pictures");
  app.add_flag("--show-posture", options.picture.show_posture, "Grey where the gate was closed (OBSERVE)")
      ->group("Pictures");
  app.add_flag("--state-plot", state_plot, "One more picture: each symbol's states over time")->group("Pictures");
  text_flag("--state-out", options.state_out, "FILE", "Where to; implies --state-plot [<ndjson stem>_state.png]",
            "Pictures");
  number_flag("--fee-rate", options.series.fee_rate, plot_values::share(), "SHARE",
              "What a change costs of its notional", "PnL");
  number_flag("--slippage", options.series.slippage, plot_values::share(), "SHARE", "And on top of that", "PnL");
  number_flag("--min-trade", options.series.min_trade, plot_values::exposure(), "EXPOSURE",
              "Smaller changes are not made", "PnL");
  text_flag("--webm", options.webm, "FILE", "Time lapse, VP9: each frame shows some more decisions", "Video");
  app.add_option("--fps", options.fps, "Frames a second")
      ->check(plot_values::fps())
      ->type_name("N")
      ->capture_default_str()
      ->group("Video");
  app.add_option("--frame-step", options.frame_step, "Timestamps of decisions that a frame adds to the one before")
      ->check(plot_values::frame_step())
      ->type_name("N")
      ->capture_default_str()
      ->group("Video");
  app.add_flag("--follow", options.follow, "Show what is there and what comes in a browser, and keep --out fresh")
      ->group("Live");
  app.add_option("--interval-ms", options.interval_ms, "What comes is shown within this time")
      ->check(plot_values::interval_ms())
      ->type_name("MS")
      ->capture_default_str()
      ->group("Live");
  app.add_option("--port", options.port, "Of the page, on 127.0.0.1; 0: any that is free")
      ->check(port_value())
      ->type_name("PORT")
      ->capture_default_str()
      ->group("Live");
  const auto stop = [&](int code, std::string output, std::string complaint) {
    invocation.action = PlotInvocation::Action::exit;
    invocation.exit_code = code;
    invocation.output = std::move(output);
    invocation.complaint = std::move(complaint);
    return invocation;
  };
  if (auto end = parse_command_line(app, std::move(arguments))) {
    return stop(end->exit_code, std::move(end->output), std::move(end->complaint));
  }
  if (auto wrong = take_list("--symbols", symbols, options.filter.symbols); !wrong.empty()) {
    return stop(2, "", std::move(wrong));
  }
  if (auto wrong = take_list("--run-id", run_ids, options.filter.run_ids); !wrong.empty()) {
    return stop(2, "", std::move(wrong));
  }
  const bool has_another_way = !options.webm.empty() || options.follow;
  if (options.out.empty() && !has_another_way) options.out = stem_of(options.ndjson) + "_plot.png";
  if (state_plot && options.state_out.empty()) options.state_out = stem_of(options.ndjson) + "_state.png";
  if (auto wrong = complaint_about(options); !wrong.empty()) return stop(2, "", std::move(wrong));
  return invocation;
}

}  // namespace streamd::plot
