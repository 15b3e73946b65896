// SQL of strangers: one statement that only reads, within limits, its rows as text. What is refused, and by whom:
//   - what is no SELECT to DuckDB's parser (or EXPLAIN of one): here, by the parsed statement, so no comment, quoting
//     or case hides anything; VALUES, FROM, TABLE, DESCRIBE, SHOW and SUMMARIZE are SELECTs, PRAGMA and CALL are not,
//   - table functions that reach anything but rows and the catalogue, and the few functions that change something:
//     here,
//   - files, extensions, settings: by DuckDB, on a connection to a database that is locked down.
// Knows nothing of time and memory: a statement can keep DuckDB busy for long without an answer to an interrupt, or
// take memory that DuckDB does not count. So it runs in a process of its own (query_worker.h), which can be ended.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "store/duckdb.h"
#include "store/result_text.h"

namespace streamd {

struct QueryLimits {
  std::size_t sql_bytes = 64 << 10;
  std::size_t rows = 100'000;
  std::size_t bytes = 64 << 20;  // of the result's text
  std::chrono::milliseconds time{10'000};
  std::size_t memory_mib = 256;  // that DuckDB may take for it
};

struct QueryText {
  std::string text;
  Truncation truncation = Truncation::none;
};

// Error: refused with the reason, or DuckDB's message; one line.
Result<QueryText> run_guarded_query(duck::Connection& connection, const std::string& sql, ResultFormat format,
                                    const QueryLimits& limits);

// Our own SQL, as it is: the text in its first row and column; empty: none, or NULL. Truncated: it is too long.
Result<QueryText> run_own_query(duck::Connection& connection, const std::string& sql, const QueryLimits& limits);

}  // namespace streamd
