// The command line of stream_daemon_test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probe/load_options.h"
#include "probe/proof.h"

namespace streamd::probe {

struct TestOptions {
  LoadOptions load;
  std::string db;         // by its own name
  std::string state_dir;
  bool send_only = false;
  Checks checks;
  std::string marks_file;  // empty: none
  bool json = false;
};

struct TestInvocation {
  enum class Action { run, exit } action = Action::run;
  int exit_code = 0;
  std::string output;     // for stdout
  std::string complaint;  // for stderr, one line
  TestOptions options;
};

// `arguments` without the program's name. Reads the token's file.
TestInvocation parse_test_options(std::vector<std::string> arguments);

}  // namespace streamd::probe
