#include "feed/plot_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace streamd::feed {
namespace {

void append(std::vector<std::string>& arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

std::vector<std::string> arguments_for_all(const PlotPlan& plan, const std::vector<std::string>& run_ids) {
  std::vector<std::string> arguments = {"--ndjson=" + plan.ndjson, fmt::format("--run-id={}", fmt::join(run_ids, ","))};
  if (!plan.out.empty()) arguments.push_back("--out=" + plan.out);
  append(arguments, plan.look);
  return arguments;
}

}  // namespace

std::vector<std::string> page_arguments(const PlotPlan& plan, const std::vector<std::string>& run_ids,
                                        std::uint16_t port) {
  std::vector<std::string> arguments = arguments_for_all(plan, run_ids);
  append(arguments, {"--follow", fmt::format("--port={}", port)});
  append(arguments, plan.page);
  return arguments;
}

std::vector<std::string> picture_arguments(const PlotPlan& plan, const std::vector<std::string>& run_ids) {
  std::vector<std::string> arguments = arguments_for_all(plan, run_ids);
  if (plan.webm.empty()) return arguments;
  arguments.push_back("--webm=" + plan.webm);
  append(arguments, plan.video);
  return arguments;
}

}  // namespace streamd::feed
