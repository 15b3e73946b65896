// --ohlc-sink: bars as they close, whole ones again when they change, parts where the whole is not known any more; and
// another daemon makes the same rows of them.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <random>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t kSecond = 1'700'000'000;

struct BarLine {
  StoredBar bar;
  std::uint64_t revision = 0;
  bool partial = false;
  std::string text;
};

BarLine read_bar(const std::string& line) {
  static thread_local dom::parser parser;
  dom::object object;
  if (parser.parse(line).get(object)) throw std::runtime_error("not a JSON object: " + line);
  std::string keys;
  for (const dom::key_value_pair field : object) keys += std::string(field.key) + " ";
  const std::string whole = "type symbol ts_ms open high low close volume trades revision ";
  EXPECT_TRUE(keys == whole || keys == whole + "partial ") << line;
  EXPECT_EQ(std::string_view(object["type"]), "ohlc1s");
  BarLine bar;
  bar.bar = {std::string(std::string_view(object["symbol"])),
             std::int64_t(object["ts_ms"]) * 1000,
             double(object["open"]),
             double(object["high"]),
             double(object["low"]),
             double(object["close"]),
             double(object["volume"]),
             std::int64_t(object["trades"]),
             "live:" + std::string(std::string_view(object["symbol"]))};
  bar.revision = std::uint64_t(object["revision"]);
  bar.partial = keys != whole;
  EXPECT_TRUE(!bar.partial || bool(object["partial"])) << line;
  bar.text = line + "\n";
  return bar;
}

class BarSinkTest : public testing::Test {
 protected:
  std::vector<BarLine> bars() {
    std::string text;
    try {
      text = read_file(sink_);
    } catch (const std::exception&) {  // not made yet
    }
    std::vector<BarLine> list;
    for (const std::string& line : lines_of(text.substr(0, text.rfind('\n') + 1))) list.push_back(read_bar(line));
    return list;
  }
  ::testing::AssertionResult wait_for_lines(std::size_t count) {
    if (eventually([&] { return bars().size() >= count; }, kPatience / 4)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << bars().size() << " lines came";
  }
  static StoredBar bar(int second, double open, double high, double low, double close, double volume, int trades) {
    return {"A", (kSecond + second) * 1'000'000, open, high, low, close, volume, trades, "live:A"};
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const std::string sink_ = folder_ / "bars.ndjson";
};

TEST_F(BarSinkTest, ABarComesWhenItClosesAndAgainWholeWhenItChanges) {
  DaemonProcess daemon(folder_, listening({"--ohlc-sink", "file:bars.ndjson", "--idle-close-ms", "3600000"}));
  TcpClient client(daemon.port());
  client.send(trade_line("A", kSecond * 1000 + 100, 10, 1) + trade_line("A", kSecond * 1000 + 900, 11, 2) +
              trade_line("A", (kSecond + 1) * 1000, 12, 1));
  ASSERT_TRUE(wait_for_lines(1));
  client.send(trade_line("A", kSecond * 1000 + 50, 9, 4));
  ASSERT_TRUE(wait_for_lines(2));
  client.send(trade_line("A", kSecond * 1000 + 950, 20, 0.5));
  ASSERT_TRUE(wait_for_lines(3));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);

  const std::vector<BarLine> lines = bars();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].text,
            "{\"type\":\"ohlc1s\",\"symbol\":\"A\",\"ts_ms\":1700000000000,\"open\":10,\"high\":11,\"low\":10,"
            "\"close\":11,\"volume\":3,\"trades\":2,\"revision\":0}\n");
  EXPECT_EQ(lines[1].bar, bar(0, 9, 11, 9, 11, 7, 3));
  EXPECT_GT(lines[1].revision, 0u);
  EXPECT_EQ(lines[2].bar, bar(0, 9, 20, 9, 20, 7.5, 4));
  EXPECT_GT(lines[2].revision, lines[1].revision);
  EXPECT_EQ(lines[3].bar, bar(1, 12, 12, 12, 12, 1, 1));  // its source ended
  EXPECT_EQ(lines[3].revision, 0u);
  for (const BarLine& line : lines) EXPECT_FALSE(line.partial) << line.text;
  expect_same_bars({lines[2].bar, lines[3].bar}, read_bars(db_));
}

