#include "daemon/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace streamd {
namespace {

// Unix, in seconds.
double boot_time_s() {
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

std::uint64_t count_open_fds() {
  std::error_code failure;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator fd("/proc/self/fd", failure), end; !failure && fd != end;
       fd.increment(failure)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // the one that counted is closed again
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  std::string text;
  std::getline(std::ifstream("/proc/self/stat") >> std::ws, text);
  const auto name_end = text.rfind(')');  // the program's name may have spaces
  if (name_end != std::string::npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    const auto skip = [&](int count) {
      for (int i = 0; i < count; ++i) fields >> skipped;
    };
    double user_ticks = 0, system_ticks = 0, start_ticks = 0, pages = 0;
    skip(11);  // state … cmajflt
    fields >> user_ticks >> system_ticks;
    skip(4);  // cutime cstime priority nice
    fields >> figures.threads;
    skip(1);  // itrealvalue
    fields >> start_ticks >> figures.virtual_bytes >> pages;
    const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
    figures.cpu_s = (user_ticks + system_ticks) / ticks_per_s;
    figures.resident_bytes = static_cast<std::uint64_t>(pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    if (const double boot_s = boot_time_s(); boot_s > 0) figures.start_time_s = boot_s + start_ticks / ticks_per_s;
  }
  figures.open_fds = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_fds = limit.rlim_cur;
  return figures;
}

}  // namespace streamd
