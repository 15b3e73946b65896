#include "store/worker_template.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "io/passed_files.h"

namespace streamd {
namespace {

// For a start, and for an answer: much more than either takes on a busy machine.
constexpr std::chrono::seconds kPatience{5};
// Before another takes the place of one that ended, unless a query waits for it. Longer each time when they end at once.
constexpr std::chrono::seconds kPause{1};
constexpr std::chrono::seconds kMostPause{60};
constexpr std::chrono::seconds kAtOnce{10};
constexpr int kAttempts = 2;

// What a copy reads and writes.
struct CopyFiles {
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor writer;  // of the output
};

Result<CopyFiles> make_files(const std::string& input) {
  auto in = memory_file(input);
  if (!in) return in.error();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make", "a pipe");
  return CopyFiles{std::move(in).value(), FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// What the template answers: a handle of the copy, or why there is none. Error: it hangs, or is gone.
Result<PassedFiles> ask(int socket, const std::string& word, const CopyFiles& files) {
  if (auto passed = pass_files(socket, word, {files.input.get(), files.writer.get()}); !passed) return passed.error();
  auto taken = take_files(socket);
  if (!taken) return taken.error();
  if (taken->files.size() != 1 && taken->text.empty()) return Error{"the process to copy ended"};
  return taken;
}

}  // namespace

void WorkerProcess::kill() const { ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0); }

bool WorkerProcess::has_ended() const {
  struct pollfd ended {process_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

void WorkerProcess::wait() const {
  struct pollfd ended {process_.get(), POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
}

WorkerTemplate::WorkerTemplate(std::string program, std::vector<std::string> arguments)
    : program_(std::move(program)), arguments_(std::move(arguments)), keeper_([this] { keep(); }) {}

void WorkerTemplate::prepare() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
}

Result<void> WorkerTemplate::start() {
  auto sockets = packet_sockets();
  if (!sockets) return sockets.error();
  auto process = ChildProcess::start(program_, arguments_, sockets->second.get());
  if (!process) return process.error();
  const struct timeval patience {kPatience.count(), 0};
  ::setsockopt(sockets->first.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  process_.emplace(std::move(process).value());
  socket_ = std::make_shared<const FileDescriptor>(std::move(sockets->first));
  return {};
}

void WorkerTemplate::keep() {
  using Clock = std::chrono::steady_clock;
  auto pause = kPause;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return wanted_ || closed_; });
    if (closed_) return;
    wanted_ = false;
    const auto started = Clock::now();
    has_served_ = false;
    last_start_ = start();
    ++starts_;
    changed_.notify_all();
    if (!last_start_) continue;
    lock.unlock();
    process_->wait();
    lock.lock();
    process_->reap();
    process_.reset();
    socket_.reset();
    const bool ended_at_once = !has_served_ && Clock::now() - started < kAtOnce;
    if (ended_at_once && !closed_) {
      log_warn("the process that queries are copies of has ended at once; another in {} s", pause.count());
    }
    changed_.wait_for(lock, pause, [this] { return wanted_ || closed_; });
    pause = ended_at_once ? std::min(pause * 2, kMostPause) : kPause;
    wanted_ = true;
  }
}

bool WorkerTemplate::wait_for_start(std::unique_lock<std::mutex>& lock) {
  if (socket_) return true;
  wanted_ = true;
  const std::uint64_t before = starts_;
  changed_.notify_all();
  changed_.wait_for(lock, kPatience, [&] { return starts_ > before || closed_; });
  return static_cast<bool>(socket_);
}

Result<WorkerProcess> WorkerTemplate::copy(const std::string& word, const std::string& input) {
  auto files = make_files(input);
  if (!files) return files.error();
  const std::lock_guard asking(asking_);
  Error error{"it does not start"};
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    std::shared_ptr<const FileDescriptor> socket;
    std::uint64_t start = 0;
    {
      std::unique_lock lock(mutex_);
      if (closed_) return Error{"the daemon is ending"};
      if (!wait_for_start(lock)) return last_start_ ? error : last_start_.error();
      socket = socket_;
      start = starts_;
    }
    auto taken = ask(socket->get(), word, *files);
    if (taken && taken->files.size() == 1) {
      const std::lock_guard lock(mutex_);
      has_served_ = true;
      return WorkerProcess(std::move(taken->files.front()), std::move(files->output), start);
    }
    if (taken) return Error{taken->text};
    error = taken.error();
    const std::lock_guard lock(mutex_);
    if (socket_ != socket) continue;  // another has come meanwhile
    if (process_) process_->kill();
    socket_.reset();
  }
  return error;
}

bool WorkerTemplate::lives(std::uint64_t start) const {
  const std::lock_guard lock(mutex_);
  if (!socket_ || starts_ != start) return false;
  struct pollfd end {socket_->get(), 0, 0};
  return ::poll(&end, 1, 0) == 0;
}

void WorkerTemplate::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (process_) process_->kill();
    socket_.reset();
    changed_.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
}

std::optional<pid_t> WorkerTemplate::pid() const {
  const std::lock_guard lock(mutex_);
  return process_ ? std::optional(process_->pid()) : std::nullopt;
}

std::uint64_t WorkerTemplate::starts() const {
  const std::lock_guard lock(mutex_);
  return starts_;
}

}  // namespace streamd
