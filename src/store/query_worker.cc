#include "store/query_worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <thread>
#include <utility>

#include "io/file.h"
#include "io/huge_pages.h"
#include "io/passed_files.h"

namespace streamd {
namespace {

constexpr std::size_t kArguments = 5;
constexpr std::chrono::milliseconds kLockedTurn{5};
constexpr std::chrono::milliseconds kMaxLocked{1000};
// Beside what DuckDB counts: the result's text, and values that it does not count.
constexpr std::size_t kMoreMemoryMiB = 512;
// What a query for the newest bars reads, several times.
constexpr int kBlockReserveMiB = 64;
constexpr std::size_t kLeastReserve = std::size_t{1} << 30;
// Not more: a batch waits for a process that is killed, and that needs some of the processor to end.
constexpr int kNiceness = 5;
constexpr std::string_view kFirstToDie = "1000";

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

void limit(int resource, std::uint64_t value) {
  const struct rlimit limits {value, value};
  static_cast<void>(::setrlimit(static_cast<__rlimit_resource>(resource), &limits));
}

// What it cannot have it need not be refused. Copies have all of it but the first, which is each process's own.
void confine() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (auto score = open_for_appending("/proc/self/oom_score_adj"); score) {
    std::size_t written = 0;
    static_cast<void>(write_all(score->get(), "", kFirstToDie, written));
  }
  static_cast<void>(::nice(kNiceness));
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
}

// Beyond what the process has now, when nothing of a query is in it.
void confine_memory(const QueryLimits& limits) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take addresses by the terabyte
  std::uint64_t pages = 0;
  auto file = open_for_reading("/proc/self/statm");
  char text[64] = {};
  if (!file || !read_at(file->get(), "/proc/self/statm", text, sizeof(text) - 1, 0)) std::_Exit(1);
  std::from_chars(text, text + sizeof(text), pages);
  const std::uint64_t has = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  limit(RLIMIT_AS, has + (std::uint64_t{limits.memory_mib + kMoreMemoryMiB} << 20));
#else
  static_cast<void>(limits);
#endif
}

Result<std::string> read_sql(std::size_t max_bytes) {
  std::string sql;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (got < 0) return system_error("read", "the statement");
    if (got == 0) return sql;
    sql.append(buffer, static_cast<std::size_t>(got));
    if (sql.size() > max_bytes + 1) return sql;  // is refused
  }
}

// DuckDB makes its functions and types here, which takes longer than opening a file. One thread alone, so that nothing
// is missing in a copy. Half of the time of a query for the newest bars went into page faults of 4 KiB.
Result<duck::Database> open_empty(const QueryLimits& limits) {
  duck::Limits of_database;
  of_database.memory = fmt::format("{}MiB", limits.memory_mib);
  of_database.spill = false;
  of_database.block_reserve_mib = kBlockReserveMiB;
  auto database = duck::Database::open_empty(of_database);
  if (database) {
    static_cast<void>(use_huge_pages_in_reserve(kLeastReserve));
    return database;
  }
  of_database.block_reserve_mib = 0;
  return duck::Database::open_empty(of_database);
}

// What is used for the first time takes longer. Whatever comes of it.
void warm_up(duck::Database& database) {
  auto connection = duck::Connection::open(database);
  if (!connection) return;
  static_cast<void>(run_guarded_query(
      *connection, "SELECT range AS a FROM range(9) WHERE a > 1 ORDER BY a DESC LIMIT 3", ResultFormat::json, {}));
}

Result<void> attach(duck::Connection& connection, const std::string& path) {
  const auto give_up = std::chrono::steady_clock::now() + kMaxLocked;
  for (;;) {
    auto attached = connection.attach(path, duck::Access::read_only);
    if (attached) return connection.lock_down();
    const bool locked = attached.error().kind == ErrorKind::locked;
    if (!locked || std::chrono::steady_clock::now() >= give_up) return attached;
    std::this_thread::sleep_for(kLockedTurn);
  }
}

// Nothing: for our own SQL.
using MaybeFormat = std::optional<ResultFormat>;

Result<QueryText> answer(duck::Database& database, const std::string& path, MaybeFormat format,
                         const QueryLimits& limits) {
  auto sql = read_sql(limits.sql_bytes);
  if (!sql) return sql.error();
  // Its own, so that random numbers are its own.
  auto connection = duck::Connection::open(database);
  if (!connection) return connection.error();
  if (auto attached = attach(*connection, path); !attached) return attached.error();
  return format ? run_guarded_query(*connection, *sql, *format, limits) : run_own_query(*connection, *sql, limits);
}

