// The files that the benchmarks read: made once, kept in the data folder, read once before use so that they lie in the
// page cache. Each call returns the file's path.
#pragma once

#include <string>

#include "bench/bar_rows.h"
#include "bench/trade_file.h"
#include "bench/workspace.h"

namespace streamd::bench {

std::string trade_file(const Workspace& space, const TradeShape& shape);
std::string bar_file(const Workspace& space, const BarShape& shape);
// A database of the daemon's own making with so many bars of `symbols` symbols in time order, up to kFirstSecond.
std::string filled_database(const Workspace& space, std::uint64_t rows, std::uint32_t symbols);
// The copy is on the disk when this returns.
void copy_file(const std::string& from, const std::string& to);

// 10 M trades of 300 symbols in 600 seconds.
TradeShape main_trades(const Workspace& space, TradeForm form = TradeForm::canonical);

}  // namespace streamd::bench
