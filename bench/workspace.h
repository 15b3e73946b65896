// Where a benchmark works: which programs it runs, where its data lies, how often it measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace streamd::bench {

struct Workspace {
  int runs = 5;
  bool small = false;    // a hundredth of the data, to see that it works
  bool verbose = false;  // a line for every run that stays
  std::string daemon = "bin/stream_daemon";
  std::string sender = "bin/stream_daemon_test";
  std::string data = "build/bench-data";
  std::string peers;  // folder of duckdb_peer, socket_peer and the others

  std::uint64_t sized(std::uint64_t count) const { return small ? count / 100 : count; }
  std::string peer(const std::string& name) const { return peers + "/" + name; }
  // The daemon with a database in `folder`.
  std::vector<std::string> daemon_command(const std::string& folder, std::vector<std::string> arguments) const;
  // The daemon listening for trades and for pages, on free ports of the loopback.
  std::vector<std::string> serving_command(const std::string& folder) const;
  // The daemon reading one file to its end.
  std::vector<std::string> tail_command(const std::string& folder, const std::string& file) const;
};

std::string database_in(const std::string& folder);

// Rows of ohlc_1s in the database in `folder` must be so many.
void check_rows(const Workspace& space, const std::string& folder, std::uint64_t expected);
// Rows of stream_state and of stream_actions, likewise.
void check_decisions(const Workspace& space, const std::string& folder, std::uint64_t expected);
// Likewise of quotient_summaries.
void check_summaries(const Workspace& space, const std::string& folder, std::uint64_t expected);
// Both tables ohlc_1s must hold the same rows (volume to 1e-9 relative).
void check_same_rows(const Workspace& space, const std::string& folder, const std::string& other_folder);

// A new empty folder for one run; gone with it.
class RunFolder {
 public:
  RunFolder(const Workspace& space, const std::string& name);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What is being done, on one line of a terminal.
class Progress {
 public:
  Progress(const Workspace& space, std::string figure) : space_(space), figure_(std::move(figure)) {}
  ~Progress() { clear(); }
  void run(int number, const std::string& what);
  // For --verbose: a line that stays.
  void result(int number, const std::string& what);

 private:
  void clear();

  const Workspace& space_;
  std::string figure_;
};

// On a terminal: `text` until the next line.
void show(const std::string& text);

}  // namespace streamd::bench
