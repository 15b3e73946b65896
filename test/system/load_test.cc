// stream_daemon_test beside real daemons: it finds what is there, and what is not.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "support/paths.h"
#include "support/test_peer.h"
#include "system/daemon_process.h"
#include "system/database_holder.h"
#include "system/decision_lines.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

// The long tests send for as long as the issue of a fault may need to show.
bool is_long() { return std::getenv("STREAMD_LONG") != nullptr; }

struct Said {
  int exit_code = -1;
  std::string line;
  std::string complaints;

  // "name=value" in the line.
  double operator[](const std::string& name) const {
    const std::size_t at = (" " + line).find(" " + name + "=");
    return at == std::string::npos ? -1 : std::atof(line.c_str() + at + name.size() + 1);
  }
};

class LoadTest : public testing::Test {
 protected:
  std::unique_ptr<Process> start_load(std::uint16_t port, const Arguments& more,
                                      const std::string& db = "bars.duckdb") const {
    std::vector<std::string> argv = {program_path("stream_daemon_test"), "--port", std::to_string(port), "--db", db};
    argv.insert(argv.end(), more.begin(), more.end());
    return std::make_unique<Process>(argv, folder_.path());
  }
  static Said ended(Process& load) {
    Said said;
    said.exit_code = load.wait(kPatience * 3).value_or(-1);
    said.line = load.output();
    said.complaints = load.errors();
    return said;
  }
  Said run_load(std::uint16_t port, const Arguments& more, const std::string& db = "bars.duckdb") const {
    return ended(*start_load(port, more, db));
  }

  TempFolder folder_;
};

TEST_F(LoadTest, OneLineSaysWhatWasSentAndWhatIsThere) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, listening({"--emit-decisions", "--no-decision-stdout"}));
  const Said said = run_load(daemon.port(), {"--seconds", "2", "--rate", "200", "--check-decisions", "--read-only"});
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_TRUE(said.line.starts_with("sent=400 mode=trade ohlc_rows=6 state_rows=6 action_rows=6 ")) << said.line;
  EXPECT_EQ(lines_of(said.line).size(), 1);
  EXPECT_EQ(said.complaints, "");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 400);
}

TEST_F(LoadTest, DecisionsThatAreNotThereAreMissed) {
  DaemonProcess daemon(folder_, listening());
  const Said said = run_load(daemon.port(), {"--seconds", "1", "--check-decisions", "--wait", "1"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.line.starts_with("sent=200 mode=trade ohlc_rows=3 state_rows=0 action_rows=0 ")) << said.line;
  EXPECT_NE(said.complaints.find("1 of 1 rows of stream_state are missing"), std::string::npos) << said.complaints;
  EXPECT_NE(said.complaints.find("--emit-decisions"), std::string::npos) << said.complaints;
}

TEST_F(LoadTest, BarsThatAreInAnotherDatabaseAreMissed) {
  DaemonProcess daemon(folder_, listening());
  DaemonProcess other(folder_, {"--port", "0", "--host", "127.0.0.1", "--db", "other.duckdb"});
  other.port();
  const Said said = run_load(daemon.port(), {"--seconds", "1", "--wait", "1"}, "other.duckdb");
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.complaints.find("BTCUSDT: 1 of 1 bars are missing"), std::string::npos) << said.complaints;
}

TEST_F(LoadTest, ASecondThatIsDecidedTwiceIsFound) {
  DaemonProcess daemon(folder_, listening({"--emit-decisions", "--no-decision-stdout"}));
  const std::uint16_t port = daemon.port();
  OpenDatabase(folder_ / "bars.duckdb", duck::Access::read_write)
      .run("INSERT INTO stream_actions (timestamp, symbol) VALUES (make_timestamp(1700000050000000), 'ES')");
  const Said said = run_load(port, {"--mode", "ohlc1s", "--rate", "0", "--lines", "300", "--from", "1700000000000", "--span",
                                    "100", "--symbols", "ES,NQ", "--check-decisions", "--wait", "1"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(said.complaints, "stream_daemon_test: ES: 1 rows of stream_actions too many: a second has one\n");
}

// What a run before has left could be taken for its own.
TEST_F(LoadTest, GivenTimesProveNothingTwice) {
  DaemonProcess daemon(folder_, listening());
  const Arguments load = {"--mode", "ohlc1s", "--rate", "0", "--lines", "300", "--from", "1700000000000", "--span", "100"};
  EXPECT_EQ(run_load(daemon.port(), load).complaints, "");
  const Said again = run_load(daemon.port(), load);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.complaints.find("bars of these symbols in these times already"), std::string::npos) << again.complaints;
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 300);
}

