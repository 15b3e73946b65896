// What moves decisions while a daemon runs: the gate's files, the sensor's files, silence; and where decisions go and
// do not go: stdout, whatever becomes of its reader.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/decision_lines.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'700'000'000;
constexpr milliseconds kFlush{500};
constexpr milliseconds kTwoFlushes = kSanitized ? 10 * kFlush : 2 * kFlush;
constexpr milliseconds kRowWithin{kSanitized ? 15'000 : 3'000};

Arguments deciding(const Arguments& more = {}) {
  Arguments arguments = listening({"--emit-decisions", "--flush-interval", "0.5"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

class DecisionGateTest : public testing::Test {
 protected:
  // The next second of A, which closes the one before.
  void send_trade(TcpClient& client) {
    client.send(
        trade_line("A", (kSecond + sent_) * 1000, 100 + 0.1 * static_cast<double>(sent_) + 0.01 * (sent_ % 2), 1));
    ++sent_;
  }
  // Trades flow until the newest decision is as wanted.
  template <typename Wanted>
  ::testing::AssertionResult flows_until(TcpClient& client, const DaemonProcess& daemon, Wanted wanted,
                                         milliseconds limit = kTwoFlushes) {
    const auto start = steady_clock::now();
    std::string last;
    do {
      send_trade(client);
      std::this_thread::sleep_for(milliseconds(5));
      const std::string output = daemon.output();
      const std::size_t end = output.rfind('\n');
      if (end == std::string::npos) continue;
      const std::size_t begin = output.rfind('\n', end - 1) + 1;  // npos + 1 = 0
      last = output.substr(begin, end - begin);
      if (wanted(read_decision(last))) return ::testing::AssertionSuccess();
    } while (steady_clock::now() - start < limit);
    return ::testing::AssertionFailure() << "not within " << limit.count() << " ms; the last one: " << last;
  }
  ::testing::AssertionResult flows_until_open(TcpClient& client, const DaemonProcess& daemon, bool open) {
    return flows_until(client, daemon, [open](const DecisionLine& line) { return line.phase6_open == open; });
  }
  // An entry of the sensor.
  void write_tensor(const std::string& target, const std::string& direction) {
    fs::create_directories(folder_ / "logs/asymmetry");
    write_file(folder_ / "logs/asymmetry/influence_tensor_1.jsonl",
               R"({"target":")" + target + R"(","source":"B","lag":1,"score":0.4,"threshold":0.2,"p":0.01,"n":90,)" +
                   R"("symbol":")" + direction + "\"}\n");
  }
  // The reasons of a rising symbol under an open gate.
  std::vector<std::string> reasons(const Arguments& more) {
    open_gate(folder_);
    std::string text;
    for (int i = 0; i < 20; ++i) text += trade_line("A", (kSecond + i) * 1000, 100 + 0.1 * i + 0.01 * (i % 2), 1);
    TempFolder folder;
    fs::create_directory_symlink(folder_ / "logs", folder / "logs");
    write_file(folder / "day.ndjson", text);
    Arguments arguments = replaying({"--tail", "day.ndjson", "--emit-decisions"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    DaemonProcess daemon(folder, arguments);
    EXPECT_EQ(daemon.wait_exit(), 0);
    std::vector<std::string> list;
    for (const DecisionLine& line : read_decisions(daemon.output())) {
      if (line.values.state == 1) list.push_back(line.values.reason);
    }
    EXPECT_GT(list.size(), 10u);
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  int sent_ = 0;
};

TEST_F(DecisionGateTest, WithoutGateFilesEverythingIsObserved) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += trade_line(i % 2 == 0 ? "A" : "B", (kSecond + i) * 1000, 100 + i % 17, 1);
  write_file(folder_ / "day.ndjson", text);
  DaemonProcess daemon(folder_, replaying({"--tail", "day.ndjson", "--emit-decisions"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  const std::vector<DecisionLine> lines = read_decisions(daemon.output());
  EXPECT_EQ(lines.size(), 200u);
  for (const DecisionLine& line : lines) {
    EXPECT_EQ(line.phase6_json,
              R"({"open":false,"source":null,"allowed_slip_bps":null,"reason":null,"timestamp":null})");
    EXPECT_EQ(line.values.reason, "posture_observe (M4/M6)");
    EXPECT_EQ(line.cost, 0);
  }
  EXPECT_EQ(read_table(db_,
                       "SELECT count(*), min(posture), max(posture), bool_or(gate_open), max(target_exposure), "
                       "bool_and(hold), min(reason), max(reason) FROM stream_actions"),
            (TextTable{{"200", "OBSERVE", "OBSERVE", "false", "0.0", "true", "posture_observe (M4/M6)",
                        "posture_observe (M4/M6)"}}));
}

TEST_F(DecisionGateTest, AnEntryOpensItAndItsEndClosesItWithoutARestart) {
  DaemonProcess daemon(folder_, deciding());
  TcpClient client(daemon.port());
  ASSERT_TRUE(flows_until_open(client, daemon, false));
  open_gate(folder_);
  ASSERT_TRUE(flows_until_open(client, daemon, true));
  DecisionLine line = read_decisions(daemon.output()).back();
  EXPECT_EQ(
      line.phase6_json,
      R"({"open":true,"source":"capital_controls_1.jsonl","allowed_slip_bps":0.5,"reason":null,"timestamp":null})");
  EXPECT_EQ(line.values.posture, "TRADE_NORMAL");

  fs::remove(gate_path(folder_));
  ASSERT_TRUE(flows_until_open(client, daemon, false));
  line = read_decisions(daemon.output()).back();
  EXPECT_EQ(line.values.posture, "OBSERVE");
  EXPECT_EQ(line.values.target_exposure, 0);

  // A last line that has no newline counts.
  write_file(gate_path(folder_, "capital_controls_2.jsonl"),
             R"({"allowed": true, "slip_bps": 0.5, "reason": "calm", "timestamp": 1700000000})");
  ASSERT_TRUE(flows_until_open(client, daemon, true));
  EXPECT_EQ(read_decisions(daemon.output()).back().phase6_json,
            R"({"open":true,"source":"capital_controls_2.jsonl","allowed_slip_bps":0.5,"reason":"calm",)"
            R"("timestamp":1700000000})");
  EXPECT_EQ(daemon.stop(), 0);
  for (const std::string& said : lines_of(daemon.errors())) EXPECT_EQ(said.find("phase6_gate"), std::string::npos);
  client.close();

  const auto lines = values_of(without_repetitions(read_decisions(daemon.output())));
  expect_same_decisions(lines, stored_decisions(db_));
}

// What a run start closes is decided by the gate of that moment.
TEST_F(DecisionGateTest, AGateThatWasClosedWhileTheDaemonWasAwayIsClosedFromTheFirstDecisionOn) {
  open_gate(folder_);
  DaemonProcess first(folder_, deciding({"--idle-close-ms", "60000"}));
  TcpClient client(first.port());
  ASSERT_TRUE(flows_until_open(client, first, true));
  for (int i = 0; i < 30; ++i) send_trade(client);
  ASSERT_TRUE(eventually([&] { return read_decisions(first.output()).back().values.timestamp_ms / 1000 == kSecond + sent_ - 2; },
                         kRowWithin));
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait_exit(), 128 + SIGKILL);
  fs::remove(gate_path(folder_));
  DaemonProcess second(folder_, deciding());
  ASSERT_TRUE(eventually([&] { return second.output().find('\n') != std::string::npos; }, kRowWithin));
  EXPECT_EQ(second.stop(), 0);
  const DecisionLine last = read_decisions(second.output()).back();
  EXPECT_EQ(last.values.timestamp_ms / 1000, kSecond + sent_ - 1);
  EXPECT_FALSE(last.phase6_open);
  EXPECT_EQ(last.values.posture, "OBSERVE");
  EXPECT_EQ(last.values.target_exposure, 0);
}

TEST_F(DecisionGateTest, TheNewestFileByNameCountsAndOnlyWhatAllows) {
  open_gate(folder_);
  write_file(gate_path(folder_, "capital_controls_2.jsonl"), "{\"allowed\": false, \"slip_bps\": 1}\nnot JSON\n");
  DaemonProcess daemon(folder_, deciding());
  TcpClient client(daemon.port());
  ASSERT_TRUE(flows_until(client, daemon, [](const DecisionLine& line) {
    return line.phase6_json.find(R"("open":false,"source":"capital_controls_2.jsonl")") != std::string::npos;
  }));
  append_file(gate_path(folder_, "capital_controls_2.jsonl"),
              "{\"allowed\": true, \"slip_bps\": 2}\n{\"allowed\": false}\n");
  ASSERT_TRUE(flows_until(client, daemon, [](const DecisionLine& line) {
    return line.phase6_json.find(R"("open":true,"source":"capital_controls_2.jsonl","allowed_slip_bps":2)") !=
           std::string::npos;
  }));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(DecisionGateTest, AFileThatIsTooOldClosesItUntilItIsWrittenAgain) {
  open_gate(folder_);
  fs::last_write_time(gate_path(folder_), fs::file_time_type::clock::now() - std::chrono::seconds(1000));
  DaemonProcess daemon(folder_, deciding({"--gate-max-age-s", "900"}));
  TcpClient client(daemon.port());
  ASSERT_TRUE(flows_until(client, daemon, [](const DecisionLine& line) {
    return !line.phase6_open && line.phase6_json.find("capital_controls_1.jsonl") != std::string::npos;
  }));
  EXPECT_NE(read_decisions(daemon.output()).back().phase6_json.find("older than --gate-max-age-s"), std::string::npos);
  append_file(gate_path(folder_), "{\"allowed\": false}\n");
  ASSERT_TRUE(flows_until_open(client, daemon, true));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(DecisionGateTest, AFileGrowsTooOldWhileItIsWatched) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, deciding({"--gate-max-age-s", "1"}));
  TcpClient client(daemon.port());
  ASSERT_TRUE(flows_until(
      client, daemon, [](const DecisionLine& line) { return !line.phase6_open; }, kTwoFlushes + milliseconds(1000)));
  EXPECT_NE(read_decisions(daemon.output()).back().phase6_json.find("older than --gate-max-age-s"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(DecisionGateTest, TheSensorIsHeardOnlyWhenItIsAskedFor) {
  const std::vector<std::string> plain = {"active_triadic"};
  const std::vector<std::string> recommended = {"active_triadic + influence_sensor"};
  EXPECT_EQ(reasons({}), plain);
  write_tensor("A", "+1");
  EXPECT_EQ(reasons({}), plain);
  EXPECT_EQ(reasons({"--influence"}), recommended);
  write_tensor("A", "-1");
  EXPECT_EQ(reasons({"--influence"}), plain);
  write_tensor("A", "0");
  EXPECT_EQ(reasons({"--influence"}), plain);
  write_tensor("B", "+1");
  EXPECT_EQ(reasons({"--influence"}), plain);
}

TEST_F(DecisionGateTest, ASensorFileCountsWithoutARestart) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, deciding({"--influence"}));
  TcpClient client(daemon.port());
  const auto has_reason = [](const char* reason) {
    return [reason](const DecisionLine& line) { return line.values.reason == reason; };
  };
  ASSERT_TRUE(flows_until(client, daemon, has_reason("active_triadic")));
  write_tensor("A", "+1");
  ASSERT_TRUE(flows_until(client, daemon, has_reason("active_triadic + influence_sensor")));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(DecisionGateTest, OneTradeAndSilenceIsAnActionWithinThreeSeconds) {
  DaemonProcess daemon(folder_, listening({"--emit-decisions"}));
  TcpClient client(daemon.port());
  const auto start = steady_clock::now();
  client.send(trade_line("A", kSecond * 1000, 5, 1));
  std::string answer;
  while (answer.find("posture_observe") == std::string::npos && steady_clock::now() - start < kPatience) {
    std::this_thread::sleep_for(milliseconds(50));
    DaemonProcess query(folder_, {"query", "--db", "bars.duckdb", "--format", "csv", "SELECT * FROM stream_actions"});
    query.wait_exit();
    answer = query.output();
  }
  EXPECT_LE(steady_clock::now() - start, kRowWithin);
  EXPECT_NE(answer.find("2023-11-14 22:13:20,A,0,0,0.0,0.0,true,0.0,posture_observe (M4/M6),false,OBSERVE,live:A"),
            std::string::npos)
      << answer;
  EXPECT_EQ(stored_decisions(db_).size(), 1u);  // another process reads it
  EXPECT_EQ(read_decisions(daemon.output()).size(), 1u);
  EXPECT_FALSE(client.has_ended());
  EXPECT_EQ(daemon.stop(), 0);
}

// 50 symbols, 1000 seconds, and a last trade of each that closes nothing.
class DecisionOutputTest : public DecisionGateTest {
 protected:
  static constexpr int kSymbols = 50;
  static constexpr int kSeconds = 1000;

  static std::string trades() {
    std::string text;
    for (int second = 0; second < kSeconds; ++second) {
      for (int symbol = 0; symbol < kSymbols; ++symbol) {
        text +=
            trade_line("S" + std::to_string(symbol), (kSecond + second) * 1000, 100 + (second * 7 + symbol) % 31, 1);
      }
    }
    return text;
  }
  // All rows are stored, and the end is in order and in time.
  void expect_all_stored(DaemonProcess& daemon) {
    TcpClient client(daemon.port());
    client.send(trades());
    client.finish();
    const auto start = steady_clock::now();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_LE(steady_clock::now() - start, milliseconds(kSanitized ? 60'000 : 10'000));
    EXPECT_EQ(daemon.account()["trades"], 50'000u);
    EXPECT_EQ(count_bars(db_), 50'000);
    EXPECT_EQ(stored_decisions(db_).size(), 50'000u);
  }
};

TEST_F(DecisionOutputTest, StdoutHasDecisionsAloneAndTheLogIsElsewhere) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, deciding({"--log-level", "debug"}));
  expect_all_stored(daemon);
  EXPECT_TRUE(daemon.output().ends_with('\n'));
  const std::vector<DecisionLine> lines = without_repetitions(read_decisions(daemon.output()));
  expect_same_decisions(values_of(lines), stored_decisions(db_));
  EXPECT_EQ(daemon.errors().find("\"target_exposure\""), std::string::npos);
}

TEST_F(DecisionOutputTest, NothingIsPrintedWhenStdoutIsNotWanted) {
  DaemonProcess daemon(folder_, deciding({"--no-decision-stdout"}));
  expect_all_stored(daemon);
  EXPECT_EQ(daemon.output(), "");
}

TEST_F(DecisionOutputTest, NothingIsDecidedWhenItIsNotAskedFor) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  for (int i = 0; i < 10; ++i) send_trade(client);
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.output(), "");
  EXPECT_EQ(count_bars(db_), 10);
  EXPECT_EQ(count_actions(db_), 0u);
}

TEST_F(DecisionOutputTest, ABlockedPipeStopsNothing) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  DaemonProcess daemon(folder_, deciding(), DaemonProcess::OutputTo{pipe});
  expect_all_stored(daemon);
  char some[16];
  EXPECT_GT(::read(reader, some, sizeof some), 0) << "nothing was ever written into it";
  ::close(reader);
}

TEST_F(DecisionOutputTest, AClosedPipeStopsNothing) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  DaemonProcess daemon(folder_, deciding(), DaemonProcess::OutputTo{pipe});
  daemon.port();
  ::close(reader);
  expect_all_stored(daemon);
  EXPECT_NE(daemon.errors().find("stdout was closed"), std::string::npos) << daemon.errors();
}

}  // namespace
}  // namespace streamd
