// One gnuplot process that draws one picture from files in a folder of its own, which is gone afterwards. The picture
// appears under its name when it is whole. One thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"

namespace streamd::plot {

inline constexpr std::chrono::seconds kDrawingTakesAtMost{120};

struct Drawing {
  std::map<std::string, std::string> files;  // name → text
  // The commands for gnuplot; `folder` has the files.
  std::function<std::string(const std::string& folder, const std::string& out)> script;
};

// `stopped` is looked at ten times a second. Makes the folders of `out`.
Result<void> run_gnuplot(const std::string& gnuplot, const Drawing& drawing, const std::string& out,
                         std::chrono::seconds at_most, const std::atomic<bool>& stopped);

}  // namespace streamd::plot
