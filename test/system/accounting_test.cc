// Nothing is lost and nothing is made up: among bad lines of every kind the good ones give exactly their bars, the
// account closes, and the reject file holds every refused line whole.
#include <gtest/gtest.h>
#include <signal.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "system/daemon_process.h"
#include "system/mixed_lines.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

std::vector<std::string> make_symbols(std::size_t count) {
  std::vector<std::string> symbols;
  for (std::size_t i = 0; i < count; ++i) symbols.push_back("SYM" + std::to_string(i));
  return symbols;
}

std::string base64_decoded(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t word = 0;
  int bits = 0;
  for (char c : text.substr(0, text.find('='))) {
    word = word << 6 | static_cast<std::uint32_t>(kAlphabet.find(c));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(word >> (bits -= 8) & 0xff);
  }
  return bytes;
}

bool is_utf8_text(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

// The records of a reject file by source, the pieces of long lines put together.
class RejectFile {
 public:
  explicit RejectFile(const std::string& path) {
    const std::string content = read_file(path);
    EXPECT_TRUE(content.empty() || content.back() == '\n');
    for (const std::string& record : lines_of(content)) add(record);
    for (const auto& [source, rest] : unfinished_) EXPECT_TRUE(rest.bytes.empty()) << "a long line has no last piece";
  }
  const std::map<std::string, std::vector<RejectedLine>>& by_source() const { return by_source_; }
  std::size_t in_pieces() const { return in_pieces_; }
  std::size_t in_base64() const { return in_base64_; }

 private:
  void add(const std::string& text) {
    simdjson::dom::element record = parser_.parse(text);
    const std::string source(record["source"].get_string().value());
    RejectedLine line;
    line.reason = std::string(record["reason"].get_string().value());
    line.offset = record["offset"].get_uint64().value();
    std::string_view bytes;
    if (record["line"].get_string().get(bytes) == simdjson::SUCCESS) {
      line.bytes = std::string(bytes);
    } else {
      line.bytes = base64_decoded(record["line_base64"].get_string().value());
      EXPECT_FALSE(is_utf8_text(line.bytes)) << "text as base64: " << text.substr(0, 200);
      ++in_base64_;
    }
    std::uint64_t piece = 0;
    if (record["piece"].get_uint64().get(piece) != simdjson::SUCCESS) {
      by_source_[source].push_back(std::move(line));
      return;
    }
    RejectedLine& whole = unfinished_[source];
    EXPECT_EQ(piece, next_piece_[source]++) << text.substr(0, 200);
    if (piece == 0) whole = line;
    if (piece > 0) whole.bytes += line.bytes;
    EXPECT_EQ(whole.offset, line.offset);
    EXPECT_EQ(line.reason, "line_too_long");
    in_pieces_ += piece == 1 ? 1 : 0;
    if (!record["last"].get_bool().value()) return;
    by_source_[source].push_back(std::move(whole));
    whole = {};
    next_piece_[source] = 0;
  }

  simdjson::dom::parser parser_;
  std::map<std::string, std::vector<RejectedLine>> by_source_;
  std::map<std::string, RejectedLine> unfinished_;
  std::map<std::string, std::uint64_t> next_piece_;
  std::size_t in_pieces_ = 0;
  std::size_t in_base64_ = 0;
};

void expect_rejected(const MixedLines& lines, const std::vector<RejectedLine>& kept) {
  ASSERT_EQ(kept.size(), lines.rejected().size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const RejectedLine& expected = lines.rejected()[i];
    const std::string context =
        "line at byte " + std::to_string(expected.offset) + ": " + expected.bytes.substr(0, 300);
    ASSERT_EQ(kept[i].offset, expected.offset) << context;
    ASSERT_EQ(kept[i].reason, expected.reason) << context;
    ASSERT_TRUE(kept[i].bytes == expected.bytes) << context;
    ASSERT_TRUE(lines.text().compare(kept[i].offset, kept[i].bytes.size(), kept[i].bytes) == 0) << context;
  }
}

std::map<std::string, std::uint64_t> by_reason(const std::vector<const MixedLines*>& streams) {
  std::map<std::string, std::uint64_t> counts;
  for (const MixedLines* lines : streams) {
    for (const RejectedLine& line : lines->rejected()) ++counts[line.reason];
  }
  return counts;
}

void expect_account(const DaemonProcess& daemon, const std::vector<const MixedLines*>& streams) {
  const Account account = daemon.account();
  std::uint64_t lines = 0, trades = 0, bars = 0;
  for (const MixedLines* stream : streams) {
    lines += stream->lines();
    trades += stream->trades();
    bars += stream->bars();
  }
  EXPECT_TRUE(account.is_closed());
  EXPECT_EQ(account["lines"], lines);
  EXPECT_EQ(account["trades"], trades);
  EXPECT_EQ(account["ohlc"], bars);
  EXPECT_EQ(account["control"], 0u);
  EXPECT_EQ(account["duplicates"], 0u);
  const auto expected = by_reason(streams);
  EXPECT_EQ(account.rejected(), expected);
  EXPECT_EQ(expected.size(), MixedLines::reasons().size()) << "not every reason occurred; another seed";
}

// The log does not grow with the bad lines.
void expect_short_log(const DaemonProcess& daemon) {
  EXPECT_LT(lines_of(daemon.errors()).size(), 60u);
}

class AccountingTest : public testing::Test {
 protected:
  AccountingTest() : seed_(test_seed()) {}
  Arguments limits(std::size_t symbols) const {
    return {"--max-line-bytes", std::to_string(MixedLines::kMaxLineBytes), "--max-symbols", std::to_string(symbols)};
  }

  const std::uint64_t seed_;
  TempFolder folder_;
  BarOracle oracle_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(AccountingTest, AMillionLinesWithBadOnesAmongThem) {
  MixedLines lines(seed_, make_symbols(40), "tail:lines.ndjson", oracle_);
  lines.add_prelude();
  lines.add(1'000'000, 0.02);
  lines.add_torn_end();
  write_file(folder_ / "lines.ndjson", lines.text());

  Arguments arguments = replaying(limits(40));
  arguments.insert(arguments.end(), {"--tail", "lines.ndjson", "--reject-file", "kept/rejected.ndjson"});
  DaemonProcess daemon(folder_, arguments);
  EXPECT_EQ(daemon.wait_exit(milliseconds(300'000)), 0);
  expect_account(daemon, {&lines});
  EXPECT_EQ(daemon.account()["trades_superseded"], oracle_.superseded_trades());
  expect_short_log(daemon);
  expect_same_bars(oracle_.bars(), read_bars(db_));

  const RejectFile kept(folder_ / "kept/rejected.ndjson");
  ASSERT_EQ(kept.by_source().size(), 1u);
  EXPECT_EQ(kept.by_source().begin()->first, "lines.ndjson");
  expect_rejected(lines, kept.by_source().begin()->second);
  EXPECT_GT(kept.in_pieces(), 0u);
  EXPECT_GT(kept.in_base64(), 0u);
}

TEST_F(AccountingTest, SeveralConnectionsAtOnce) {
  constexpr std::size_t kConnections = 4;
  const std::vector<std::string> symbols = make_symbols(40);
  MixedLines prelude(seed_, symbols, "", oracle_);
  prelude.add_prelude();
  std::vector<std::unique_ptr<MixedLines>> streams;
  for (std::size_t i = 0; i < kConnections; ++i) {
    std::vector<std::string> own(symbols.begin() + static_cast<std::ptrdiff_t>(i * 10),
                                 symbols.begin() + static_cast<std::ptrdiff_t>(i * 10 + 10));
    streams.push_back(std::make_unique<MixedLines>(seed_ + 1 + i, own, "", oracle_));
    streams.back()->add(25'000, 0.05);
    streams.back()->add_torn_end();
  }

  Arguments arguments = listening(limits(40));
  arguments.insert(arguments.end(), {"--reject-file", "rejected.ndjson"});
  DaemonProcess daemon(folder_, arguments);
  const std::uint16_t port = daemon.port();
  {
    TcpClient client(port);
    client.send(prelude.text());
    client.finish();
  }
  std::vector<std::string> names(kConnections);
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < kConnections; ++i) {
    senders.emplace_back([&, i] {
      std::mt19937_64 random(seed_ + i);
      try {
        TcpClient client(port);
        names[i] = "tcp:127.0.0.1:" + std::to_string(client.local_port());
        client.send_in_pieces(streams[i]->text(), random);
        client.finish();
      } catch (const std::exception& error) {
        ADD_FAILURE() << "sender " << i << ": " << error.what();
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(daemon.stop(), 0);

  std::vector<const MixedLines*> all = {&prelude};
  for (const auto& stream : streams) all.push_back(stream.get());
  expect_account(daemon, all);
  EXPECT_EQ(daemon.account()["trades_superseded"], oracle_.superseded_trades());
  expect_short_log(daemon);
  expect_same_bars(oracle_.bars(), read_bars(db_));
  const RejectFile kept(folder_ / "rejected.ndjson");
  EXPECT_EQ(kept.by_source().size(), kConnections);
  for (std::size_t i = 0; i < kConnections; ++i) {
    SCOPED_TRACE(names[i]);
    ASSERT_TRUE(kept.by_source().contains(names[i]));
    expect_rejected(*streams[i], kept.by_source().at(names[i]));
  }
}

TEST_F(AccountingTest, BlankLinesDoNotCount) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  client.send("\n\n  \n\r\n\t\n" + bar_line(flat_bar("A", 1'700'000'000, 5)) + "\n \n   ");
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["lines"], 1u);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
  expect_same_bars({flat_bar("A", 1'700'000'000, 5)}, read_bars(db_));
}

TEST_F(AccountingTest, TheRejectFileIsAppendedToAndReopenedOnSighup) {
  DaemonProcess daemon(folder_, listening({"--reject-file", "rejected.ndjson"}));
  const std::uint16_t port = daemon.port();
  const auto send = [&](const std::string& line) {
    TcpClient client(port);
    client.send(line);
    client.finish();
  };
  write_file(folder_ / "rejected.ndjson", "{\"old\":true}\n");
  send("first\n");
  ASSERT_TRUE(eventually([&] { return read_file(folder_ / "rejected.ndjson").find("first") != std::string::npos; }));
  ASSERT_EQ(::rename((folder_ / "rejected.ndjson").c_str(), (folder_ / "rotated").c_str()), 0);
  daemon.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return ::access((folder_ / "rejected.ndjson").c_str(), F_OK) == 0; }));
  send("second\n");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(lines_of(read_file(folder_ / "rotated")).size(), 2u);
  const auto records = lines_of(read_file(folder_ / "rejected.ndjson"));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_NE(records[0].find("\"line\":\"second\""), std::string::npos) << records[0];
}

TEST_F(AccountingTest, RejectedLinesThatCannotBeKeptAreNotLostInSilence) {
  write_file(folder_ / "lines.ndjson", "bad\n");
  DaemonProcess daemon(folder_, replaying({"--tail", "lines.ndjson", "--reject-file", "/dev/full"}));
  EXPECT_EQ(daemon.wait_exit(), 1);
  EXPECT_NE(daemon.errors().find("/dev/full"), std::string::npos);
}

}  // namespace
}  // namespace streamd