TEST_F(LoadTest, WhatStandsInItsWayIsSaidInOneLine) {
  const auto one_line = [](const Said& said, const std::string& part) {
    EXPECT_EQ(said.exit_code, 1);
    EXPECT_EQ(lines_of(said.complaints).size(), 1) << said.complaints;
    EXPECT_NE(said.complaints.find(part), std::string::npos) << said.complaints;
  };
  DaemonProcess daemon(folder_, listening({"--no-journal", "--metrics-port", "0"}));
  const std::uint16_t port = daemon.port();
  one_line(run_load(port, {}, "nothing.duckdb"), "give the daemon's --db");
  one_line(run_load(port, {"--ack"}), "--no-journal");
  one_line(run_load(daemon.metrics_port(), {}), "no stream_daemon: HTTP/1.1 400");
  one_line(run_load(daemon.metrics_port(), {"--ack"}), "no stream_daemon: HTTP/1.1 400");
  EXPECT_EQ(daemon.stop(), 0);
  one_line(run_load(port, {}), "start stream_daemon there");
}

TEST_F(LoadTest, EveryValueOfADisorderlyLoadIsThere) {
  DaemonProcess daemon(folder_, listening({"--metrics-port", "0"}));
  const Said said = run_load(daemon.port(), {"--rate", "0", "--seconds", is_long() ? "30" : "2", "--symbols", "100",
                                             "--connections", "4", "--disorder", "0.2", "--bad", "0.05", "--verify"});
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_EQ(said["differences"], 0);
  EXPECT_EQ(said["verified"], said["ohlc_rows"]);
  EXPECT_GE(said["ohlc_rows"], 200);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(static_cast<double>(daemon.account()["rejected"]), said["bad"]);
  EXPECT_EQ(static_cast<double>(daemon.account()["trades"]), said["sent"] - said["bad"]);
  EXPECT_GT(daemon.account()["late_trades"], 0);
  EXPECT_TRUE(daemon.account().is_closed());
}

TEST_F(LoadTest, ALateTradeInTenThousandThatIsLostIsFound) {
  DaemonProcess daemon(folder_, listening(), DaemonProcess::WithBug{"late_trade_lost"});
  const Said said = run_load(daemon.port(), {"--rate", "0", "--seconds", is_long() ? "30" : "2", "--symbols", "100",
                                             "--connections", "4", "--disorder", "0.2", "--bad", "0.05", "--verify",
                                             "--wait", "2"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_GE(said["differences"], 1) << said.line;
  EXPECT_NE(said.complaints.find("trades "), std::string::npos) << said.complaints;
}

TEST_F(LoadTest, BarsOfAProducerAreThere) {
  open_gate(folder_);
  DaemonProcess daemon(folder_, listening({"--emit-decisions", "--no-decision-stdout"}));
  const Said said = run_load(daemon.port(), {"--mode", "ohlc1s", "--rate", "5000", "--seconds", "2", "--disorder", "0.1",
                                             "--connections", "2", "--verify", "--check-decisions"});
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_TRUE(said.line.starts_with("sent=10000 mode=ohlc1s ohlc_rows=6 ")) << said.line;
  EXPECT_EQ(said["differences"], 0);
}

TEST_F(LoadTest, NothingAcknowledgedIsLostWhenTheDaemonIsKilled) {
  auto daemon = std::make_unique<DaemonProcess>(folder_, listening());
  const std::string port = std::to_string(daemon->port());
  const auto load = start_load(daemon->port(), {"--ack", "--rate", "50000", "--seconds", is_long() ? "20" : "5",
                                                "--symbols", "50", "--connections", "2", "--disorder", "0.1", "--bad",
                                                "0.01", "--verify"});
  for (int kill = 0; kill < (is_long() ? 6 : 2); ++kill) {
    std::this_thread::sleep_for(milliseconds(1500));
    daemon->signal(SIGKILL);
    daemon->wait();
    std::this_thread::sleep_for(milliseconds(200));
    daemon = std::make_unique<DaemonProcess>(
        folder_, Arguments{"--host", "127.0.0.1", "--port", port, "--db", "bars.duckdb"});
  }
  const Said said = ended(*load);
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_EQ(said["differences"], 0);
  EXPECT_GT(said["verified"], 100);
  EXPECT_GT(said["resent"], 0);
  EXPECT_GE(said["reconnects"], 4);
  EXPECT_GT(said["ack_p99_ms"], 0);
  EXPECT_GE(said["ack_max_ms"], said["ack_p99_ms"]);
  EXPECT_EQ(daemon->stop(), 0);
  EXPECT_TRUE(daemon->account().is_closed());
}

TEST_F(LoadTest, GoodLinesThatAreRefusedAreTold) {
  DaemonProcess daemon(folder_, listening({"--max-symbols", "2"}));
  const std::uint16_t port = daemon.port();
  const Said anonymous = run_load(port, {"--seconds", "1", "--rate", "300", "--wait", "1"});
  EXPECT_EQ(anonymous.exit_code, 1);
  EXPECT_NE(anonymous.complaints.find("NQ: 1 of 1 bars are missing"), std::string::npos) << anonymous.complaints;
  EXPECT_NE(anonymous.complaints.find("refused 100 lines besides"), std::string::npos) << anonymous.complaints;
  const Said named = run_load(port, {"--seconds", "1", "--ack", "--send-only"});
  EXPECT_EQ(named.exit_code, 1);
  EXPECT_NE(named.complaints.find("too_many_symbols"), std::string::npos) << named.complaints;
}

TEST_F(LoadTest, WhatWasAcknowledgedAndIsLostIsFound) {
  auto daemon = std::make_unique<DaemonProcess>(folder_, listening());
  const std::string port = std::to_string(daemon->port());
  const auto load = start_load(daemon->port(), {"--ack", "--rate", "1000", "--seconds", "60", "--send-only"});
  std::this_thread::sleep_for(milliseconds(2500));
  daemon->signal(SIGKILL);
  daemon->wait();
  std::filesystem::remove_all(folder_ / "bars.duckdb.state");
  daemon = std::make_unique<DaemonProcess>(folder_,
                                           Arguments{"--host", "127.0.0.1", "--port", port, "--db", "bars.duckdb"});
  const Said said = ended(*load);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.complaints.find("lost what it acknowledged"), std::string::npos) << said.complaints;
}

// One is closed; the other stays in the backlog.
TEST_F(LoadTest, OneLostConnectionEndsTheOthers) {
  TestPeer peer;
  const auto load = start_load(peer.port(), {"--rate", "1000", "--seconds", "600", "--connections", "2", "--send-only"});
  ASSERT_TRUE(eventually([&] {
    peer.poll();
    return peer.is_connected();
  }));
  peer.close();
  const Said said = ended(*load);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.complaints.find("--ack"), std::string::npos) << said.complaints;
}

