// What a trade costs with very many symbols and with few: equal numbers of trades and of bars.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"

namespace streamd::bench {
namespace {

Finished run_daemon(const Workspace& space, const std::string& file, const TradeShape& shape) {
  RunFolder folder(space, "ours");
  std::vector<std::string> command = space.tail_command(folder.path(), file);
  command.insert(command.end(), {"--max-symbols", "200000"});
  const Finished finished = run_child(std::move(command));
  check_rows(space, folder.path(), std::uint64_t{shape.symbols} * shape.seconds);
  return finished;
}

std::string cost_text(const std::vector<double>& nanoseconds) {
  return fmt::format("{:.0f} ns a trade", spread(nanoseconds).median);
}

}  // namespace

void measure_symbols(const Workspace& space, Report& report) {
  const std::uint64_t trades = space.sized(5'000'000);
  const TradeShape many{trades, static_cast<std::uint32_t>(space.sized(100'000)), 5};
  const TradeShape few{trades, 10, static_cast<std::uint32_t>(space.sized(50'000))};
  const std::string many_file = trade_file(space, many);
  const std::string few_file = trade_file(space, few);
  Progress progress(space, "symbols");
  std::vector<double> many_ns, many_cpu_ns, few_ns, few_cpu_ns;
  const double each_ns = 1e9 / static_cast<double>(trades);
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, fmt::format("{} symbols", many.symbols));
    const Finished with_many = run_daemon(space, many_file, many);
    progress.run(run, fmt::format("{} symbols", few.symbols));
    const Finished with_few = run_daemon(space, few_file, few);
    progress.result(run, fmt::format("many {:.3f} s, cpu {:.3f} s, {:.0f} MiB; few {:.3f} s, cpu {:.3f} s, {:.0f} MiB",
                                     with_many.wall_s(), with_many.cpu_s, with_many.peak_mib, with_few.wall_s(),
                                     with_few.cpu_s, with_few.peak_mib));
    many_ns.push_back(with_many.wall_s() * each_ns);
    many_cpu_ns.push_back(with_many.cpu_s * each_ns);
    few_ns.push_back(with_few.wall_s() * each_ns);
    few_cpu_ns.push_back(with_few.cpu_s * each_ns);
  }
  const std::string name = fmt::format("symbols, {} to {}", many.symbols, few.symbols);
  report.add_ratio(name, cost_text(many_ns), cost_text(few_ns), ratios(many_ns, few_ns), {});
  report.add_ratio("symbols, processor time", cost_text(many_cpu_ns), cost_text(few_cpu_ns),
                   ratios(many_cpu_ns, few_cpu_ns), {});
}

}  // namespace streamd::bench
