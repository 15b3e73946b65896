// Child processes of the system tests: each runs in a folder of its own, is watched with time limits, and is ended
// whatever becomes of the test. Throws std::runtime_error (a failed test) where it cannot go on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace streamd {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Only a failing test waits this long.
inline constexpr milliseconds kPatience{kSanitized ? 120'000 : 60'000};

// Asks until `condition` holds; false when it still does not after `limit`.
template <typename Condition>
bool eventually(Condition condition, milliseconds limit = kPatience) {
  const auto end = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

// A fresh folder; gone with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void write_file(const std::string& path, std::string_view content);
void append_file(const std::string& path, std::string_view content);
std::string read_file(const std::string& path);

class Process {
 public:
  enum class Input { none, pipe };
  // `argv[0]` is looked up in PATH. Its output is kept in memory, not in the folder. `environment` ("NAME=value") comes
  // on top of this process's own.
  Process(const std::vector<std::string>& argv, const std::string& folder, Input input = Input::none,
          const std::vector<std::string>& environment = {});
  ~Process();  // kills it
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool is_running();
  void signal(int number) const;
  // Its exit code, 128 + n after signal n; nothing when it is still running after `limit`.
  std::optional<int> wait(milliseconds limit = kPatience);
  void close_input();

  std::string output() const;
  std::string errors() const;
  bool wait_errors(const std::string& text, milliseconds limit = kPatience);
  bool wait_output(const std::string& text, milliseconds limit = kPatience);

  // The most memory that it ever had resident, as last looked at: is_running() and wait() look.
  std::uint64_t peak_memory_bytes() const { return peak_memory_bytes_; }
  std::vector<pid_t> children() const;

 private:
  void look_at_memory();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::optional<int> exit_code_;
  std::uint64_t peak_memory_bytes_ = 0;
};

std::vector<std::string> lines_of(const std::string& text);

}  // namespace streamd
