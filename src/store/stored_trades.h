// Looks up how many trades stored bars are made of.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/duckdb.h"
#include "store/store.h"

namespace streamd {

// One element a key; 0 where there is no row, or a row without a span (a bar line's).
Result<std::vector<std::int64_t>> read_stored_trades(duck::Connection& connection, const std::vector<RowKey>& keys);

}  // namespace streamd
