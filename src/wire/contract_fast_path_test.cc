#include "wire/contract_fast_path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "support/contract_lines.h"
#include "support/reader_agreement.h"

namespace streamd {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 20;

class ContractFastPathTest : public ::testing::Test {
 protected:
  // Reads `line` followed by a newline and by slack that is full of digits. True when it was taken.
  bool read(const std::string& line, std::size_t max_line_bytes = kNoLimit) {
    text_ = line + "\n" + std::string(kReadSlack, '7');
    const char* next = read_contract_line(text_.data(), max_line_bytes, parsed_);
    if (next == nullptr) return false;
    EXPECT_EQ(next, text_.data() + line.size() + 1);
    return true;
  }

  std::string text_;
  ParsedLine parsed_;
};

std::string trade(const std::string& symbol, const std::string& ts_ms, const std::string& price,
                  const std::string& qty) {
  return "{\"type\":\"trade\",\"symbol\":\"" + symbol + "\",\"ts_ms\":" + ts_ms + ",\"price\":" + price +
         ",\"qty\":" + qty + "}";
}

std::string priced(const std::string& price) { return trade("A", "1", price, "1"); }

TEST_F(ContractFastPathTest, TakesTheContractsTradeLine) {
  ASSERT_TRUE(read(R"({"type":"trade","symbol":"BTCUSDT","ts_ms":1700000000123,"price":95473.29,"qty":0.001})"));
  EXPECT_EQ(parsed_.kind, LineKind::trade);
  EXPECT_EQ(parsed_.symbol, "BTCUSDT");
  EXPECT_EQ(parsed_.event_time_ms, 1700000000123);
  EXPECT_EQ(parsed_.price, 95473.29);
  EXPECT_EQ(parsed_.quantity, 0.001);
}

TEST_F(ContractFastPathTest, TakesTheContractsBarLine) {
  ASSERT_TRUE(read(R"({"type":"ohlc1s","symbol":"ES","ts_ms":1700000000000,"open":1.5,"high":2.25,"low":-1,)"
                   R"("close":2,"volume":12.0,"trades":4})"));
  EXPECT_EQ(parsed_.kind, LineKind::bar);
  EXPECT_EQ(parsed_.symbol, "ES");
  EXPECT_EQ(parsed_.event_time_ms, 1700000000000);
  EXPECT_EQ(parsed_.bar, (Ohlcv{1.5, 2.25, -1, 2, 12, 4}));
}

TEST_F(ContractFastPathTest, AbsentTradesOfABarAreZero) {
  parsed_.bar.trades = 9;
  ASSERT_TRUE(read(R"({"type":"ohlc1s","symbol":"ES","ts_ms":0,"open":1,"high":1,"low":1,"close":1,"volume":0})"));
  EXPECT_EQ(parsed_.bar, (Ohlcv{1, 1, 1, 1, 0, 0}));
}

// What the lines of a form may end with, before a sequence number.
constexpr const char* kSequencedForms[] = {
    R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":2.5)",
    R"({"type":"ohlc1s","symbol":"ES","ts_ms":5000,"open":1,"high":2,"low":1,"close":2,"volume":12.0,"trades":4)",
    R"({"type":"ohlc1s","symbol":"ES","ts_ms":5000,"open":1,"high":2,"low":1,"close":2,"volume":12.0)"};

TEST_F(ContractFastPathTest, TakesASequenceNumberAsTheLastMember) {
  for (const std::string form : kSequencedForms) {
    for (const char* seq : {"0", "1", "9", "10", "1234567", "12345678", "123456789", "1234567890123456",
                            "12345678901234567", "100000000000000000", "999999999999999999"}) {
      ASSERT_TRUE(read(form + ",\"seq\":" + seq + "}")) << form << seq;
      EXPECT_EQ(parsed_.seq_form, SeqForm::valid);
      EXPECT_EQ(std::to_string(parsed_.seq), seq);
    }
  }
  EXPECT_EQ(parsed_.bar, (Ohlcv{1, 2, 1, 2, 12, 0}));
}

TEST_F(ContractFastPathTest, TellsOfEachLineWhetherItHasASequenceNumber) {
  for (const std::string form : kSequencedForms) {
    ASSERT_TRUE(read(form + ",\"seq\":7}"));
    EXPECT_EQ(parsed_.seq_form, SeqForm::valid);
    ASSERT_TRUE(read(form + "}"));
    EXPECT_EQ(parsed_.seq_form, SeqForm::absent);
    parsed_.seq_form = SeqForm::bad;
    ASSERT_TRUE(read(form + "}"));
    EXPECT_EQ(parsed_.seq_form, SeqForm::absent);
  }
}

TEST_F(ContractFastPathTest, LeavesEveryOtherSequenceNumber) {
  for (const std::string form : kSequencedForms) {
    for (const char* seq : {"", "1000000000000000000", "9223372036854775807", "9223372036854775808",
                            "18446744073709551617", "184467440737095516160001", "00", "01", "-1", "-0", "+1", "1.0", "1.",
                            "1e3", "0x1", "\"1\"", "null", "true", "[1]", "{}", " 1", "1 ", "1,", "1}", "1,\"x\":1",
                            "1,\"seq\":2", "1,\"trades\":4", "1\r"}) {
      EXPECT_FALSE(read(form + ",\"seq\":" + seq + "}")) << form << seq;
    }
    for (const char* rest : {",\"seq\"}", ",\"seq\":1", ",\"seq\":1}}", ",\"Seq\":1}", ",\"seq\" :1}", ", \"seq\":1}",
                             ",\"sex\":1}", ",\"id\":1}", ",\"t\":1}", ",}", ",", ",\"", ",\"t"}) {
      EXPECT_FALSE(read(form + rest)) << form << rest;
    }
  }
  EXPECT_FALSE(read(R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"seq":1,"qty":1})"));
  EXPECT_FALSE(read(R"({"type":"trade","seq":1,"symbol":"A","ts_ms":1,"price":1,"qty":1})"));
}

TEST_F(ContractFastPathTest, LeavesControlLines) {
  for (const char* line : {R"({"type":"hello"})", R"({"type":"sync","id":"x"})", R"({"type":"ping"})",
                           R"({"type":"hello","label":"l","producer":"p","session":"s","token":"t","ack":true})"}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

TEST_F(ContractFastPathTest, TakesEverySymbolLengthUpTo63) {
  for (std::size_t length = 1; length <= 63; ++length) {
    const std::string symbol(length, 'S');
    ASSERT_TRUE(read(trade(symbol, "1", "1", "1"))) << length;
    EXPECT_EQ(parsed_.symbol, symbol);
  }
}

TEST_F(ContractFastPathTest, TakesEveryPlainAsciiSymbol) {
  for (char c = 0x20; c < 0x7f; ++c) {
    if (c == '"' || c == '\\') continue;
    const std::string symbol = std::string("AB") + c + "D";
    ASSERT_TRUE(read(trade(symbol, "1", "1", "1"))) << c;
    EXPECT_EQ(parsed_.symbol, symbol);
  }
}

TEST_F(ContractFastPathTest, LeavesSymbolsThatAreNotPlain) {
  // At every place of a 16 byte block, and in the second block.
  for (std::size_t at = 0; at < 40; ++at) {
    for (int c = 0; c < 256; ++c) {
      if ((c >= 0x20 && c < 0x7f && c != '"' && c != '\\') || c == '\n') continue;
      std::string symbol(40, 'S');
      symbol[at] = static_cast<char>(c);
      EXPECT_FALSE(read(trade(symbol, "1", "1", "1"))) << "byte " << c << " at " << at;
    }
  }
  EXPECT_FALSE(read(trade("", "1", "1", "1")));
  EXPECT_FALSE(read(trade(std::string(64, 'S'), "1", "1", "1")));
  EXPECT_FALSE(read(trade(std::string(65, 'S'), "1", "1", "1")));
  EXPECT_FALSE(read(trade(std::string(500, 'S'), "1", "1", "1")));
}

TEST_F(ContractFastPathTest, TimesReachToTheEndOfTheYear9999) {
  ASSERT_TRUE(read(trade("A", "0", "1", "1")));
  EXPECT_EQ(parsed_.event_time_ms, 0);
  ASSERT_TRUE(read(trade("A", "253402300799999", "1", "1")));
  EXPECT_EQ(parsed_.event_time_ms, kMaxEventTimeMs);
  for (const char* bad : {"253402300800000", "999999999999999", "1000000000000000", "99999999999999999999", "-1", "-0",
                          "00", "01", "1.0", "1e3", "\"1\"", "", " 1", "null"}) {
    EXPECT_FALSE(read(trade("A", bad, "1", "1"))) << bad;
  }
}

TEST_F(ContractFastPathTest, NumbersAreTheNearestDoubles) {
  for (const char* text :
       {"0", "0.0", "1", "10", "0.1", "0.3", "123456.789", "95473.29", "0.00000001", "9007199254740992",
        "9007199254740993", "9007199254740991.5", "900719925474099.3", "0.9007199254740993", "18446744073709551615",
        "18446744073709551616", "18446744073709551617", "1844674407370955161.7", "9999999999999999999",
        "99999999999999999999", "184467440737095516160001", "0.1844674407370955161600001", "1.7976931348623157",
        "2.2250738585072014", "123456789012345678901234567890.123456789", "0.000000000000000000000000000000000123",
        "5.00000000000000000000000000000000000000000000000000000000000001"}) {
    ASSERT_TRUE(read(priced(text))) << text;
    EXPECT_EQ(parsed_.price, std::strtod(text, nullptr)) << text;
    const std::string negative = std::string("-") + text;
    ASSERT_TRUE(read(priced(negative))) << negative;
    EXPECT_EQ(parsed_.price, std::strtod(negative.c_str(), nullptr)) << negative;
  }
}

TEST_F(ContractFastPathTest, MinusZeroKeepsItsSign) {
  ASSERT_TRUE(read(priced("-0")));
  EXPECT_TRUE(std::signbit(parsed_.price));
  EXPECT_EQ(parsed_.price, 0.0);
}

TEST_F(ContractFastPathTest, LargestDoubleIsTakenAndOverflowIsLeft) {
  const std::string nines(309, '9');  // beyond 1.797e308
  EXPECT_FALSE(read(priced(nines)));
  ASSERT_TRUE(read(priced("1" + std::string(308, '0'))));
  EXPECT_EQ(parsed_.price, 1e308);
}

TEST_F(ContractFastPathTest, LeavesEveryOtherSpellingOfANumber) {
  for (const char* text : {"", "-", ".5", "5.", "-.5", "01", "-01", "00.5", "+1", "1e5", "1E5", "1.5e-3", "0x10", "1_0",
                           "1,0", "NaN", "Infinity", "null", "true", "\"1.5\"", "[1]", "{}", " 1", "1 ", "1.2.3",
                           "--1", "1-", "1."}) {
    EXPECT_FALSE(read(priced(text))) << text;
    EXPECT_FALSE(read(trade("A", "1", "1", text))) << text;
  }
}

TEST_F(ContractFastPathTest, LeavesANegativeQuantity) {
  EXPECT_FALSE(read(trade("A", "1", "1", "-0.001")));
  EXPECT_TRUE(read(trade("A", "1", "-1", "0")));
}

TEST_F(ContractFastPathTest, LeavesOtherFormsOfAValidLine) {
  for (const char* line :
       {R"({"type":"trade","symbol":"A","ts_ms":1,"qty":1,"price":1})",
        R"({"symbol":"A","type":"trade","ts_ms":1,"price":1,"qty":1})",
        R"({ "type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        R"({"type": "trade","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1 })",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1} )",
        R"( {"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1,"id":7})",
        R"({"type":"tr\u0061de","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        "{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":1,\"price\":1,\"qty\":1}\r"}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

TEST_F(ContractFastPathTest, LeavesLinesThatAreWrong) {
  for (const char* line :
       {"", "\r", "{", "{}", R"({"type":)", R"({"type":"trade")", R"({"type":"trade","symbol":"A)",
        R"({"type":"trade","symbol":"A","ts_ms":1})", R"({"type":"trade","symbol":"A","ts_ms":1,"price":1})",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1)",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1}})",
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1},)",
        R"({"type":"quote","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        R"({"type":"tradeX","symbol":"A","ts_ms":1,"price":1,"qty":1})",
        R"([{"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1}])"}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

