// What the maker notes is compared with what its own lines say to the daemon's general reader.
#include "probe/line_maker.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "probe/bad_lines.h"
#include "wire/ndjson_reader.h"

namespace streamd::probe {
namespace {

constexpr std::int64_t kFirstMs = 1'700'000'000'000;

LoadOptions options_of(LineMode mode) {
  LoadOptions options;
  options.mode = mode;
  options.symbols = {"BTCUSDT", "ES", "Ünï", "NQ", "A"};
  options.keeps_bars = true;
  return options;
}

// Ten seconds of it, in pieces.
std::string lines_of(LineMaker& maker, std::uint64_t lines_a_piece = 50) {
  LineBuffer buffer;
  for (std::int64_t ms = 0; ms < 10'000; ms += 40) maker.make(buffer, lines_a_piece, kFirstMs + ms, kFirstMs);
  return std::string(buffer.view());
}

// Whole lines, without newlines.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct Said {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t late = 0;
  std::uint64_t last_seq = 0;
  struct Bar {
    std::int64_t first_ms, last_ms;
    double open, high, low, close, volume;
    std::int64_t trades;
  };
  std::map<std::pair<std::string, std::int64_t>, Bar> bars;
};

Said said_by(const std::string& text) {
  Said said;
  NdjsonReader reader;
  std::int64_t newest_ms = 0;
  for (std::string line : split(text)) {
    const std::size_t size = line.size();
    line.resize(size + kReadSlack);
    const ParsedLine parsed = reader.read(std::string_view(line).substr(0, size));
    if (parsed.kind == LineKind::reject) {
      ++said.bad;
      continue;
    }
    ++said.good;
    if (parsed.seq_form == SeqForm::valid) {
      EXPECT_EQ(parsed.seq, said.last_seq + 1);
      said.last_seq = parsed.seq;
    }
    const std::int64_t ms = parsed.event_time_ms;
    said.late += ms < newest_ms ? 1 : 0;
    newest_ms = std::max(newest_ms, ms);
    const std::pair key(std::string(parsed.symbol), ms / 1000);
    if (parsed.kind == LineKind::bar) {
      const auto& bar = parsed.bar;
      said.bars[key] = {ms, ms, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades};
      continue;
    }
    const double price = parsed.price;
    const auto [at, is_new] = said.bars.try_emplace(key, Said::Bar{ms, ms, price, price, price, price, 0, 0});
    Said::Bar& bar = at->second;
    if (ms < bar.first_ms) {
      bar.first_ms = ms;
      bar.open = price;
    }
    if (ms >= bar.last_ms) {
      bar.last_ms = ms;
      bar.close = price;
    }
    bar.high = std::max(bar.high, price);
    bar.low = std::min(bar.low, price);
    bar.volume += parsed.quantity;
    ++bar.trades;
  }
  return said;
}

void expect_same(const LineMaker& maker, const Said& said) {
  std::size_t bars = 0;
  for (const auto& [second, of_symbols] : maker.rows().by_second()) {
    for (std::size_t symbol = 0; symbol < of_symbols.size(); ++symbol) {
      const ExpectedBar& noted = of_symbols[symbol];
      if (!noted.exists) continue;
      ++bars;
      const auto at = said.bars.find({maker.symbols()[symbol], second});
      ASSERT_NE(at, said.bars.end());
      EXPECT_EQ(static_cast<double>(noted.open_cents) / 100, at->second.open);
      EXPECT_EQ(static_cast<double>(noted.high_cents) / 100, at->second.high);
      EXPECT_EQ(static_cast<double>(noted.low_cents) / 100, at->second.low);
      EXPECT_EQ(static_cast<double>(noted.close_cents) / 100, at->second.close);
      EXPECT_EQ(static_cast<double>(noted.volume_eighths) / 8, at->second.volume);
      EXPECT_EQ(noted.trades, at->second.trades);
    }
  }
  EXPECT_EQ(bars, said.bars.size());
}

TEST(LineMaker, NotesWhatItsTradesSay) {
  LineMaker maker(options_of(LineMode::trade), 0);
  const Said said = said_by(lines_of(maker));
  EXPECT_EQ(said.good, 12'500);
  EXPECT_EQ(said.bad + said.late + said.last_seq, 0);
  EXPECT_EQ(said.bars.size(), 50);
  expect_same(maker, said);
}

TEST(LineMaker, NotesWhatItsBarsSay) {
  LoadOptions options = options_of(LineMode::ohlc1s);
  options.disorder = 0.1;
  LineMaker maker(options, 0);
  const Said said = said_by(lines_of(maker));
  EXPECT_EQ(said.good, 12'500);
  EXPECT_EQ(said.bad, 0);
  expect_same(maker, said);
}

TEST(LineMaker, DisorderAndBadLinesAreTheSharesAskedFor) {
  LoadOptions options = options_of(LineMode::trade);
  options.disorder = 0.2;
  options.bad = 0.05;
  options.ack = true;
  LineMaker maker(options, 0);
  const std::string text = lines_of(maker, 400);
  const Said said = said_by(text);
  EXPECT_EQ(said.good + said.bad, 100'000);
  EXPECT_EQ(said.bad, maker.bad_lines());
  EXPECT_EQ(said.last_seq, maker.last_seq());
  EXPECT_EQ(said.last_seq, said.good) << "bad lines have no number";
  EXPECT_NEAR(static_cast<double>(said.bad), 5'000, 400);
  EXPECT_NEAR(static_cast<double>(said.late) / static_cast<double>(said.good), 0.2, 0.03);
  expect_same(maker, said);
}

TEST(LineMaker, EachBadLineIsRefused) {
  NdjsonReader reader;
  std::set<std::string> reasons;
  for (const std::string_view bad : kBadLines) {
    ASSERT_TRUE(bad.ends_with('\n'));
    std::string line(bad.substr(0, bad.size() - 1));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const std::size_t size = line.size();
    line.resize(size + kReadSlack);
    EXPECT_EQ(reader.read(std::string_view(line).substr(0, size)).kind, LineKind::reject) << bad;
  }
}

TEST(LineMaker, TheSameSeedMakesTheSameLines) {
  LoadOptions options = options_of(LineMode::trade);
  options.disorder = 0.3;
  options.bad = 0.1;
  LineMaker one(options, 0), same(options, 0);
  const std::string text = lines_of(one);
  EXPECT_EQ(text, lines_of(same));
  options.seed = 2;
  LineMaker other(options, 0);
  EXPECT_NE(text, lines_of(other));
}

TEST(LineMaker, ASymbolStaysOnOneConnection) {
  LoadOptions options = options_of(LineMode::trade);
  options.connections = 2;
  LineMaker first(options, 0), second(options, 1);
  EXPECT_EQ(first.symbols(), (std::vector<std::string>{"BTCUSDT", "Ünï", "A"}));
  EXPECT_EQ(second.symbols(), (std::vector<std::string>{"ES", "NQ"}));
  expect_same(second, said_by(lines_of(second)));
}

}  // namespace
}  // namespace streamd::probe