TEST_F(LoadTest, TheTokenIsGiven) {
  write_file(folder_ / "token", "a \"word\" \\ of two\n");
  DaemonProcess daemon(folder_, listening({"--auth-token-file", "token"}));
  const std::uint16_t port = daemon.port();
  for (const Arguments& more : {Arguments{}, Arguments{"--ack"}}) {
    Arguments with = more;
    with.insert(with.end(), {"--seconds", "1", "--auth-token-file", "token"});
    EXPECT_EQ(run_load(port, with).complaints, "");
    const Said without = run_load(port, more);
    EXPECT_EQ(without.exit_code, 1);
    EXPECT_NE(without.complaints.find("unauthorized"), std::string::npos) << without.complaints;
  }
}

TEST_F(LoadTest, WithoutAcksALostConnectionIsTheEnd) {
  DaemonProcess daemon(folder_, listening());
  const auto load = start_load(daemon.port(), {"--rate", "1000", "--seconds", "60"});
  std::this_thread::sleep_for(milliseconds(1500));
  daemon.signal(SIGKILL);
  const Said said = ended(*load);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(said.line, "");
  EXPECT_NE(said.complaints.find("--ack"), std::string::npos) << said.complaints;
}

TEST_F(LoadTest, AnInterruptEndsItEarlyAndWhatWasSentIsLookedAt) {
  DaemonProcess daemon(folder_, listening());
  const auto load = start_load(daemon.port(), {"--rate", "1000", "--seconds", "60", "--verify"});
  std::this_thread::sleep_for(milliseconds(2500));
  load->signal(SIGINT);
  const Said said = ended(*load);
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_GT(said["sent"], 0);
  EXPECT_LT(said["sent"], 10'000);
  EXPECT_EQ(said["differences"], 0);
}

TEST_F(LoadTest, WhereTheFileIsLockedTheDaemonIsAsked) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  const DatabaseHolder holder(folder_ / "held.duckdb", "read_write", folder_);
  const Said said = run_load(port, {"--seconds", "1", "--verify", "--state-dir", "bars.duckdb.state"}, "held.duckdb");
  EXPECT_EQ(said.exit_code, 0) << said.complaints;
  EXPECT_EQ(said["verified"], 3);
}

// The daemon has the file for good, and says that it does not answer either.
TEST_F(LoadTest, WhereNobodyElseMayReadThatIsSaid) {
  DaemonProcess daemon(folder_, listening({"--db-exclusive"}));
  const Said said = run_load(daemon.port(), {"--seconds", "1"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.complaints.find("is locked, and asking the daemon: "), std::string::npos) << said.complaints;
  EXPECT_NE(said.complaints.find("--db-exclusive"), std::string::npos) << said.complaints;
}

}  // namespace
}  // namespace streamd
