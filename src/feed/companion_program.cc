#include "feed/companion_program.h"

#include <fmt/format.h>
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

}  // namespace

Result<std::string> program_beside(const std::string& name) {
  std::error_code failure;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failure);
  std::string path = (own.parent_path() / name).string();
  if (::access(path.c_str(), X_OK) == 0) return path;
  return Error{fmt::format("{}: {}; it lies beside this program", path, std::strerror(errno)), ErrorKind::not_found};
}

CompanionProgram::~CompanionProgram() {
  if (!is_running()) return;
  terminate();
  for (int look = 0; look < kLooks && is_running(); ++look) std::this_thread::sleep_for(kLook);
}

Result<void> CompanionProgram::start(const std::vector<std::string>& arguments) {
  auto path = program_beside(name_);
  if (!path) return path.error();
  std::vector<char*> argv = {const_cast<char*>(path->c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  exit_code_.reset();
  // Until it has forgotten this program's handlers: they would tell this program of the child's signals.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_ = ::fork();
  if (pid_ != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0) return Error{fmt::format("cannot start {}: {}", name_, std::strerror(errno))};
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kNoProgram);
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (stdout_ == Stdout::to_stderr) ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);  // a connection that the feed closes must not live on there
    ::execv(path->c_str(), argv.data());
    ::_exit(kNoProgram);
  }
  return {};
}

std::optional<int> CompanionProgram::exit_code() {
  if (exit_code_ || pid_ < 0) return exit_code_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return exit_code_;
}

void CompanionProgram::send(int signal) const {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, signal);
}

}  // namespace streamd::feed