TEST_F(ContractFastPathTest, LeavesBarsThatAreNotWholeOrInconsistent) {
  const auto bar = [](const char* ts_ms, const char* rest) {
    return std::string(R"({"type":"ohlc1s","symbol":"ES","ts_ms":)") + ts_ms + "," + rest + "}";
  };
  const char* good = R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":1)";
  ASSERT_TRUE(read(bar("5000", good)));
  EXPECT_FALSE(read(bar("5001", good)));
  for (const char* bad :
       {R"("open":4,"high":3,"low":1,"close":2,"volume":1,"trades":1)",
        R"("open":2,"high":3,"low":1,"close":4,"volume":1,"trades":1)",
        R"("open":2,"high":3,"low":2.5,"close":3,"volume":1,"trades":1)",
        R"("open":3,"high":3,"low":2.5,"close":2,"volume":1,"trades":1)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":-1,"trades":1)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":-1)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":1.0)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":01)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":1000000000000000)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"trades":1,"partial":true)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,"partial":false)",
        R"("open":2,"low":1,"high":3,"close":2,"volume":1,"trades":1)",
        R"("open":2,"high":3,"low":1,"close":2,"volume":1,)", R"("open":2,"high":3,"low":1,"close":2)"}) {
    EXPECT_FALSE(read(bar("5000", bad))) << bad;
  }
}

