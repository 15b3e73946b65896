// Disks that fill up under a running daemon: it does not end, pushes its producers back, goes on by itself when there
// is room again, and every row is there once.
#include <atomic>
#include <cstdlib>

#include "system/kept_state.h"
#include "system/small_disk.h"

namespace streamd {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// Sends as fast as it may, on a thread of its own. Trade i is that of second i, of a symbol that goes on to a new name
// every so many trades.
class Flood {
 public:
  Flood(std::uint16_t port, int lines, int trades_a_symbol)
      : thread_([this, port, lines, trades_a_symbol] {
          try {
            TcpClient client(port);
            std::string text;
            for (int i = 0; i < lines; ++i) {
              text += trade_line("S" + std::to_string(i / trades_a_symbol), (1'000'000'000LL + i) * 1000, i, 1);
              if (text.size() < 64 * 1024 && i + 1 < lines) continue;
              client.send(text);
              text.clear();
            }
            client.finish();
            longest_block_ = client.longest_block();
          } catch (const std::exception& error) {
            failure_ = error.what();
          }
        }) {}
  ~Flood() {
    if (thread_.joinable()) thread_.join();
  }
  void wait() {
    thread_.join();
    EXPECT_EQ(failure_, "");
  }
  void wait_cut_off() { thread_.join(); }
  milliseconds longest_block() const { return longest_block_; }

 private:
  milliseconds longest_block_{0};
  std::string failure_;
  std::thread thread_;
};

// The rows are those of the first trades, however many, each exact and once.
std::int64_t expect_first_trades(const std::string& db, int trades_a_symbol) {
  const TextTable table = read_table(
      db,
      "SELECT count(*), count(DISTINCT timestamp), max(open)::BIGINT, count(*) FILTER (symbol <> 'S' || (open::BIGINT "
      "// " +
          std::to_string(trades_a_symbol) +
          ") OR timestamp <> make_timestamp((1000000000 + open::BIGINT) * 1000000) OR trades <> 1 OR volume <> 1 OR "
          "high <> open OR low <> open OR close <> open OR source_file <> 'live:' || symbol) FROM ohlc_1s");
  const std::int64_t rows = std::stoll(table.at(0).at(0));
  const std::string last = rows == 0 ? "NULL" : std::to_string(rows - 1);
  EXPECT_EQ(table, (TextTable{{std::to_string(rows), std::to_string(rows), last, "0"}}));
  return rows;
}

class DiskFullSystemTest : public KeptState {
 protected:
  static constexpr int kLines = 700'000;  // more than fits into all queues and sockets

  // `says`: that which the daemon says while it waits.
  void fill_and_make_room(SmallDisk& disk, const Arguments& arguments, const std::string& db, const std::string& says) {
    DaemonProcess daemon(folder_, arguments);
    Flood flood(daemon.port(), kLines, 100);
    ASSERT_TRUE(daemon.wait_errors(says));
    std::this_thread::sleep_for(milliseconds(2'000));
    ASSERT_TRUE(daemon.is_running());
    disk.resize(512 * kMiB);
    flood.wait();
    EXPECT_GE(flood.longest_block(), milliseconds(1'000)) << "the producer was not pushed back";
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_TRUE(daemon.account().is_closed());
    EXPECT_EQ(daemon.account()["trades"], static_cast<std::uint64_t>(kLines));
    EXPECT_EQ(expect_first_trades(db, 100), kLines);
  }
};

TEST_F(DiskFullSystemTest, OfTheJournalAlone) {
  SmallDisk disk(folder_ / "small", 2 * kMiB);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  fill_and_make_room(disk, quick({"--state-dir", "small/state"}), db_,
                     "the journal cannot be written, nothing is read");
}

TEST_F(DiskFullSystemTest, OfTheDatabaseAlone) {
  SmallDisk disk(folder_ / "small", 6 * kMiB);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  fill_and_make_room(disk,
                     {"--host", "127.0.0.1", "--port", "0", "--db", "small/bars.duckdb", "--state-dir", "state",
                      "--flush-interval", "0.05", "--max-pending-bytes", "4MiB"},
                     folder_ / "small/bars.duckdb", "disk full");
}

TEST_F(DiskFullSystemTest, OfJournalAndDatabaseTogether) {
  SmallDisk disk(folder_ / "small", 6 * kMiB);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  fill_and_make_room(disk,
                     {"--host", "127.0.0.1", "--port", "0", "--db", "small/bars.duckdb", "--flush-interval", "0.05",
                      "--snapshot-interval", "0.2"},
                     folder_ / "small/bars.duckdb", "the journal cannot be written, nothing is read");
}

// What was not journalled is said. It never leaves a hole: names and sources of later lines would be wrong.
TEST_F(DiskFullSystemTest, AStopWhileTheJournalsDiskIsFull) {
  SmallDisk disk(folder_ / "small", kMiB);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  const Arguments arguments = quick({"--state-dir", "small/state"});
  {
    DaemonProcess daemon(folder_, arguments);
    TcpClient named(daemon.port());  // its answer cannot come
    named.send(R"({"type":"hello","producer":"feed","ack":true})"
               "\n");
    Flood flood(daemon.port(), kLines, 10);
    ASSERT_TRUE(daemon.wait_errors("the journal cannot be written, nothing is read"));
    named.send(R"({"type":"trade","seq":1,"symbol":"N","ts_ms":1000,"price":1,"qty":1})"
               "\n");
    const auto start = steady_clock::now();
    EXPECT_EQ(daemon.stop(), 1);
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
    EXPECT_LE(took.count(), kSanitized ? 30'000 : 10'500);
    expect_said(daemon.errors(), "batches of lines could not be journalled");
    flood.wait_cut_off();
  }
  const std::int64_t before = expect_first_trades(db_, 10);
  EXPECT_GT(before, 1'000);
  disk.resize(512 * kMiB);
  DaemonProcess daemon(folder_, arguments);
  daemon.port();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_GE(expect_first_trades(db_, 10), before);
}

// A start with the disk as full as the end before it left it: it waits, can be stopped, and goes on when there is room.
TEST_F(DiskFullSystemTest, AStartWhileTheDisksAreFull) {
  SmallDisk disk(folder_ / "small", 8 * kMiB);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  const std::string db = folder_ / "small/bars.duckdb";
  const Arguments arguments = {
      "--host", "127.0.0.1",           "--port", "0", "--db", "small/bars.duckdb", "--flush-interval",
      "0.05",   "--max-pending-bytes", "1MiB"};
  {
    DaemonProcess daemon(
        folder_, {"--host", "127.0.0.1", "--port", "0", "--db", "small/bars.duckdb", "--flush-interval", "0.05"});
    Flood flood(daemon.port(), kLines, 100);
    ASSERT_TRUE(daemon.wait_errors("the journal cannot be written, nothing is read"));
    kill(daemon);
    flood.wait_cut_off();
  }
  for (const int signal : {SIGTERM, SIGKILL}) {
    DaemonProcess daemon(folder_, arguments);
    ASSERT_TRUE(daemon.wait_errors("rows wait for the database: disk full")) << signal;
    daemon.signal(signal);
    EXPECT_EQ(daemon.wait_exit(milliseconds(5'000)), signal == SIGTERM ? 0 : 128 + SIGKILL);
  }
  DaemonProcess daemon(folder_, arguments);
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database: disk full"));
  disk.resize(512 * kMiB);
  daemon.port();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_GT(expect_first_trades(db, 100), 10'000);
}

TEST_F(DiskFullSystemTest, AStopUnderPressureWithALockedDatabase) {
  if (std::getenv("STREAMD_LONG") == nullptr) GTEST_SKIP() << "takes ten seconds; STREAMD_LONG=1 runs it";
  const Arguments arguments = quick({"--max-pending-bytes", "1MiB"});
  {
    DaemonProcess makes_the_tables(folder_, quick());
    makes_the_tables.port();
    EXPECT_EQ(makes_the_tables.stop(), 0);
  }
  {
    DaemonProcess daemon(folder_, arguments);
    const std::uint16_t port = daemon.port();
    DatabaseHolder holder(db_, "read_write", folder_);
    Flood flood(port, kLines, 10);
    ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
    std::this_thread::sleep_for(milliseconds(500));
    const auto start = steady_clock::now();
    EXPECT_EQ(daemon.stop(), 1);  // bytes that had arrived were not read
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
    EXPECT_LE(took.count(), kSanitized ? 30'000 : 11'000);
    expect_said(daemon.errors(), "rows wait in the journal for the next start");
    flood.wait_cut_off();
    holder.release();
  }
  DaemonProcess daemon(folder_, arguments);
  daemon.port();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_GT(expect_first_trades(db_, 10), 1'000);
}

}  // namespace
}  // namespace streamd
