// `stream_daemon query-worker`: not for people. The daemon starts it for queries (store/query_worker.h).
#pragma once

#include <string>
#include <vector>

namespace streamd {

// `arguments` after the word. Returns the exit code.
int run_query_worker_command(const std::vector<std::string>& arguments);

}  // namespace streamd