TEST_F(ContractFastPathTest, LineLimitDoesNotCountTheNewline) {
  const std::string line = priced("1.25");
  EXPECT_TRUE(read(line, line.size()));
  EXPECT_FALSE(read(line, line.size() - 1));
  const std::string sequenced = line.substr(0, line.size() - 1) + ",\"seq\":12345}";
  EXPECT_TRUE(read(sequenced, sequenced.size()));
  EXPECT_FALSE(read(sequenced, sequenced.size() - 1));
}

TEST_F(ContractFastPathTest, ReadsOneLineOfMany) {
  const std::string first = priced("1");
  const std::string second = priced("2");
  const std::string text = first + "\n" + second + "\n" + std::string(kReadSlack, '7');
  const char* next = read_contract_line(text.data(), kNoLimit, parsed_);
  ASSERT_EQ(next, text.data() + first.size() + 1);
  next = read_contract_line(next, kNoLimit, parsed_);
  ASSERT_EQ(next, text.data() + first.size() + second.size() + 2);
  EXPECT_EQ(parsed_.price, 2);
}

// A line that stops anywhere is left, whatever follows its newline.
TEST_F(ContractFastPathTest, LeavesEveryTornLine) {
  for (const std::string form : kSequencedForms) {
    const std::string whole = form + ",\"seq\":12345678901}";
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::string rest = whole.substr(length);
      text_ = whole.substr(0, length) + "\n" + rest + "\n" + std::string(kReadSlack, '7');
      EXPECT_EQ(read_contract_line(text_.data(), kNoLimit, parsed_), nullptr) << length;
    }
  }
}

