// The contract as printed: its first example, its tail example, and every command of docs/contract.md that is marked
// as runnable, in a folder without logs/.
//
// In docs/contract.md a fenced block with the info string `sh run` is run by `bash -c`, block by block, in one folder
// that has a link bin -> the programs. It must exit 0. A block whose first line is `# terminal 1` starts a daemon; it
// is ended with SIGTERM before the next such block and at the end, and must exit 0 then. One with `# terminal 2` starts
// what runs beside that daemon, says something on stdout, and is ended before it, likewise. A block with `| nc host` stays
// connected, as nc without -N does, until the daemon ends; the next block runs three seconds later.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

constexpr std::uint16_t kPort = 9009;
constexpr std::uint16_t kMetricsPort = 9100;
constexpr milliseconds kRowWithin{kSanitized ? 15'000 : 3'000};

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && ::listen(fd, 1) == 0;
  ::close(fd);
  return free;
}

// One such test at a time on this machine; skipped when somebody else has one of the ports.
class ContractTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto path = std::filesystem::temp_directory_path() / "stream_daemon_test.port_9009";
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ASSERT_GE(lock_, 0);
    ASSERT_EQ(::flock(lock_, LOCK_EX), 0);
    for (const std::uint16_t port : {kPort, kMetricsPort}) {
      if (!is_free(port)) GTEST_SKIP() << "port " << port << ", which the contract names, is taken on this machine";
    }
  }
  void TearDown() override {
    if (lock_ >= 0) ::close(lock_);
  }

  int lock_ = -1;
  TempFolder folder_;
};

TEST_F(ContractTest, ItsFirstExampleWorksAsPrinted) {
  DaemonProcess daemon(folder_, {});
  ASSERT_EQ(daemon.port(), kPort);
  const auto start = steady_clock::now();
  Process producer(
      {"bash", "-c",
       R"(printf '{"type":"trade","symbol":"BTCUSDT","ts_ms":1700000000123,"price":95473.29,"qty":0.001}\n')"
       " | nc localhost 9009"},
      folder_.path());
  const std::string db = folder_ / "logs/research/market.duckdb";
  ASSERT_TRUE(wait_for_bars(db, 1, "true", kRowWithin));
  EXPECT_LE(steady_clock::now() - start, kRowWithin);
  EXPECT_EQ(read_table(db, "SELECT * FROM ohlc_1s"),
            (TextTable{{"BTCUSDT", "2023-11-14 22:13:20", "95473.29", "95473.29", "95473.29", "95473.29", "0.001", "1",
                        "live:BTCUSDT"}}));
  EXPECT_TRUE(producer.is_running()) << "nc is not connected any more: " << producer.errors();
  EXPECT_TRUE(daemon.is_running());
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_TRUE(producer.wait().has_value());
  EXPECT_EQ(daemon.output(), "");
}

TEST_F(ContractTest, ItsTableHasTheContractsColumns) {
  DaemonProcess daemon(folder_, listening());
  daemon.port();
  EXPECT_EQ(daemon.stop(), 0);
  const TextTable columns = read_table(
      folder_ / "bars.duckdb",
      "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'ohlc_1s' ORDER BY column_index");
  EXPECT_EQ(columns, (TextTable{{"symbol", "VARCHAR"},
                                {"timestamp", "TIMESTAMP"},
                                {"open", "DOUBLE"},
                                {"high", "DOUBLE"},
                                {"low", "DOUBLE"},
                                {"close", "DOUBLE"},
                                {"volume", "DOUBLE"},
                                {"trades", "BIGINT"},
                                {"source_file", "VARCHAR"}}));
}

