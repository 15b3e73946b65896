#include "store/query_desk.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace streamd {
namespace {

constexpr std::chrono::milliseconds kLook{20};  // between two looks whether anybody still waits
constexpr std::size_t kMaxHeadBytes = 64;
constexpr int kRuns = 2;

QueryAnswer busy(std::string why) { return {QueryAnswer::Outcome::busy, std::move(why), Truncation::none}; }

}  // namespace

// A query that is let in. Its process is there from `process` on; who kills it before that says so in `killed`.
struct QueryDesk::Running {
  const WorkerProcess* process = nullptr;
  bool killed = false;
};

bool QueryDesk::is_starting(const Running* running) { return running->process == nullptr; }

QueryDesk::QueryDesk(DeskOptions options)
    : options_(std::move(options)),
      template_(options_.program, query_worker_arguments(options_.path, options_.limits)) {
  if (options_.prepared && !options_.exclusive) template_.prepare();
}
QueryDesk::~QueryDesk() { close(); }

void QueryDesk::kill_all() {
  for (Running* running : running_) {
    if (!running->killed && running->process != nullptr) running->process->kill();
    running->killed = true;
  }
}

void QueryDesk::begin_batch() {
  std::unique_lock lock(mutex_);
  const auto start = Clock::now();
  in_batch_ = true;
  const auto all_ended = [this] { return running_.empty(); };
  if (!changed_.wait_for(lock, options_.patience, all_ended)) {
    counts_.killed_for_batch += running_.size();
    kill_all();
    // One that has no process yet will be killed when it has: it does not get at the file, which is locked then.
    changed_.wait(lock, [this] { return std::all_of(running_.begin(), running_.end(), is_starting); });
  }
  const std::vector<WorkerProcess> ending = std::exchange(ending_, {});
  lock.unlock();
  for (const WorkerProcess& process : ending) process.wait();
  lock.lock();
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  counts_.longest_wait = std::max(counts_.longest_wait, waited);
}

void QueryDesk::end_batch() {
  const std::lock_guard lock(mutex_);
  in_batch_ = false;
  changed_.notify_all();
}

void QueryDesk::forget_ended() {
  std::erase_if(ending_, [](const WorkerProcess& process) { return process.has_ended(); });
}

void QueryDesk::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    kill_all();
    changed_.notify_all();
  }
  template_.close();  // first: a query may wait for it
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_.empty(); });
  for (const WorkerProcess& process : ending_) process.wait();
  ending_.clear();
}

QueryDesk::Admission QueryDesk::admit(Running& running, Clock::time_point deadline,
                                      const std::function<bool()>& is_gone) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (closed_) return Admission::closed;
    forget_ended();
    if (!in_batch_ && running_.size() < options_.max_running && ending_.size() < options_.max_running) {
      running_.insert(&running);
      return Admission::in;
    }
    const auto now = Clock::now();
    if (now >= deadline) return Admission::too_late;
    changed_.wait_until(lock, std::min(now + kLook, deadline));
    lock.unlock();
    const bool gone = is_gone();
    lock.lock();
    if (gone) return Admission::gone;
  }
}

QueryDesk::End QueryDesk::read_output(const WorkerProcess& process, Clock::time_point deadline,
                                      const std::function<bool()>& is_gone, std::string& output) const {
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return End::out_of_time;
    if (is_gone()) return End::gone;
    struct pollfd ready {process.output(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::min(left, kLook).count())) <= 0) continue;
    const ssize_t got = ::read(process.output(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return End::complete;
    output.append(buffer.data(), static_cast<std::size_t>(got));
    if (output.size() > options_.limits.bytes + kMaxHeadBytes) return End::broken;
  }
}

Result<QueryDesk::End> QueryDesk::run(Running& running, const std::string& word, const std::string& sql,
                                      Clock::time_point deadline, const std::function<bool()>& is_gone,
                                      std::string& output) {
  auto process = template_.copy(word, sql);
  if (process) {
    const std::lock_guard lock(mutex_);
    running.process = &process.value();
    if (running.killed) process->kill();
  }
  End end = End::broken;
  if (process) {
    end = read_output(*process, deadline, is_gone, output);
    process->kill();
    const bool has_answered = end == End::complete && !output.empty();
    if (!has_answered) process->wait();
    if (end == End::complete && output.empty() && !template_.lives(process->start())) end = End::orphaned;
  }
  const std::lock_guard lock(mutex_);
  // Its memory takes milliseconds to go, which nobody who has the answer need wait for.
  if (process && end == End::complete) ending_.push_back(std::move(process).value());
  running_.erase(&running);
  changed_.notify_all();
  if (!process) return process.error();
  if (end != End::out_of_time && end != End::gone && running.killed) return closed_ ? End::closed : End::for_batch;
  return end;
}

QueryAnswer QueryDesk::answer_from(std::string_view output) const {
  auto answer = read_worker_answer(output);
  if (!answer) {
    return {QueryAnswer::Outcome::refused,
            "the statement took too much memory, or brought down the process that ran it", Truncation::none};
  }
  if (answer->ok()) {
    return {QueryAnswer::Outcome::done, std::move(answer->value().text), answer->value().truncation};
  }
  const Error& error = answer->error();
  if (error.kind == ErrorKind::locked) return busy("another program is writing the database: " + error.message);
  if (error.kind == ErrorKind::not_found) return busy("there is no database yet: " + error.message);
  return {QueryAnswer::Outcome::refused, error.message, Truncation::none};
}

QueryAnswer QueryDesk::count(QueryAnswer answer) {
  const std::lock_guard lock(mutex_);
  counts_.done += answer.outcome == QueryAnswer::Outcome::done ? 1 : 0;
  counts_.refused += answer.outcome == QueryAnswer::Outcome::refused ? 1 : 0;
  counts_.killed_for_time += answer.outcome == QueryAnswer::Outcome::out_of_time ? 1 : 0;
  return answer;
}

QueryAnswer QueryDesk::ask_copy(const std::string& word, const std::string& sql,
                                const std::function<bool()>& is_gone) {
  if (options_.exclusive) return busy("with --db-exclusive nobody else reads the database");
  const auto deadline = Clock::now() + options_.limits.time;
  std::string why;
  for (int attempt = 1; attempt <= kRuns; ++attempt) {
    Running running;
    switch (admit(running, deadline, is_gone)) {
      case Admission::in: break;
      case Admission::closed: return busy("the daemon is ending");
      case Admission::gone: return {QueryAnswer::Outcome::gone, "nobody waits for it", Truncation::none};
      case Admission::too_late:
        return busy("rows were being written, or other queries run, for as long as a query may take");
    }
    std::string output;
    const auto end = run(running, word, sql, deadline, is_gone, output);
    if (!end) return busy("no process for the query: " + end.error().message);
    switch (end.value()) {
      case End::complete: return count(answer_from(output));
      case End::broken: return count(answer_from(""));
      case End::closed: return busy("the daemon is ending");
      case End::gone: return {QueryAnswer::Outcome::gone, "nobody waits for it", Truncation::none};
      case End::out_of_time:
        return count({QueryAnswer::Outcome::out_of_time,
                      fmt::format("took longer than {} ms", options_.limits.time.count()), Truncation::none});
      case End::for_batch:
        why = "rows had to be written, and the query could not be ended within a flush interval, twice";
        break;
      case End::orphaned: why = "the process that ran it was ended from outside"; break;
    }
  }
  return busy(std::move(why));
}

QueryDesk::Counts QueryDesk::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace streamd
