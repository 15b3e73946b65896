#include "feed/daemon_child.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

namespace streamd::feed {
namespace {

constexpr int kNoProgram = 127;
constexpr std::chrono::milliseconds kLook{10};
constexpr int kLooks = 300;

std::string program() {
  std::error_code failure;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failure);
  return (own.parent_path() / "stream_daemon").string();
}

}  // namespace

DaemonChild::~DaemonChild() {
  if (pid_ < 0 || exit_code()) return;
  terminate();
  for (int look = 0; look < kLooks && !exit_code(); ++look) std::this_thread::sleep_for(kLook);
}

Result<void> DaemonChild::start() {
  const std::string path = program();
  if (::access(path.c_str(), X_OK) != 0) {
    return Error{fmt::format("{}: {}; the daemon lies beside this program", path, std::strerror(errno))};
  }
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments_) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  exit_code_.reset();
  pid_ = ::fork();
  if (pid_ < 0) return Error{fmt::format("cannot start the daemon: {}", std::strerror(errno))};
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kNoProgram);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);  // a connection that the feed closes must not live on there
    ::execv(path.c_str(), argv.data());
    ::_exit(kNoProgram);
  }
  return {};
}

std::optional<int> DaemonChild::exit_code() {
  if (exit_code_ || pid_ < 0) return exit_code_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return exit_code_;
}

void DaemonChild::terminate() const {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, SIGTERM);
}

}  // namespace streamd::feed