constexpr std::uint64_t kSeeds = 300;

TEST(ContractFastPathDifferential, EveryCanonicalLineIsTakenAndAgreesWithTheGeneralReader) {
  NdjsonReader reader;
  std::uint64_t sequenced = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ContractLines lines(seed);
    for (int i = 0; i < 250; ++i) {
      const std::string line = lines.canonical();
      const ReaderAgreement agreement = compare_readers(reader, line);
      ASSERT_TRUE(agreement.taken) << "seed " << seed << ", line " << i << ": " << line;
      ASSERT_EQ(agreement.difference, "") << "seed " << seed << ", line " << i << ": " << line;
      if (agreement.sequenced) ++sequenced;
    }
  }
  EXPECT_GT(sequenced, kSeeds * 50);
  EXPECT_LT(sequenced, kSeeds * 200);
}

TEST(ContractFastPathDifferential, WhatIsTakenOfNearlyCanonicalLinesAgreesWithTheGeneralReader) {
  NdjsonReader reader;
  std::uint64_t taken = 0;
  std::uint64_t sequenced = 0;
  std::uint64_t left = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ContractLines lines(seed);
    for (int i = 0; i < 500; ++i) {
      const std::string line = lines.near_canonical();
      const ReaderAgreement agreement = compare_readers(reader, line);
      ASSERT_EQ(agreement.difference, "") << "seed " << seed << ", line " << i << ": " << line;
      ++(agreement.taken ? taken : left);
      if (agreement.sequenced) ++sequenced;
    }
  }
  // The lines are near the border on both sides of it, or this test tests nothing.
  EXPECT_GT(taken, kSeeds * 50);
  EXPECT_GT(sequenced, kSeeds * 50);
  EXPECT_GT(left, kSeeds * 50);
}

}  // namespace
}  // namespace streamd
