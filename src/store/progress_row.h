// The one row of stream_progress, written in the transaction of the rows that it speaks of.
#pragma once

#include <optional>

#include "base/result.h"
#include "store/duckdb.h"
#include "store/store.h"

namespace streamd {

// Nothing when there is no row. Error kind refused when there are several, or one with NULL in it.
Result<std::optional<Progress>> read_progress(duck::Connection& connection);

// In place where there is a row: `stored` is what read_progress gave.
Result<void> write_progress(duck::Connection& connection, const std::optional<Progress>& stored,
                            const Progress& progress);

}  // namespace streamd
