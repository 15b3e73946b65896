#include "store/query_worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <thread>
#include <utility>

#include "io/file.h"

namespace streamd {
namespace {

constexpr std::size_t kArguments = 6;
constexpr std::chrono::milliseconds kLockedTurn{5};
constexpr std::chrono::milliseconds kMaxLocked{1000};
// Beside what DuckDB counts: its code, the result's text, and values that it does not count.
constexpr std::size_t kMoreMemoryMiB = 768;
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

// What it cannot have it need not be refused.
void confine(const QueryLimits& limits) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Should the daemon be gone already.
  ::alarm(static_cast<unsigned>(limits.time.count() / 1000 + 2));
  if (auto score = open_for_appending("/proc/self/oom_score_adj"); score) {
    std::size_t written = 0;
    static_cast<void>(write_all(score->get(), "", kFirstToDie, written));
  }
  static_cast<void>(::nice(kNiceness));
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take addresses by the terabyte
  limit(RLIMIT_AS, std::uint64_t{limits.memory_mib + kMoreMemoryMiB} << 20);
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

Result<duck::Database> open_database(const std::string& path, const QueryLimits& limits) {
  duck::Limits of_database;
  of_database.memory = fmt::format("{}MiB", limits.memory_mib);
  of_database.spill = false;
  of_database.lock_down = true;
  const auto give_up = std::chrono::steady_clock::now() + kMaxLocked;
  for (;;) {
    auto database = duck::Database::open(path, duck::Access::read_only, of_database);
    if (database || database.error().kind != ErrorKind::locked) return database;
    if (std::chrono::steady_clock::now() >= give_up) return database;
    std::this_thread::sleep_for(kLockedTurn);
  }
}

Result<QueryText> answer(const std::string& path, ResultFormat format, const QueryLimits& limits) {
  auto sql = read_sql(limits.sql_bytes);
  if (!sql) return sql.error();
  auto database = open_database(path, limits);
  if (!database) return database.error();
  auto connection = duck::Connection::open(*database);
  if (!connection) return connection.error();
  return run_guarded_query(*connection, *sql, format, limits);
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

}  // namespace

std::vector<std::string> query_worker_arguments(const std::string& path, ResultFormat format,
                                                const QueryLimits& limits) {
  return {std::string(kQueryWorkerWord),      path,
          std::string(to_text(format)),       std::to_string(limits.rows),
          std::to_string(limits.bytes),       std::to_string(limits.time.count()),
          std::to_string(limits.memory_mib)};
}

int run_query_worker(const std::vector<std::string>& arguments) {
  QueryLimits limits;
  std::int64_t time_ms = 0;
  const auto format = arguments.size() == kArguments ? result_format(arguments[1]) : std::nullopt;
  if (!format || !read_number(arguments[2], limits.rows) || !read_number(arguments[3], limits.bytes) ||
      !read_number(arguments[4], time_ms) || !read_number(arguments[5], limits.memory_mib)) {
    std::fputs("stream_daemon query-worker: only the daemon starts it\n", stderr);
    return 2;
  }
  limits.time = std::chrono::milliseconds(time_ms);
  confine(limits);
  const bool written = write_answer(answer(arguments[0], *format, limits));
  std::_Exit(written ? 0 : 1);  // nothing is worth tidying up
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
