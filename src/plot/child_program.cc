#include "plot/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

extern char** environ;

namespace streamd::plot {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{5};
constexpr int kWaitForRoomMs = 100;

// Programs show what they could not read, and a caret, before they say what is wrong.
std::string last_line(const std::string& text) {
  std::string last;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (const auto line = text.substr(begin, end - begin); line.find_first_not_of(" \t\r^") != std::string::npos)
      last = line;
    begin = end + 1;
  }
  return last.empty() ? last : last.substr(last.find_first_not_of(" \t"));
}

}  // namespace

Result<ChildProgram> ChildProgram::start(std::vector<std::string> words, std::string errors_path, Input input) {
  FileDescriptor ours, its;
  if (input == Input::written) {
    int ends[2];  // sockets: a write to one whose other end is gone can do without a signal
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("start", words[0]);
    ours.reset(ends[0]);
    its.reset(ends[1]);
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (its) {
    posix_spawn_file_actions_adddup2(&files, its.get(), STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, errors_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t group;
  posix_spawnattr_init(&group);
  posix_spawnattr_setflags(&group, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&group, 0);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  ::signal(SIGCHLD, SIG_DFL);  // a parent that ignores it leaves that to us, and how children end would not be known
  const int failure = ::posix_spawn(&pid, argv[0], &files, &group, argv.data(), environ);
  posix_spawnattr_destroy(&group);
  posix_spawn_file_actions_destroy(&files);
  if (failure == 0) return ChildProgram(pid, std::move(ours), std::move(errors_path));
  errno = failure;
  return system_error("start", words[0]);
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::move(other.input_)),
      errors_path_(std::move(other.errors_path_)),
      status_(other.status_) {}

ChildProgram::~ChildProgram() {
  kill();
}

void ChildProgram::kill() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

ChildProgram::Outcome ChildProgram::write(std::string_view bytes, std::chrono::milliseconds patience,
                                          const std::atomic<bool>& stopped) {
  auto last_taken = steady_clock::now();
  while (!bytes.empty()) {
    if (stopped.load()) return Outcome::stopped;
    const ssize_t taken = ::send(input_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(taken));
      last_taken = steady_clock::now();
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return Outcome::failed;
    if (steady_clock::now() - last_taken >= patience) return Outcome::late;
    pollfd room{input_.get(), POLLOUT, 0};
    ::poll(&room, 1, kWaitForRoomMs);
  }
  return Outcome::done;
}

ChildProgram::Outcome ChildProgram::wait(std::chrono::milliseconds at_most, const std::atomic<bool>& stopped) {
  const auto end = steady_clock::now() + at_most;
  while (pid_ != 0) {
    const pid_t ended = ::waitpid(pid_, &status_, WNOHANG);
    if (ended == pid_) {
      pid_ = 0;
    } else if (stopped.load() || steady_clock::now() >= end) {
      kill();
      return stopped.load() ? Outcome::stopped : Outcome::late;
    } else {
      std::this_thread::sleep_for(kLookEvery);
    }
  }
  return status_ == 0 ? Outcome::done : Outcome::failed;
}

std::string ChildProgram::said() const {
  const auto all = read_whole_file(errors_path_);
  return all ? last_line(all.value()) : "";
}

std::string ChildProgram::complaint() const {
  const std::string last = said();
  const std::string how = WIFSIGNALED(status_) ? fmt::format("was ended by signal {}", WTERMSIG(status_)) : "failed";
  return fmt::format("{}: {}", how, last.empty() ? "it said nothing" : last);
}

}  // namespace streamd::plot
