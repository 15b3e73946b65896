#include "daemon/query_worker_command.h"

#include "store/query_worker.h"

namespace streamd {

int run_query_worker_command(const std::vector<std::string>& arguments) { return run_query_worker(arguments); }

}  // namespace streamd