// A line that says what follows, and how many bytes.
bool write_answer(const Result<QueryText>& answer) {
  std::string head;
  std::string_view body;
  if (answer) {
    head = fmt::format("{} {}\n", to_text(answer.value().truncation), answer.value().text.size());
    body = answer.value().text;
  } else {
    head = fmt::format("error{} {}\n", static_cast<int>(answer.error().kind), answer.error().message.size());
    body = answer.error().message;
  }
  std::size_t written = 0;
  return write_all(STDOUT_FILENO, "stdout", head, written).ok() &&
         write_all(STDOUT_FILENO, "stdout", body, written).ok();
}

struct Template {
  std::string path;
  QueryLimits limits;
  duck::Database database;
  pid_t pid;
};

// In the copy.
[[noreturn]] void run_copy(Template& of, MaybeFormat format, const PassedFiles& message) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != of.pid) std::_Exit(1);
  // Should the daemon hang.
  ::alarm(static_cast<unsigned>(of.limits.time.count() / 1000 + 2));
  ::dup2(message.files[0].get(), STDIN_FILENO);
  ::dup2(message.files[1].get(), STDOUT_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  const bool written = write_answer(answer(of.database, of.path, format, of.limits));
  ::close(STDOUT_FILENO);  // whoever reads need not wait until all memory has gone
  std::_Exit(written ? 0 : 1);  // nothing is worth tidying up
}

Result<FileDescriptor> copy_for(Template& of, const PassedFiles& message) {
  const auto format = result_format(message.text);
  if ((!format && message.text != kOwnValueWord) || message.files.size() != 2) return Error{"a format and two files are wanted"};
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("copy", "the process");
  if (pid == 0) run_copy(of, format, message);
  FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (handle) return handle;
  const Error error = system_error("open", "a copy");
  ::kill(pid, SIGKILL);
  return error;
}

// Waits for something to read; copies that have ended meanwhile are reaped.
void wait_for_message(const sigset_t& unblocked) {
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    struct pollfd ready {STDIN_FILENO, POLLIN, 0};
    if (::ppoll(&ready, 1, nullptr, &unblocked) >= 0) return;
  }
}

// Until the socket ends.
int serve(Template& of) {
  // A copy's end comes only while nothing is done but waiting: so its number is its own until there is a handle.
  ::signal(SIGCHLD, [](int) {});
  sigset_t child, unblocked;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, &unblocked);
  for (;;) {
    wait_for_message(unblocked);
    auto message = take_files(STDIN_FILENO);
    if (!message || message->text.empty()) return message ? 0 : 1;
    const auto copy = copy_for(of, *message);
    const std::string said = copy ? "copied" : copy.error().message.substr(0, kMaxPassedText);
    const std::vector<int> files = copy ? std::vector{copy.value().get()} : std::vector<int>{};
    if (!pass_files(STDIN_FILENO, said, files)) return 1;
  }
}

}  // namespace

std::vector<std::string> query_worker_arguments(const std::string& path, const QueryLimits& limits) {
  return {std::string(kQueryWorkerWord), path, std::to_string(limits.rows), std::to_string(limits.bytes),
          std::to_string(limits.time.count()), std::to_string(limits.memory_mib)};
}

int run_query_worker(const std::vector<std::string>& arguments) {
  QueryLimits limits;
  std::int64_t time_ms = 0;
  if (arguments.size() != kArguments || !read_number(arguments[1], limits.rows) ||
      !read_number(arguments[2], limits.bytes) || !read_number(arguments[3], time_ms) ||
      !read_number(arguments[4], limits.memory_mib)) {
    std::fputs("stream_daemon query-worker: only the daemon starts it\n", stderr);
    return 2;
  }
  limits.time = std::chrono::milliseconds(time_ms);
  confine();
  auto database = open_empty(limits);
  if (!database) return 1;
  confine_memory(limits);
  warm_up(*database);
  Template of{arguments[0], limits, std::move(database).value(), ::getpid()};
  return serve(of);
}

std::optional<Result<QueryText>> read_worker_answer(std::string_view output) {
  const std::size_t line_end = output.find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  const std::string_view head = output.substr(0, line_end);
  const std::string_view body = output.substr(line_end + 1);
  const std::size_t blank = head.find(' ');
  std::size_t bytes = 0;
  if (blank == std::string_view::npos || !read_number(head.substr(blank + 1), bytes) || bytes != body.size()) {
    return std::nullopt;
  }
  const std::string_view word = head.substr(0, blank);
  if (word.starts_with("error")) {
    int kind = 0;
    if (!read_number(word.substr(5), kind)) return std::nullopt;
    return Result<QueryText>(Error{std::string(body), static_cast<ErrorKind>(kind)});
  }
  const auto truncated = truncation(word);
  if (!truncated) return std::nullopt;
  return Result<QueryText>(QueryText{std::string(body), *truncated});
}

}  // namespace streamd
