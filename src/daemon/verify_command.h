// `stream_daemon verify`: says whether the database's rows are those that its journal gives. Works while a daemon
// writes the file.
#pragma once

#include <string>
#include <vector>

namespace streamd {

// `arguments` after the word verify. Returns the exit code.
int run_verify_command(std::vector<std::string> arguments);

}  // namespace streamd