TEST_F(ContractTest, ItsTailExampleWorksAsPrinted) {
  DaemonProcess daemon(folder_, {"--port", "9009", "--tail", "logs/binance_stream/raw.ndjson", "--tail-follow"});
  ASSERT_EQ(daemon.port(), kPort);
  ASSERT_TRUE(daemon.wait_errors("waiting for logs/binance_stream/raw.ndjson"));
  std::filesystem::create_directories(folder_ / "logs/binance_stream");
  const std::string raw = folder_ / "logs/binance_stream/raw.ndjson";
  const std::string db = folder_ / "logs/research/market.duckdb";
  write_file(raw, trade_line("BTCUSDT", 1'700'000'000'123, 95473.29, 0.001));
  ASSERT_TRUE(wait_for_bars(db, 1, "true", kRowWithin));
  append_file(
      raw, trade_line("BTCUSDT", 1'700'000'001'000, 95474, 0.5) + trade_line("BTCUSDT", 1'700'000'001'001, 95473, 1));
  ASSERT_TRUE(wait_for_bars(db, 2, "true", kRowWithin));
  EXPECT_EQ(daemon.stop(), 0);
  expect_same_bars(
      {{"BTCUSDT", 1'700'000'000'000'000, 95473.29, 95473.29, 95473.29, 95473.29, 0.001, 1, "tail:raw.ndjson"},
       {"BTCUSDT", 1'700'000'001'000'000, 95474, 95474, 95473, 95473, 1.5, 2, "tail:raw.ndjson"}},
      read_bars(db));
}

struct Block {
  std::string code;
  int line = 0;
};

std::vector<Block> runnable_blocks(const std::string& page) {
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (const std::string& line : lines_of(page)) {
    ++number;
    if (line == "```sh run") {
      inside = true;
      blocks.push_back({"", number + 1});
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      blocks.back().code += line + "\n";
    }
  }
  return blocks;
}

bool stays_connected(const Block& block) {
  constexpr std::string_view kProducer = "| nc ";
  const std::size_t start = block.code.find(kProducer);
  return start != std::string::npos && block.code[start + kProducer.size()] != '-';
}

// A shell would die of SIGTERM and not wait for the daemon; but of one command bash becomes the daemon itself.
void end_in_order(Process& shell) {
  if (read_file("/proc/" + std::to_string(shell.pid()) + "/comm") == "bash\n") {
    for (pid_t child : shell.children()) ::kill(child, SIGTERM);
  } else {
    shell.signal(SIGTERM);
  }
  EXPECT_EQ(shell.wait().value_or(-1), 0) << "of a terminal that stays: " << shell.errors();
}

TEST_F(ContractTest, EveryRunnableCommandOfThePageWorks) {
  const std::string page = source_path("docs/contract.md");
  if (!std::filesystem::exists(page)) FAIL() << "docs/contract.md is gone";
  const std::vector<Block> blocks = runnable_blocks(read_file(page));
  ASSERT_FALSE(blocks.empty()) << "docs/contract.md has no block ```sh run";
  std::filesystem::create_directory_symlink(program_path(""), folder_ / "bin");

  std::unique_ptr<Process> terminal_1, terminal_2;
  std::vector<std::unique_ptr<Process>> producers;
  const auto open_terminal = [&](const Block& block) {
    return std::make_unique<Process>(std::vector<std::string>{"bash", "-c", block.code}, folder_.path());
  };
  const auto end_terminals = [&] {
    for (auto* terminal : {&terminal_2, &terminal_1}) {
      if (*terminal != nullptr) end_in_order(**terminal);
      terminal->reset();
    }
    for (auto& producer : producers) EXPECT_TRUE(producer->wait().has_value()) << "nc goes on without a daemon";
    producers.clear();
  };
  for (const Block& block : blocks) {
    SCOPED_TRACE("docs/contract.md:" + std::to_string(block.line) + ": " + block.code);
    if (block.code.starts_with("# terminal 1")) {
      end_terminals();
      terminal_1 = open_terminal(block);
      ASSERT_TRUE(terminal_1->wait_errors("storing in")) << terminal_1->errors();
    } else if (block.code.starts_with("# terminal 2")) {
      terminal_2 = open_terminal(block);
      ASSERT_TRUE(terminal_2->wait_output("\n")) << terminal_2->errors();
    } else if (stays_connected(block)) {
      producers.push_back(open_terminal(block));
      std::this_thread::sleep_for(kRowWithin);  // what was sent is stored by then, and nothing else would show it
    } else {
      Process shell({"bash", "-c", block.code}, folder_.path());
      EXPECT_EQ(shell.wait().value_or(-1), 0) << shell.output() << shell.errors();
    }
  }
  end_terminals();
}

}  // namespace
}  // namespace streamd
