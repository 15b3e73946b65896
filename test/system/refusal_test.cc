// What a start refuses: databases of another shape, with SQL that really migrates them, and places where nothing can
// be written. Always exit 3, in one line.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

class RefusalTest : public testing::Test {
 protected:
  void make_database(const std::string& sql) {
    OpenDatabase database(db_, duck::Access::read_write);
    database.run(sql);
  }
  // The line that it says.
  std::string expect_refusal(const Arguments& arguments) {
    DaemonProcess daemon(folder_, arguments);
    EXPECT_EQ(daemon.wait_exit(kPatience / 4), 3);
    EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
    EXPECT_EQ(daemon.output(), "");
    return daemon.errors();
  }
  // Refused with these words, migrated by the SQL of the message, then taken; `rows` are there then.
  void expect_migration(const std::string& sql, const std::vector<std::string>& words, const TextTable& rows,
                        const std::string& table = "ohlc_1s") {
    make_database(sql);
    const std::string message = expect_refusal(listening());
    for (const std::string& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << word << " in: " << message;
    constexpr std::string_view kBefore = "migrate it with: ";
    const std::size_t start = message.find(kBefore);
    ASSERT_NE(start, std::string::npos) << message;
    make_database(message.substr(start + kBefore.size()));
    DaemonProcess daemon(folder_, listening());
    daemon.port();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(read_table(db_, "SELECT * FROM " + table + " ORDER BY ALL"), rows);
  }

  static Arguments on_a_free_port(Arguments more) {
    more.insert(more.end(), {"--host", "127.0.0.1", "--port", "0"});
    return more;
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const TextTable row_ = {{"A", "2023-11-14 22:13:20", "1.0", "2.0", "0.5", "1.5", "10.0", "3", "import"}};
};

TEST_F(RefusalTest, AColumnOfTheWrongType) {
  expect_migration(
      "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DECIMAL(18,3), trades BIGINT, source_file VARCHAR); "
      "INSERT INTO ohlc_1s VALUES ('A', make_timestamp(1700000000000000), 1, 2, 0.5, 1.5, 10, 3, 'import')",
      {"ohlc_1s", "volume", "DECIMAL(18,3)", "DOUBLE"}, row_);
}

TEST_F(RefusalTest, ATimestampAsText) {
  expect_migration(
      "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp VARCHAR, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DOUBLE, trades BIGINT, source_file VARCHAR); "
      "INSERT INTO ohlc_1s VALUES ('A', '2023-11-14 22:13:20', 1, 2, 0.5, 1.5, 10, 3, 'import')",
      {"ohlc_1s", "timestamp", "VARCHAR", "TIMESTAMP"}, row_);
}

TEST_F(RefusalTest, SeveralColumnsOfTheWrongType) {
  expect_migration(
      "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp TIMESTAMP, open FLOAT, high FLOAT, low FLOAT, close FLOAT, "
      "volume FLOAT, trades INTEGER, source_file VARCHAR); "
      "INSERT INTO ohlc_1s VALUES ('A', make_timestamp(1700000000000000), 1, 2, 0.5, 1.5, 10, 3, 'import')",
      {"ohlc_1s", "open", "FLOAT", "DOUBLE"}, row_);
}

TEST_F(RefusalTest, AMissingColumn) {
  expect_migration(
      "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DOUBLE, source_file VARCHAR); "
      "INSERT INTO ohlc_1s VALUES ('A', make_timestamp(1700000000000000), 1, 2, 0.5, 1.5, 10, 'import')",
      {"ohlc_1s", "trades", "missing", "BIGINT"},
      {{"A", "2023-11-14 22:13:20", "1.0", "2.0", "0.5", "1.5", "10.0", "NULL", "import"}});
}

TEST_F(RefusalTest, AnExtraColumn) {
  expect_migration(
      "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DOUBLE, trades BIGINT, source_file VARCHAR, vwap DOUBLE); "
      "INSERT INTO ohlc_1s VALUES ('A', make_timestamp(1700000000000000), 1, 2, 0.5, 1.5, 10, 3, 'import', 1.2)",
      {"ohlc_1s", "vwap", "DOUBLE"}, row_);
}

TEST_F(RefusalTest, ColumnsInAnotherOrder) {
  expect_migration(
      "CREATE TABLE ohlc_1s(timestamp TIMESTAMP, symbol VARCHAR, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DOUBLE, trades BIGINT, source_file VARCHAR); "
      "INSERT INTO ohlc_1s VALUES (make_timestamp(1700000000000000), 'A', 1, 2, 0.5, 1.5, 10, 3, 'import')",
      {"ohlc_1s", "symbol", "timestamp"}, row_);
}

TEST_F(RefusalTest, AWrongTableOfSpans) {
  expect_migration(
      "CREATE TABLE ohlc_1s_spans(symbol VARCHAR, timestamp TIMESTAMP, open_ts_ms INTEGER, close_ts_ms BIGINT); "
      "INSERT INTO ohlc_1s_spans VALUES ('A', make_timestamp(1700000000000000), 1, 2)",
      {"ohlc_1s_spans", "open_ts_ms", "INTEGER", "BIGINT"}, {{"A", "2023-11-14 22:13:20", "1", "2"}}, "ohlc_1s_spans");
}

// There is no SQL for it, but it must not be found out at the first commit.
TEST_F(RefusalTest, AViewInThePlaceOfTheTable) {
  make_database(
      "CREATE VIEW ohlc_1s AS SELECT 'A' AS symbol, make_timestamp(1) AS timestamp, 1::DOUBLE AS open, 1::DOUBLE AS "
      "high, "
      "1::DOUBLE AS low, 1::DOUBLE AS close, 1::DOUBLE AS volume, 1::BIGINT AS trades, 'x' AS source_file");
  const std::string message = expect_refusal(listening());
  EXPECT_NE(message.find("ohlc_1s"), std::string::npos) << message;
}

TEST_F(RefusalTest, OtherTablesAreNobodysBusiness) {
  make_database("CREATE TABLE notes(text VARCHAR); INSERT INTO notes VALUES ('kept')");
  DaemonProcess daemon(folder_, listening());
  daemon.port();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(read_table(db_, "SELECT * FROM notes"), (TextTable{{"kept"}}));
}

TEST_F(RefusalTest, AFileThatIsNoDatabase) {
  write_file(db_, std::string(10'000, 'x'));
  const std::string message = expect_refusal(listening());
  EXPECT_NE(message.find("bars.duckdb"), std::string::npos) << message;
  EXPECT_EQ(read_file(db_), std::string(10'000, 'x'));
}

TEST_F(RefusalTest, APortThatIsTakenAndNoFileIsMade) {
  TempFolder other;
  DaemonProcess first(other, listening({"--metrics-port", "0"}));
  const std::string port = std::to_string(first.port());
  const std::string metrics_port = std::to_string(first.metrics_port());
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) names.insert(entry.path());
    return names;
  };
  const std::set<std::string> before = files();
  const Arguments elsewhere = {"--db", "new/bars.duckdb", "--reject-file", "new/rejects"};
  Arguments arguments = elsewhere;
  arguments.insert(arguments.end(), {"--host", "127.0.0.1", "--port", port});
  EXPECT_NE(expect_refusal(arguments).find("choose another --port"), std::string::npos);
  arguments = on_a_free_port(elsewhere);
  arguments.insert(arguments.end(), {"--metrics-port", metrics_port});
  EXPECT_NE(expect_refusal(arguments).find("--metrics-port"), std::string::npos);
  EXPECT_EQ(files(), before);
}

// It is started a second time, as it is.
TEST_F(RefusalTest, OfAPortAndAStateDirThatAreTakenTheStateDirIsNamed) {
  DaemonProcess first(folder_, listening());
  const Arguments again = {"--db", "bars.duckdb", "--host", "127.0.0.1", "--port", std::to_string(first.port())};
  EXPECT_NE(expect_refusal(again).find("another daemon runs on this state dir"), std::string::npos);
}

TEST_F(RefusalTest, FoldersThatCannotBeMade) {
  write_file(folder_ / "file", "");
  EXPECT_NE(expect_refusal(on_a_free_port({"--db", "file/bars.duckdb"})).find("file"), std::string::npos);
  EXPECT_NE(expect_refusal(listening({"--state-dir", "file/state"})).find("file"), std::string::npos);
  EXPECT_NE(expect_refusal(listening({"--reject-file", "file/rejected"})).find("file"), std::string::npos);
}

TEST_F(RefusalTest, AFolderThatIsNotOursToWrite) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_EQ(::mkdir((folder_ / "closed").c_str(), 0555), 0);
  EXPECT_NE(expect_refusal(on_a_free_port({"--db", "closed/bars.duckdb"})).find("closed"), std::string::npos);
  EXPECT_NE(expect_refusal(listening({"--state-dir", "closed/state"})).find("closed"), std::string::npos);
}

TEST_F(RefusalTest, ADatabaseThatIsAFolder) {
  ASSERT_EQ(::mkdir(db_.c_str(), 0755), 0);
  EXPECT_NE(expect_refusal(listening()).find("bars.duckdb"), std::string::npos);
}

TEST_F(RefusalTest, ATailThatIsAFolder) {
  EXPECT_NE(expect_refusal(replaying({"--tail", "."})).find("folder"), std::string::npos);
}

}  // namespace
}  // namespace streamd
