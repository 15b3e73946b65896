// The same lines give the same decisions and summaries: by tail, over an anonymous connection, and from a named producer whose daemon
// is killed and stopped in mid-second again and again. And what was delivered is what is stored.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <set>

#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/decision_lines.h"
#include "system/sequenced_producer.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

// Event time decides, not how fast this machine is: no second closes idle.
Arguments deciding(Arguments arguments, const Arguments& more = {}) {
  const Arguments common = {"--emit-decisions",       "--no-decision-stdout",
                            "--decision-sink",        "file:out.ndjson",
                            "--idle-close-ms",        "3600000",
                            "--flush-interval",       "0.05",
                            "--decision-cost-budget", "2.5",
                            "--snapshot-interval",    "0.2",
                            "--summarise-window",     "20"};
  arguments.insert(arguments.end(), common.begin(), common.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

struct Result {
  std::vector<DecisionValues> decisions;
  TextTable states;
  TextTable actions;
  TextTable summaries;
};

class DecisionReplayTest : public testing::Test {
 protected:
  // What a finished folder has; the lines of its sink are checked against the rows.
  static Result result_of(const TempFolder& folder) {
    const std::string db = folder / "bars.duckdb";
    const std::string order = " ORDER BY symbol, timestamp";
    Result result{stored_decisions(db), read_table(db, "SELECT * EXCLUDE source_file FROM stream_state" + order),
                  read_table(db, "SELECT * EXCLUDE source_file FROM stream_actions" + order),
                  read_table(db, "SELECT * EXCLUDE artifact_ts FROM quotient_summaries ORDER BY symbol, window_start")};
    const std::vector<DecisionLine> lines = without_repetitions(read_decisions(read_file(folder / "out.ndjson")));
    EXPECT_EQ(lines.size(), result.actions.size()) << "not one line an action";
    expect_same_decisions(result.decisions, values_of(lines));
    return result;
  }
  static void expect_same(const Result& expected, const Result& found) {
    expect_same_decisions(expected.decisions, found.decisions);
    EXPECT_TRUE(expected.states == found.states) << "stream_state differs";
    EXPECT_TRUE(expected.actions == found.actions) << "stream_actions differs";
    EXPECT_TRUE(expected.summaries == found.summaries)
        << "quotient_summaries differs, " << expected.summaries.size() << " rows and " << found.summaries.size();
  }
  // Something happens in them.
  static void expect_worth_comparing(const Result& result, std::size_t decisions) {
    EXPECT_GT(result.decisions.size(), decisions);
    std::set<std::int64_t> states;
    std::set<std::string> reasons;
    for (const DecisionValues& one : result.decisions) {
      states.insert(one.state);
      reasons.insert(one.reason);
    }
    EXPECT_GE(states.size(), 3u);
    EXPECT_GT(result.summaries.size(), 30u);
    EXPECT_TRUE(reasons.contains("active_triadic"));
    EXPECT_TRUE(reasons.contains("active_triadic + cost_gate_budget"));
  }

  static Result by_tail(const std::string& text) {
    TempFolder folder;
    open_gate(folder);
    write_file(folder / "day.ndjson", text);
    DaemonProcess daemon(folder, deciding(replaying({"--tail", "day.ndjson"})));
    EXPECT_EQ(daemon.wait_exit(), 0);
    return result_of(folder);
  }
  // Windows that nothing more comes for end by time: then there are so many.
  static void wait_for_summaries(const TempFolder& folder, std::size_t rows) {
    const std::string db = folder / "bars.duckdb";
    EXPECT_TRUE(eventually([&] { return read_table(db, "SELECT symbol FROM quotient_summaries").size() >= rows; }));
  }
  static Result over_tcp(const std::string& text, std::size_t summaries) {
    TempFolder folder;
    open_gate(folder);
    DaemonProcess daemon(folder, deciding(listening()));
    TcpClient client(daemon.port());
    std::mt19937_64 random(text.size());
    client.send_in_pieces(text, random);
    client.finish();
    wait_for_summaries(folder, summaries);
    EXPECT_EQ(daemon.stop(), 0);
    return result_of(folder);
  }
  static constexpr int kEnds = 8;
  static constexpr const char* kDeaths[] = {"journal append", "commit", "after commit", "snapshot before rename",
                                            "snapshot after rename"};

  // Every other end is a kill, every fourth one where it matters most. As many rows as expected must be there in the end.
  static Result through_ends(const std::string& text, std::uint64_t seed, const Result& expected) {
    TempFolder folder;
    open_gate(folder);
    const std::vector<std::string> lines = lines_of(text);
    ProducerOptions options;
    options.seed = seed;
    options.repeat_lines = 20;
    options.send_bytes = 20'000;
    SequencedProducer producer(options);
    std::size_t given = 0;
    std::mt19937_64 random(seed);
    const Arguments arguments = deciding(listening(), {"--producer-grace-s", "3600"});
    for (int run = 1; run <= kEnds; ++run) {
      const std::string death =
          kDeaths[random() % std::size(kDeaths)] + std::string(":") + std::to_string(random() % 4);
      DaemonProcess daemon = run % 4 == 1 ? DaemonProcess(folder, arguments, death) : DaemonProcess(folder, arguments);
      const std::size_t end = lines.size() * run / (kEnds + 1) - random() % 200;
      std::optional<std::uint16_t> port;
      EXPECT_TRUE(eventually([&] {
        if (!port) port = daemon.port_by_now();
        if (!daemon.is_running()) return true;
        if (!port || !(producer.is_connected() || producer.connect(*port))) return false;
        for (int i = 0; i < 100 && given < end; ++i) producer.add(lines[given++]);
        producer.step();
        return given >= end;
      }));
      if (random() % 2 == 0) std::this_thread::sleep_for(milliseconds(random() % 100));
      if (run % 2 == 0) {
        EXPECT_EQ(daemon.stop(), 0);
      } else {
        daemon.signal(SIGKILL);
        EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
      }
      producer.disconnect();
    }
    {
      DaemonProcess daemon(folder, arguments);
      while (given < lines.size()) producer.add(lines[given++]);
      EXPECT_TRUE(producer.finish(daemon.port())) << "not everything was acknowledged";
      daemon.signal(SIGKILL);
      EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
      producer.disconnect();
    }
    end_the_producer(folder, expected);
    return result_of(folder);
  }

 private:
  // Its last seconds close when it has not come back: then their bars have decisions.
  static void end_the_producer(const TempFolder& folder, const Result& expected) {
    DaemonProcess daemon(folder, deciding(listening(), {"--producer-grace-s", "0.1"}));
    daemon.port();
    eventually([&] { return count_actions(folder / "bars.duckdb") >= expected.decisions.size(); }, kPatience / 4);
    wait_for_summaries(folder, expected.summaries.size());
    EXPECT_EQ(daemon.stop(), 0);
  }
};

class RecordingDecisionTest : public DecisionReplayTest {
 protected:
  void SetUp() override {
    const std::string folder = source_path("../shared/data/binance_spot_2024-08-08");
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recording here: " << folder << " is absent";
    text_ = read_file(folder + "/btcusdt.trades.ndjson") + read_file(folder + "/ethusdt.trades.ndjson");
  }
  std::string text_;
};

TEST_F(RecordingDecisionTest, TailAndTcpAndAProducerThroughEndsGiveTheSame) {
  const std::uint64_t seed = test_seed();
  const Result expected = by_tail(text_);
  expect_worth_comparing(expected, 300);
  expect_same(expected, over_tcp(text_, expected.summaries.size()));
  expect_same(expected, through_ends(text_, seed, expected));
}

// Five symbols, trades and bars, one in ten too late by up to a minute and a half.
std::string generated_lines(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  std::vector<double> prices = {100, 61'000, 0.5, 2'500, 40};
  std::int64_t now_ms = 1'700'000'000'000;
  for (int i = 0; i < 12'000; ++i) {
    now_ms += static_cast<std::int64_t>(random() % 60);
    const std::size_t symbol = random() % prices.size();
    double& price = prices[symbol];
    const std::string name = "S" + std::to_string(symbol);
    price *= 1 + (static_cast<double>(random() % 2001) - 1000 + ((i / 1500) % 2 == 0 ? 150 : -150)) * 1e-6;
    const std::int64_t back_ms = random() % 10 == 0 ? static_cast<std::int64_t>(random() % 90'000) : 0;
    if (random() % 50 == 0) {
      const std::int64_t second = (now_ms - back_ms) / 1000;
      text += bar_line({name, second * 1'000'000, price, price * 1.001, price * 0.999, price, 3, 2, ""});
    } else {
      text += trade_line(name, now_ms - back_ms, price, 0.25);
    }
  }
  return text;
}

TEST_F(DecisionReplayTest, GeneratedTailAndTcpAndAProducerThroughEndsGiveTheSame) {
  const std::uint64_t seed = test_seed();
  const std::string text = generated_lines(seed);
  const Result expected = by_tail(text);
  expect_worth_comparing(expected, 1000);
  expect_same(expected, over_tcp(text, expected.summaries.size()));
  expect_same(expected, through_ends(text, seed, expected));
}

}  // namespace
}  // namespace streamd
