// The store never waits for queries longer than the patience that it was given.
#include "store/query_desk.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "query/hostile_statements.h"
#include "query/query_fixture.h"

namespace streamd {
namespace {

constexpr const char* kEndless = "SELECT count(*) FROM range(100000000000) a, range(10000000) b";
// For a busy machine: what killing processes may take.
constexpr Millis kMargin{1000};

// Of all threads of the process; zombies, too.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(folder, gone)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child; list >> child;) children.push_back(child);
  }
  return children;
}

// It may wait for init to see its end.
bool runs(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(status, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line[name_end + 2] != 'Z' && line[name_end + 2] != 'X';
}

class QueryDeskTest : public QueryFixture {};

TEST_F(QueryDeskTest, QueriesSeeWhatWasCommittedBefore) {
  QueryDesk desk(desk_options());
  open_with_desk(desk);
  for (int i = 0; i < 3; ++i) {
    add(i * 10, 10);
    ASSERT_TRUE(commit(static_cast<std::uint64_t>(i) + 1).ok());
    EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM ohlc_1s").text, "n\r\n" + std::to_string(i * 10 + 10) + "\r\n");
  }
}

TEST_F(QueryDeskTest, AQueryThatRunsLongIsEndedForABatchAndTriedOnceMore) {
  DeskOptions options = desk_options();
  options.patience = Millis(100);
  options.limits.time = Millis(60'000);
  QueryDesk desk(options);
  open_with_desk(desk);
  std::atomic<bool> answered = false;
  QueryAnswer answer;
  std::thread client([&] {
    answer = ask(desk, kEndless);
    answered = true;
  });
  for (std::uint64_t position = 1; !answered; ++position) {
    add(static_cast<Second>(position), 1);
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(commit(position).ok());
    EXPECT_LE(since(start), options.patience + kMargin);
    std::this_thread::sleep_for(Millis(50));
  }
  client.join();
  EXPECT_EQ(answer.outcome, QueryAnswer::Outcome::busy);
  EXPECT_EQ(desk.counts().killed_for_batch, 2);
}

TEST_F(QueryDeskTest, AQueryThatComesDuringABatchWaitsForItsEnd) {
  fill(0);
  QueryDesk desk(desk_options());
  std::thread client;
  std::atomic<bool> answered = false;
  {
    const QueryDesk::Batch batch(desk);
    client = std::thread([&] {
      EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM ohlc_1s").text, "n\r\n500\r\n");
      answered = true;
    });
    std::this_thread::sleep_for(Millis(300));
    EXPECT_FALSE(answered);
  }
  client.join();
}

// An answer does not wait until its process has gone, a batch does.
TEST_F(QueryDeskTest, TheFileIsTheBatchsRightAfterAnAnswer) {
  fill(10);
  QueryDesk desk(desk_options());
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM (SELECT * FROM ohlc_1s ORDER BY hash(timestamp))").text,
              "n\r\n5500\r\n");
    const QueryDesk::Batch batch(desk);
    const auto opened = duck::Database::open(path_, duck::Access::read_write, {});
    ASSERT_TRUE(opened.ok()) << i << ": " << opened.error().message;
  }
}

TEST_F(QueryDeskTest, OurOwnSqlGivesOneText) {
  fill(0);
  DeskOptions options = desk_options();
  options.limits.bytes = 1000;
  QueryDesk desk(options);
  const auto value = [&](const std::string& sql) { return desk.ask_value(sql, [] { return false; }); };
  EXPECT_EQ(value("SELECT count(*)::VARCHAR || ' \"rows\"\n' FROM ohlc_1s").text, "500 \"rows\"\n");
  for (const char* none : {"SELECT NULL::VARCHAR", "SELECT symbol FROM ohlc_1s WHERE false"}) {
    EXPECT_EQ(value(none).outcome, QueryAnswer::Outcome::done) << none;
    EXPECT_EQ(value(none).text, "") << none;
  }
  EXPECT_EQ(value("SELECT repeat('x', 1000)").text.size(), 1000);
  EXPECT_EQ(value("SELECT repeat('x', 1001)").truncation, Truncation::bytes);
  EXPECT_EQ(value("SELECT nothing").outcome, QueryAnswer::Outcome::refused);
}

TEST_F(QueryDeskTest, ABatchThatTakesTooLongIsSaid) {
  fill(0);
  DeskOptions options = desk_options();
  options.limits.time = Millis(100);
  QueryDesk desk(options);
  const QueryDesk::Batch batch(desk);
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::busy);
}

TEST_F(QueryDeskTest, TimeRunsOut) {
  fill(0);
  DeskOptions options = desk_options();
  options.limits.time = Millis(300);
  QueryDesk desk(options);
  EXPECT_EQ(ask(desk, kEndless).outcome, QueryAnswer::Outcome::out_of_time);
  EXPECT_EQ(desk.counts().killed_for_time, 1);
}

