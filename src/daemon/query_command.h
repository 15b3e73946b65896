// `stream_daemon query`: prints what a SELECT finds, as a table or CSV. Works while a daemon writes the file.
#pragma once

#include <string>
#include <vector>

namespace streamd {

// `arguments` after the word query. Returns the exit code.
int run_query_command(std::vector<std::string> arguments);

}  // namespace streamd
