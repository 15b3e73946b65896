#include "system/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace streamd {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::string content_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return "";
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::pread(fd, content.data(), content.size(), 0);
  content.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return content;
}

void write_to(const std::string& path, std::string_view content, int flags) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  if (fd < 0) fail("cannot write " + path);
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0) fail("cannot write " + path);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  ::close(fd);
}

}  // namespace

TempFolder::TempFolder() {
  path_ = (std::filesystem::temp_directory_path() / "stream_daemon_test.XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) fail("cannot make the folder " + path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, std::string_view content) {
  write_to(path, content, O_TRUNC);
}
void append_file(const std::string& path, std::string_view content) {
  write_to(path, content, O_APPEND);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Process::Process(const std::vector<std::string>& argv, const std::string& folder, Input input,
                 const std::vector<std::string>& environment) {
  output_ = ::memfd_create("output", MFD_CLOEXEC);
  errors_ = ::memfd_create("errors", MFD_CLOEXEC);
  int pipe_ends[2] = {-1, -1};
  if (input == Input::pipe && ::pipe2(pipe_ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  const int input_end = input == Input::pipe ? pipe_ends[0] : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  input_ = pipe_ends[1];
  if (output_ < 0 || errors_ < 0 || input_end < 0) fail("cannot redirect a process");
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> variables;  // of a name that is there twice the first counts
  for (const std::string& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::_Fork();  // DuckDB's allocator has handlers at fork() that a thread sanitizer takes amiss
  if (pid_ < 0) fail("cannot fork");
  if (pid_ == 0) {  // only async-signal-safe calls: the parent has threads
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::setpgid(0, 0);
    ::syscall(SYS_dup3, input_end, STDIN_FILENO, 0);
    ::syscall(SYS_dup3, output_, STDOUT_FILENO, 0);
    ::syscall(SYS_dup3, errors_, STDERR_FILENO, 0);
    if (::chdir(folder.c_str()) == 0) ::execvpe(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::close(input_end);
}

Process::~Process() {
  if (is_running()) {
    ::kill(-pid_, SIGKILL);  // with its own children
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (::testing::Test::HasFailure() || std::uncaught_exceptions() > 0) {
    constexpr std::size_t kShown = 6000;
    const std::string text = errors();
    std::cerr << "--- stderr of process " << pid_ << (text.size() > kShown ? " (its end):\n" : ":\n")
              << (text.size() > kShown ? text.substr(text.size() - kShown) : text) << "---\n";
  }
  close_input();
  ::close(output_);
  ::close(errors_);
}

bool Process::is_running() {
  if (exit_code_) return false;
  look_at_memory();
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == 0) return true;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

void Process::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds limit) {
  eventually([&] { return !is_running(); }, limit);
  return exit_code_;
}

void Process::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

std::string Process::output() const {
  return content_of(output_);
}
std::string Process::errors() const {
  return content_of(errors_);
}

bool Process::wait_errors(const std::string& text, milliseconds limit) {
  return eventually([&] { return errors().find(text) != std::string::npos || !is_running(); }, limit) &&
         errors().find(text) != std::string::npos;
}

bool Process::wait_output(const std::string& text, milliseconds limit) {
  return eventually([&] { return output().find(text) != std::string::npos || !is_running(); }, limit) &&
         output().find(text) != std::string::npos;
}

void Process::look_at_memory() {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (!line.starts_with("VmHWM:")) continue;
    peak_memory_bytes_ =
        std::max<std::uint64_t>(peak_memory_bytes_, std::strtoull(line.c_str() + 6, nullptr, 10) << 10);
  }
}

std::vector<pid_t> Process::children() const {
  std::vector<pid_t> ids;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", gone)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) ids.push_back(child);
  }
  return ids;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace streamd
