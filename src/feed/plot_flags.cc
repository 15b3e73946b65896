#include "feed/plot_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "flags/picture_format.h"
#include "flags/plot_values.h"
#include "io/byte_reader.h"
#include "io/file.h"

namespace streamd::feed {
namespace {

constexpr const char* kGroup = "Plots, by plot_stream_decisions (need --emit-decisions)";
constexpr const char* kDefaultFile = "logs/decisions.ndjson";
constexpr std::string_view kFileSink = "file:";
constexpr std::string_view kPrefix = "--plot-";

CLI::Validator picture_name() {
  const auto check = [](std::string& text) {
    return picture_format(text) ? "" : fmt::format("{}: a picture's name ends with .png, .svg or .pdf", text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator video_name() {
  const auto check = [](std::string& text) {
    return is_webm(text) ? "" : fmt::format("{}: a video's name ends with .webm", text);
  };
  return CLI::Validator(check, "");
}

// The first file among the sinks; one is added where there is none.
std::string file_of(std::vector<std::string>& sinks) {
  for (const std::string& sink : sinks) {
    if (sink.starts_with(kFileSink) && sink.size() > kFileSink.size()) return sink.substr(kFileSink.size());
  }
  sinks.push_back(std::string(kFileSink) + kDefaultFile);
  return kDefaultFile;
}

std::string complaint_about_file(const std::string& path) {
  std::error_code absent;
  if (std::filesystem::exists(path, absent) && !std::filesystem::is_regular_file(path, absent)) {
    return "is not a file that can be read again";
  }
  if (ByteReader::is_compressed(path)) return "would be read as a compressed file";
  return "";
}

}  // namespace

void PlotFlags::pass(CLI::Option* option, std::vector<std::string> PlotPlan::*part, const char* plotter_name) {
  const std::string name = option->get_name();
  passed_.push_back({plotter_name != nullptr ? plotter_name : "--" + name.substr(kPrefix.size()), part, option});
}

void PlotFlags::add_to(CLI::App& app) {
  const auto look = &PlotPlan::look;
  const auto switch_of = [&](const char* name, const std::string& help) {
    return app.add_flag(name, help)->group(kGroup);
  };
  const auto value_of = [&](const char* name, CLI::Validator check, const char* type, const std::string& help) {
    return app.add_option(name, help)->check(std::move(check))->type_name(type)->group(kGroup);
  };
  ways_ = {
      app.add_flag("--plot-follow", has_page_, "Show decisions in a browser as they come; a line on stderr has the URL")
          ->group(kGroup),
      app.add_option("--plot-out", out_, "Draw a picture at the end: .png, .svg or .pdf [<decisions' stem>_plot.png]")
          ->check(picture_name())
          ->type_name("FILE")
          ->group(kGroup),
      app.add_option("--plot-webm", webm_, "Make a video at the end, a time lapse")
          ->check(video_name())
          ->type_name("FILE")
          ->group(kGroup),
  };
  pass(switch_of("--plot-show-state", "Markers for the state, BUY, SELL, ..."), look);
  pass(switch_of("--plot-urgency-thickness", "Lines thicker, markers larger, the more urgent"), look);
  pass(switch_of("--plot-posture", "Grey where the gate was closed (OBSERVE)"), look, "--show-posture");
  pass(value_of("--plot-window-seconds", plot_values::window_seconds(), "SECONDS", "Only the last ones; 0: all"), look);
  pass(value_of("--plot-fee-rate", plot_values::share(), "SHARE", "What a change costs of its notional"), look);
  pass(value_of("--plot-slippage", plot_values::share(), "SHARE", "And on top of that"), look);
  pass(value_of("--plot-min-trade", plot_values::exposure(), "EXPOSURE", "Smaller changes are not made"), look);
  pass(value_of("--plot-interval-ms", plot_values::interval_ms(), "MS", "The page shows what comes within this time"),
       &PlotPlan::page);
  pass(value_of("--plot-fps", plot_values::fps(), "N", "The video's frames a second"), &PlotPlan::video);
  pass(value_of("--plot-frame-step", plot_values::frame_step(), "N",
                "Timestamps of decisions that a frame adds to the one before"),
       &PlotPlan::video);
}

std::string PlotFlags::take(DecisionFlags& decisions, std::optional<PlotPlan>& plan) const {
  std::string first;
  const auto note = [&](const CLI::Option* option) {
    if (option->count() > 0 && first.empty()) first = option->get_name();
  };
  for (const CLI::Option* option : ways_) note(option);
  for (const Flag& flag : passed_) note(flag.option);
  if (first.empty()) return "";
  if (!decisions.emits) return first + " without --emit-decisions has nothing to draw; add --emit-decisions";
  const std::size_t sinks_before = decisions.sinks.size();
  PlotPlan made;
  made.ndjson = file_of(decisions.sinks);
  if (decisions.has_config && decisions.sinks.size() != sinks_before) {
    return first + " with --config needs to know the decisions' file; add --decision-sink file:PATH";
  }
  if (const std::string complaint = complaint_about_file(made.ndjson); !complaint.empty()) {
    return fmt::format("{}: {} {}; give another --decision-sink file:PATH", first, made.ndjson, complaint);
  }
  for (const auto& [flag, path] : {std::pair("--plot-out", &out_), std::pair("--plot-webm", &webm_)}) {
    if (!path->empty() && is_same_file(*path, made.ndjson)) {
      return fmt::format("{} {} is the decisions' file; give another one", flag, *path);
    }
  }
  made.has_page = has_page_;
  made.out = out_;
  made.webm = webm_;
  for (const Flag& flag : passed_) {
    if (flag.option->count() == 0) continue;
    const bool has_value = flag.option->get_items_expected_max() > 0;
    (made.*flag.part).push_back(flag.plotter_name + (has_value ? "=" + flag.option->results().front() : ""));
  }
  plan = std::move(made);
  return "";
}

}  // namespace streamd::feed
