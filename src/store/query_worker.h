// The processes that run queries. The daemon starts its own program anew as `stream_daemon query-worker …`, once: the
// template (worker_template.h), which loads DuckDB and then does nothing but copy itself, for each query. A copy runs
// that query alone: what no interrupt stops, what takes memory that DuckDB does not count, and what brings DuckDB down,
// ends with it. It opens the database read-only, once, without other files, extensions, settings and temporary files,
// takes little of the processor and of memory, writes nothing, and ends with the template, which ends with the daemon.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/guarded_query.h"

namespace streamd {

inline constexpr std::string_view kQueryWorkerWord = "query-worker";
inline constexpr std::string_view kOwnValueWord = "value";

// The arguments behind the program, that word first.
std::vector<std::string> query_worker_arguments(const std::string& path, const QueryLimits& limits);

// The template, with what is behind the word; stdin is a socket of packets (io/passed_files.h). A message there is the
// format of a result, or kOwnValueWord, with two files: a copy reads the SQL from the first (users' SQL is guarded, our
// own is run as it is) and writes its answer to the second. Answered
// by a file that stands for the copy (a pidfd), or by what is wrong. Returns the exit code when the socket has ended.
int run_query_worker(const std::vector<std::string>& arguments);

// What a copy has written, all of it. Nothing when it did not get to the end. Error kinds as of run_guarded_query, and
// as of duck::Database::open (locked: by another program, for all of a second).
std::optional<Result<QueryText>> read_worker_answer(std::string_view output);

}  // namespace streamd