TEST_F(QueryDeskTest, NobodyWaitsAnyMore) {
  fill(0);
  QueryDesk desk(desk_options());
  const auto start = std::chrono::steady_clock::now();
  const auto answer = desk.ask(kEndless, ResultFormat::json, [&] { return since(start) > Millis(200); });
  EXPECT_EQ(answer.outcome, QueryAnswer::Outcome::gone);
  EXPECT_LE(since(start), Millis(200) + kMargin);
}

TEST_F(QueryDeskTest, ClosingEndsQueriesAndLetsNoMoreIn) {
  fill(0);
  QueryDesk desk(desk_options());
  std::thread client([&] { EXPECT_EQ(ask(desk, kEndless).outcome, QueryAnswer::Outcome::busy); });
  std::this_thread::sleep_for(Millis(200));
  const auto start = std::chrono::steady_clock::now();
  desk.close();
  EXPECT_LE(since(start), kMargin);
  client.join();
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::busy);
}

TEST_F(QueryDeskTest, AnExclusiveStoreIsSaid) {
  DeskOptions options = desk_options();
  options.exclusive = true;
  QueryDesk desk(options);
  open_with_desk(desk, true);
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::busy);
}

TEST_F(QueryDeskTest, WithoutADatabaseOrAProgram) {
  QueryDesk desk(desk_options());
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::busy);
  DeskOptions options = desk_options();
  options.program = folder_ + "/nothing";
  QueryDesk lame(options);
  EXPECT_EQ(ask(lame, "SELECT 1").outcome, QueryAnswer::Outcome::busy);
}

TEST_F(QueryDeskTest, QueriesAreCopiesOfOneProcessThatHoldsNoFile) {
  fill(2);
  DeskOptions options = desk_options();
  options.prepared = true;
  QueryDesk desk(options);
  EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM ohlc_1s").text, "n\r\n1500\r\n");
  const auto pid = desk.workers().pid();
  ASSERT_TRUE(pid.has_value());
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator("/proc/" + std::to_string(*pid) + "/fd")) {
    ++files;
    EXPECT_EQ(std::filesystem::read_symlink(file).string().find(folder_), std::string::npos);
  }
  EXPECT_EQ(files, 3);
  const auto start = std::chrono::steady_clock::now();
  while (!children_of(*pid).empty() && since(start) < Millis(5000)) std::this_thread::sleep_for(Millis(1));
  EXPECT_TRUE(children_of(*pid).empty()) << "no zombies";
  // Nothing of a statement is left for the next one.
  const std::string random = ask(desk, "SELECT random(), uuid()").text;
  EXPECT_NE(ask(desk, "SELECT random(), uuid()").text, random);
  EXPECT_EQ(ask(desk, "SELECT database_name, path IS NOT NULL FROM duckdb_databases() WHERE NOT internal").text,
            "database_name,(path IS NOT NULL)\r\nbars,true\r\n");
  EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM bars.ohlc_1s").text, "n\r\n1500\r\n");
  EXPECT_EQ(desk.workers().starts(), 1);
  EXPECT_EQ(desk.workers().pid(), pid);
}

TEST_F(QueryDeskTest, TheFileMayHaveAnyName) {
  for (const char* name : {"memory.duckdb", "Temp", "system.db", "main.duckdb", "it's \"so\".x.y", ".hidden"}) {
    path_ = folder_ + "/" + name;
    fill(1);
    QueryDesk desk(desk_options());
    EXPECT_EQ(ask(desk, "SELECT count(*) AS n FROM ohlc_1s").text, "n\r\n1000\r\n") << name;
  }
}

