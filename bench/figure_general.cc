// The same trades in another order of keys and with white space, which the general JSON reader takes, against those
// in the contract's own form, which the fast path takes.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"

namespace streamd::bench {

void measure_general(const Workspace& space, Report& report) {
  const TradeShape shape = main_trades(space);
  const std::string fast_file = trade_file(space, shape);
  const std::string general_file = trade_file(space, main_trades(space, TradeForm::other));
  Progress progress(space, "general");
  std::vector<double> general_s, fast_s;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder general_folder(space, "general"), fast_folder(space, "fast");
    progress.run(run, "other form");
    general_s.push_back(run_child(space.tail_command(general_folder.path(), general_file)).wall_s());
    progress.run(run, "canonical form");
    fast_s.push_back(run_child(space.tail_command(fast_folder.path(), fast_file)).wall_s());
    check_rows(space, general_folder.path(), std::uint64_t{shape.symbols} * shape.seconds);
    progress.result(run, fmt::format("other form {:.3f} s; canonical {:.3f} s", general_s.back(), fast_s.back()));
  }
  const auto trades = static_cast<double>(shape.trades);
  report.add_ratio("general reader", rate_text(general_s, trades, "trades"), rate_text(fast_s, trades, "trades"),
                   ratios(fast_s, general_s), {});
}

}  // namespace streamd::bench
