// Another program that runs for this one: in a process group of its own, so that Ctrl-C on a terminal reaches this one
// alone, which ends it. It finds no open files of ours; what it prints is dropped, what it says on stderr goes to a
// file. Killed with the object. One thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace streamd::plot {

class ChildProgram {
 public:
  enum class Input { none, written };
  enum class Outcome {
    done,
    failed,   // it has ended, and not well
    stopped,  // `stopped` was set
    late,     // it took longer than it may
  };

  // `words`: its path and its arguments.
  static Result<ChildProgram> start(std::vector<std::string> words, std::string errors_path, Input input);
  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&&) = delete;
  ~ChildProgram();

  // All of it, to its stdin. `late`: it took nothing for `patience`. `failed`: it takes no more. `stopped` is looked at
  // ten times a second.
  Outcome write(std::string_view bytes, std::chrono::milliseconds patience, const std::atomic<bool>& stopped);
  void close_input() { input_.reset(); }
  // For its end; it is killed where that does not come. `stopped` is looked at often.
  Outcome wait(std::chrono::milliseconds at_most, const std::atomic<bool>& stopped);

  // After `failed`: how it ended, and the last line that it said.
  std::string complaint() const;
  // After `done`: the last line that it said nevertheless; may be empty.
  std::string said() const;

 private:
  ChildProgram(pid_t pid, FileDescriptor input, std::string errors_path)
      : pid_(pid), input_(std::move(input)), errors_path_(std::move(errors_path)) {}
  void kill();

  pid_t pid_;  // 0: it has ended
  FileDescriptor input_;
  std::string errors_path_;
  int status_ = 0;
};

}  // namespace streamd::plot