TEST_F(QueryDeskTest, AnotherTakesThePlaceOfAReadyProcessThatWasKilled) {
  fill(0);
  QueryDesk desk(desk_options());
  EXPECT_FALSE(desk.workers().pid().has_value());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask(desk, "SELECT 1 AS a").text, "a\r\n1\r\n");
    const auto pid = desk.workers().pid();
    ASSERT_TRUE(pid.has_value());
    EXPECT_EQ(desk.workers().starts(), i + 1);
    ::kill(*pid, SIGKILL);
  }
  const auto start = std::chrono::steady_clock::now();
  while (desk.workers().starts() < 6 && since(start) < Millis(10'000)) std::this_thread::sleep_for(Millis(10));
  EXPECT_EQ(desk.workers().starts(), 6) << "it is replaced without being asked for";
}

TEST_F(QueryDeskTest, WhenTheReadyProcessIsKilledItsCopiesEndAndRunOnceMore) {
  fill(0);
  QueryDesk desk(desk_options());
  std::thread client([&] {
    const QueryAnswer answer = ask(desk, kEndless);
    EXPECT_EQ(answer.outcome, QueryAnswer::Outcome::busy);
    EXPECT_NE(answer.text.find("ended from outside"), std::string::npos) << answer.text;
  });
  for (int kills = 0; kills < 2; ++kills) {
    pid_t copy = 0;
    for (const auto start = std::chrono::steady_clock::now(); copy == 0 && since(start) < Millis(10'000);) {
      const auto pid = desk.workers().pid();
      const auto copies = pid ? children_of(*pid) : std::vector<pid_t>();
      if (copies.empty()) continue;
      copy = copies.front();
      std::this_thread::sleep_for(Millis(200));  // until it has been handed over
      ::kill(*pid, SIGKILL);
    }
    ASSERT_NE(copy, 0);
    for (const auto start = std::chrono::steady_clock::now(); runs(copy) && since(start) < Millis(10'000);) {
      std::this_thread::sleep_for(Millis(10));
    }
    EXPECT_FALSE(runs(copy));
  }
  client.join();
  EXPECT_EQ(ask(desk, "SELECT 1 AS a").text, "a\r\n1\r\n");
}

TEST_F(QueryDeskTest, AReadyProcessThatHangsDelaysNoBatchAndNoEnd) {
  fill(0);
  QueryDesk desk(desk_options());
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::done);
  ASSERT_TRUE(desk.workers().pid().has_value());
  ::kill(*desk.workers().pid(), SIGSTOP);
  std::thread client([&] { EXPECT_NE(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::refused); });
  std::this_thread::sleep_for(Millis(200));
  auto start = std::chrono::steady_clock::now();
  { const QueryDesk::Batch batch(desk); }
  EXPECT_LT(since(start), desk_options().patience + kMargin);
  start = std::chrono::steady_clock::now();
  desk.close();
  EXPECT_LT(since(start), kMargin);
  client.join();
}

TEST_F(QueryDeskTest, NoProcessIsLeftAfterClosing) {
  fill(0);
  QueryDesk desk(desk_options());
  EXPECT_EQ(ask(desk, "SELECT 1").outcome, QueryAnswer::Outcome::done);
  std::thread client([&] { ask(desk, kEndless); });
  std::this_thread::sleep_for(Millis(200));
  EXPECT_FALSE(children_of(::getpid()).empty());
  desk.close();
  client.join();
  EXPECT_TRUE(children_of(::getpid()).empty());
  EXPECT_FALSE(desk.workers().pid().has_value());
}

// How long another program took to open the database for reading.
Millis read_from_outside(const std::string& path) {
  const auto start = std::chrono::steady_clock::now();
  const auto nothing = memory_file("");
  auto process = ChildProcess::start(STREAMD_HOLD_DATABASE, {path, "read_only"}, nothing.value().get());
  EXPECT_TRUE(process.ok());
  if (!process) return {};
  char bytes[16] = {};
  struct pollfd ready {process->output(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 20'000), 1);
  EXPECT_EQ(::read(process->output(), bytes, sizeof(bytes)), 5);
  const Millis took = since(start);
  process->kill();
  process->wait();
  process->reap();
  return took;
}

TEST_F(QueryDeskTest, AttackersNeitherDelayCommitsNorKeepOutReaders) {
  constexpr Millis kInterval{50};
  constexpr int kThreads = 4;
  constexpr Millis kDuration{12'000};
  DeskOptions options = desk_options();
  options.patience = kInterval;
  options.limits.time = Millis(2000);
  options.limits.rows = 1000;
  options.limits.bytes = 1 << 20;
  QueryDesk desk(options);
  open_with_desk(desk);
  const auto statements = hostile_statements();
  std::atomic<bool> done = false;
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < kThreads; ++i) {
    clients.emplace_back([&] {
      while (!done) ask(desk, statements[next++ % statements.size()].sql, ResultFormat::json);
    });
  }
  std::vector<Millis> outside;
  std::thread reader([&] {
    while (!done) {
      outside.push_back(read_from_outside(path_));
      std::this_thread::sleep_for(Millis(200));
    }
  });
  std::vector<Millis> took;
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t position = 0;
  int locked = 0;
  while (since(start) < kDuration) {
    add(static_cast<Second>(++position), 1);
    const auto begun = std::chrono::steady_clock::now();
    const auto committed = commit(position);
    took.push_back(since(begun));
    if (!committed) {
      // The reader from outside has it: the stage tries again.
      EXPECT_EQ(committed.error().kind, ErrorKind::locked) << committed.error().message;
      ++locked;
    }
    std::this_thread::sleep_for(kInterval);
  }
  done = true;
  for (std::thread& client : clients) client.join();
  reader.join();
  EXPECT_TRUE(commit(position + 1).ok());
  std::sort(took.begin(), took.end());
  std::sort(outside.begin(), outside.end());
  std::printf("%zu commits (%d locked out): median %ld, p99 %ld, longest %ld ms; %zu statements; %zu readers from "
              "outside: median %ld, longest %ld ms; %lu killed for a batch, which waited %ld ms at most\n",
              took.size(), locked, took[took.size() / 2].count(), took[took.size() * 99 / 100].count(),
              took.back().count(), next.load(), outside.size(), outside[outside.size() / 2].count(),
              outside.back().count(), desk.counts().killed_for_batch, desk.counts().longest_wait.count());
  EXPECT_LE(desk.counts().longest_wait, kInterval + kMargin);
  EXPECT_LE(outside[outside.size() / 2], Millis(1000));
  EXPECT_LE(outside.back(), Millis(1000) + 2 * kMargin);
  EXPECT_EQ(read_stored(path_).rows, static_cast<std::int64_t>(position));
}

}  // namespace
}  // namespace streamd
