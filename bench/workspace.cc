#include "bench/workspace.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "bench/children.h"
#include "bench/failure.h"

namespace streamd::bench {

std::vector<std::string> Workspace::daemon_command(const std::string& folder,
                                                   std::vector<std::string> arguments) const {
  std::vector<std::string> command = {daemon, "--db", database_in(folder)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> Workspace::serving_command(const std::string& folder) const {
  return daemon_command(folder, {"--host", "127.0.0.1", "--port", "0", "--metrics-port", "0"});
}

std::vector<std::string> Workspace::tail_command(const std::string& folder, const std::string& file) const {
  return daemon_command(folder, {"--tail", file, "--exit-at-eof", "--no-listen"});
}

std::string database_in(const std::string& folder) {
  return folder + "/bars.duckdb";
}

void check_rows(const Workspace& space, const std::string& folder, std::uint64_t expected) {
  run_child({space.peer("duckdb_peer"), "check-rows", database_in(folder), "ohlc_1s", std::to_string(expected)});
}

void check_decisions(const Workspace& space, const std::string& folder, std::uint64_t expected) {
  for (const char* table : {"stream_state", "stream_actions"}) {
    run_child({space.peer("duckdb_peer"), "check-rows", database_in(folder), table, std::to_string(expected)});
  }
}

void check_summaries(const Workspace& space, const std::string& folder, std::uint64_t expected) {
  run_child({space.peer("duckdb_peer"), "check-rows", database_in(folder), "quotient_summaries",
             std::to_string(expected)});
}

void check_same_rows(const Workspace& space, const std::string& folder, const std::string& other_folder) {
  run_child({space.peer("duckdb_peer"), "compare", database_in(folder), database_in(other_folder)});
}

RunFolder::RunFolder(const Workspace& space, const std::string& name) : path_(space.data + "/run-" + name) {
  std::error_code failure;
  std::filesystem::remove_all(path_, failure);
  std::filesystem::create_directories(path_, failure);
  if (failure) fail("cannot make the folder {}: {}", path_, failure.message());
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void show(const std::string& text) {
  if (::isatty(STDERR_FILENO) != 1) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
}

void Progress::run(int number, const std::string& what) {
  show(fmt::format("{} {}/{}: {}", figure_, number, space_.runs, what));
}

void Progress::result(int number, const std::string& what) {
  if (!space_.verbose) return;
  clear();
  std::fprintf(stderr, "%s %d: %s\n", figure_.c_str(), number, what.c_str());
}

void Progress::clear() {
  show("");
}

}  // namespace streamd::bench
