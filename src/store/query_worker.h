// The process that runs one query: the daemon starts its own program anew as `stream_daemon query-worker …`, with the
// SQL on stdin, and reads the answer from stdout. So what no interrupt stops, what takes memory that DuckDB does not
// count, and what brings DuckDB down, ends with this process. It opens the database read-only, once, without files,
// extensions, settings and temporary files, takes little of the processor and of memory, writes nothing, and ends with
// the daemon.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/guarded_query.h"

namespace streamd {

inline constexpr std::string_view kQueryWorkerWord = "query-worker";

// The arguments behind the program, that word first.
std::vector<std::string> query_worker_arguments(const std::string& path, ResultFormat format,
                                                const QueryLimits& limits);

// In that process, with what is behind the word. Returns the exit code.
int run_query_worker(const std::vector<std::string>& arguments);

// What the process has written, all of it. Nothing when it did not get to the end. Error kinds as of
// run_guarded_query, and as of duck::Database::open (locked: by another program, for all of a second).
std::optional<Result<QueryText>> read_worker_answer(std::string_view output);

}  // namespace streamd
