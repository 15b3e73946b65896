#include "system/decision_feed.h"

#include <filesystem>

#include "system/bar_oracle.h"

namespace streamd {
namespace {

constexpr const char* kFile = "bars.ndjson";

Arguments deciding(Arguments arguments, const Arguments& more) {
  const Arguments decisions = {"--emit-decisions", "--no-decision-stdout", "--state-window", "20"};
  arguments.insert(arguments.end(), decisions.begin(), decisions.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

DecisionFeed::DecisionFeed(const TempFolder& folder, std::uint64_t seed) : folder_(folder), random_(seed) {
  for (double& close : close_) close = 100;
  std::filesystem::create_directories(folder / "logs/phase6");
  write_file(folder / "logs/phase6/capital_controls_1.jsonl",
             "{\"allowed\":true,\"slip_bps\":5,\"reason\":\"open\",\"timestamp\":1}\n");
  write_file(folder / kFile, "");
}

std::string DecisionFeed::key(std::size_t number) {
  return std::to_string(second(number) * 1000) + " S" + std::to_string(number % kSymbols);
}

std::string DecisionFeed::next_lines(std::size_t bars) {
  std::string lines;
  for (std::size_t i = 0; i < bars; ++i, ++bars_) {
    double& close = close_[bars_ % kSymbols];
    close *= 1 + (static_cast<double>(random_() % 2001) - 1000) / 1e6;
    lines += bar_line(flat_bar("S" + std::to_string(bars_ % kSymbols), second(bars_), close));
  }
  return lines;
}

void DecisionFeed::grow(std::size_t bars) { append_file(folder_ / kFile, next_lines(bars)); }

Arguments DecisionFeed::arguments(const Arguments& more) const { return deciding(following(kFile), more); }

Arguments DecisionFeed::to_the_end(const Arguments& more) const {
  return deciding(replaying({"--tail", kFile}), more);
}

}  // namespace streamd