TEST_F(BarSinkTest, OfABarOutsideTheWindowThePartComesAlone) {
  DaemonProcess daemon(folder_, listening({"--ohlc-sink", "file:bars.ndjson", "--amend-window-s", "5"}));
  TcpClient client(daemon.port());
  std::string text;
  for (int i = 0; i < 10; ++i) text += trade_line("A", (kSecond + i) * 1000, 10 + i, 1);
  client.send(text);
  ASSERT_TRUE(wait_for_lines(9));
  client.send(trade_line("A", (kSecond + 1) * 1000 + 500, 5, 2) + trade_line("A", (kSecond + 7) * 1000 + 500, 6, 2));
  ASSERT_TRUE(wait_for_lines(11));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  std::map<std::int64_t, BarLine> changed;
  for (const BarLine& line : bars()) {
    if (line.revision == 0) continue;
    EXPECT_TRUE(changed.emplace(line.bar.timestamp_us / 1'000'000 - kSecond, line).second) << line.text;
  }
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed.at(1).bar, bar(1, 5, 5, 5, 5, 2, 1));
  EXPECT_TRUE(changed.at(1).partial);
  EXPECT_TRUE(changed.at(1).text.ends_with(",\"partial\":true}\n"));
  EXPECT_EQ(changed.at(7).bar, bar(7, 17, 17, 6, 6, 3, 2));
  EXPECT_FALSE(changed.at(7).partial);
  // The table has the whole of both.
  EXPECT_EQ(read_table(db_, "SELECT open, low, close, trades FROM ohlc_1s WHERE trades > 1 ORDER BY timestamp"),
            (TextTable{{"11.0", "5.0", "5.0", "2"}, {"17.0", "6.0", "6.0", "2"}}));
}

TEST_F(BarSinkTest, ALineOfABarReplacesWhatWasSent) {
  DaemonProcess daemon(folder_, listening({"--ohlc-sink", "file:bars.ndjson", "--idle-close-ms", "3600000"}));
  TcpClient client(daemon.port());
  const StoredBar first = bar(0, 5, 6, 4, 5.5, 10, 3);
  const StoredBar second = bar(0, 7, 8, 6, 7.5, 20, 4);
  client.send(bar_line(first));
  ASSERT_TRUE(wait_for_lines(1));
  client.send(bar_line(second));
  ASSERT_TRUE(wait_for_lines(2));
  client.send(trade_line("A", kSecond * 1000, 1, 1));  // changes nothing
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  const std::vector<BarLine> lines = bars();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].bar, first);
  EXPECT_EQ(lines[0].revision, 0u);
  EXPECT_EQ(lines[1].bar, second);
  EXPECT_GT(lines[1].revision, 0u);
}

// Lines, trades and late ones, of symbols that trade in every second and within the window: so all lines are whole.
TEST_F(BarSinkTest, AnotherDaemonMakesTheSameRowsOfThem) {
  std::mt19937_64 random(test_seed());
  std::string text;
  std::int64_t now_ms = kSecond * 1000;
  for (int i = 0; i < 8'000; ++i) {
    now_ms += static_cast<std::int64_t>(random() % 10);
    const std::int64_t age_ms = now_ms - kSecond * 1000;
    const std::int64_t back_ms =
        random() % 10 == 0 ? static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(age_ms + 1)) : 0;
    const std::string symbol = "S" + std::to_string(random() % 5);
    const double price = static_cast<double>(random() % 100'000) / 64;
    const double quantity = static_cast<double>(1 + random() % 1'000) / 997;
    if (random() % 60 == 0) {
      text += bar_line(
          {symbol, (now_ms - back_ms) / 1000 * 1'000'000, price, price + 2, price - 3, price + 1, quantity, 7, ""});
    } else {
      text += trade_line(symbol, now_ms - back_ms, price, quantity);
    }
  }
  {
    DaemonProcess daemon(folder_, listening({"--ohlc-sink", "file:bars.ndjson"}));
    TcpClient client(daemon.port());
    client.send(text);
    client.finish();
    EXPECT_EQ(daemon.stop(), 0);
  }
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> revisions;
  std::size_t amended = 0;
  for (const BarLine& line : bars()) {
    EXPECT_FALSE(line.partial) << line.text;
    const auto [last, is_new] = revisions.try_emplace({line.bar.symbol, line.bar.timestamp_us}, line.revision);
    if (is_new) continue;
    EXPECT_GT(line.revision, last->second) << line.text;
    last->second = line.revision;
    ++amended;
  }
  EXPECT_GT(amended, 50u);

  TempFolder other;
  DaemonProcess daemon(other, listening());
  TcpClient client(daemon.port());
  client.send(read_file(sink_));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
  expect_same_bars(read_bars(db_), read_bars(other / "bars.duckdb"));
}

TEST_F(BarSinkTest, APartIsRefusedByAnotherDaemon) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  client.send(R"({"type":"ohlc1s","symbol":"A","ts_ms":1700000000000,"open":1,"high":1,"low":1,"close":1,"volume":1,)"
              R"("trades":1,"revision":900,"partial":true})"
              "\n");
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"bad_field:partial", 1}}));
  EXPECT_EQ(count_bars(db_), 0);
}

}  // namespace
}  // namespace streamd
