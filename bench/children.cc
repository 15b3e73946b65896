#include "bench/children.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "bench/failure.h"

namespace streamd::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Child::Child(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe: {}", std::strerror(errno));
  std::vector<char*> pointers;
  for (std::string& argument : arguments_) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  finished_.start_s = now_s();
  pid_ = ::fork();
  if (pid_ < 0) fail("cannot start {}: {}", arguments_[0], std::strerror(errno));
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(pointers[0], pointers.data());
    ::dprintf(STDERR_FILENO, "%s\n", std::strerror(errno));
    ::_exit(127);
  }
  ::close(ends[1]);
  output_fd_ = ends[0];
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (output_fd_ >= 0) ::close(output_fd_);
}

bool Child::read_more() {
  char buffer[4096];
  ssize_t count;
  do {
    count = ::read(output_fd_, buffer, sizeof(buffer));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  finished_.output.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string Child::wait_for(std::string_view text, double* seen_s) {
  const std::string& output = finished_.output;
  for (;;) {
    const auto found = output.find(text);
    const auto end = found == std::string::npos ? found : output.find('\n', found);
    if (end != std::string::npos) {
      if (seen_s != nullptr) *seen_s = now_s();
      return output.substr(found + text.size(), end - found - text.size());
    }
    if (!read_more()) fail("{} ended early: {}", arguments_[0], last_line(output));
  }
}

void Child::terminate() {
  ::kill(pid_, SIGTERM);
}

void Child::kill() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Finished Child::finish() {
  while (read_more()) {
  }
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  finished_.end_s = now_s();
  pid_ = -1;
  finished_.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  finished_.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status))
                                              : fmt::format("signal {}", WTERMSIG(status));
    fail("{} ended with {}: {}", arguments_[0], how, last_line(finished_.output));
  }
  return std::move(finished_);
}

Finished run_child(std::vector<std::string> arguments) {
  return Child(std::move(arguments)).finish();
}

}  // namespace streamd::bench
