#include "wire/ndjson_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace streamd {
namespace {

using std::string_literals::operator""s;

class NdjsonReaderTest : public ::testing::Test {
 protected:
  // "" when the line is accepted (it is in line_ then), else the reason's text.
  std::string reject(std::string_view line) {
    text_ = std::string(line) + std::string(kReadSlack, '"');  // the slack means nothing, whatever is in it
    line_ = reader_.read({text_.data(), line.size()});
    return line_.kind == LineKind::reject ? std::string(reject_text(line_.reject)) : "";
  }

  // A field's value is replaced in a good line; nullptr leaves the field out.
  std::string reject_trade(const std::string& field, const char* value) {
    return reject(with(field, value,
                       {{"type", "\"trade\""}, {"symbol", "\"A\""}, {"ts_ms", "1000"}, {"price", "1"}, {"qty", "1"}}));
  }
  std::string reject_bar(const std::string& field, const char* value) {
    return reject(with(field, value,
                       {{"type", "\"ohlc1s\""}, {"symbol", "\"A\""}, {"ts_ms", "1000"}, {"open", "2"}, {"high", "3"},
                        {"low", "1"}, {"close", "2"}, {"volume", "5"}, {"trades", "4"}}));
  }
  std::string reject_symbol(const std::string& json_string) {
    return reject_trade("symbol", ("\"" + json_string + "\"").c_str());
  }

  ParsedLine line_;

 private:
  using Members = std::vector<std::pair<std::string, std::string>>;
  static std::string with(const std::string& field, const char* value, Members members) {
    bool found = false;
    std::string line;
    for (const auto& [name, usual] : members) {
      if (name == field) found = true;
      if (name == field && value == nullptr) continue;
      line += (line.empty() ? "{\"" : ",\"") + name + "\":" + (name == field ? value : usual);
    }
    if (!found && value != nullptr) line += ",\"" + field + "\":" + value;
    return line + "}";
  }

  NdjsonReader reader_;
  std::string text_;
};

TEST_F(NdjsonReaderTest, ReadsATrade) {
  ASSERT_EQ(reject(R"({"type":"trade","symbol":"BTCUSDT","ts_ms":1700000000123,"price":95473.29,"qty":0.001})"), "");
  EXPECT_EQ(line_.kind, LineKind::trade);
  EXPECT_EQ(line_.symbol, "BTCUSDT");
  EXPECT_EQ(line_.event_time_ms, 1700000000123);
  EXPECT_EQ(line_.price, 95473.29);
  EXPECT_EQ(line_.quantity, 0.001);
}

TEST_F(NdjsonReaderTest, ReadsABar) {
  ASSERT_EQ(reject(R"({"type":"ohlc1s","symbol":"ES","ts_ms":1700000000000,"open":1.5,"high":2.25,"low":-1,)"
                   R"("close":2,"volume":12.0,"trades":4})"), "");
  EXPECT_EQ(line_.kind, LineKind::bar);
  EXPECT_EQ(line_.symbol, "ES");
  EXPECT_EQ(line_.event_time_ms, 1700000000000);
  EXPECT_EQ(line_.bar, (Ohlcv{1.5, 2.25, -1, 2, 12, 4}));
}

TEST_F(NdjsonReaderTest, AbsentTradesOfABarAreZero) {
  ASSERT_EQ(reject_bar("trades", "7"), "");
  EXPECT_EQ(line_.bar.trades, 7);
  ASSERT_EQ(reject_bar("trades", nullptr), "");
  EXPECT_EQ(line_.bar.trades, 0);
}

TEST_F(NdjsonReaderTest, KeyOrderWhiteSpaceAndCrLfAreFree) {
  ASSERT_EQ(reject("\t { \"qty\" : 2 ,\"price\":\t3, \"ts_ms\" :4 , \"symbol\": \"A\" , \"type\" : \"trade\" } \r"), "");
  EXPECT_EQ(line_.quantity, 2);
  EXPECT_EQ(line_.price, 3);
  EXPECT_EQ(line_.event_time_ms, 4);
  EXPECT_EQ(line_.symbol, "A");
}

TEST_F(NdjsonReaderTest, UnknownKeysOfAnyFormAreIgnored) {
  for (const char* value : {"1", "\"\"", "null", "true", "[]", "{}", R"([1,"2",[3,{"type":"ohlc1s"}]])",
                            R"({"price":7,"symbol":"B"})", "1e400", "99999999999999999999", R"("\ud83d\ude00")"}) {
    EXPECT_EQ(reject_trade("x", value), "") << value;
    EXPECT_EQ(line_.symbol, "A");
    EXPECT_EQ(line_.price, 1);
  }
}

TEST_F(NdjsonReaderTest, UnknownKeysMustBeJsonToo) {
  for (const char* value :
       {"", "nul", "True", "truefalse", "01", "1.", "+1", ".5", "-", "1e", "1e+", "0x1", "NaN", "Infinity", "'x'", "x",
        "1 2", "\"a\" \"b\"", "{} {}", "[", "[1", "[1,", "[1,]", "[,]", "[1 2]", "[1}", "{", "{]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "]", "}", ":", ",", "\"", "\"\\x\"",
        "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "[nul]", "{\"a\":01}", "{\"\\ud800\":1}",
        "1\\", "\"a\"b", "tru e", "/**/1"}) {
    EXPECT_EQ(reject_trade("x", value), "invalid_json") << value;
  }
}

TEST_F(NdjsonReaderTest, LineThatIsNoJsonObjectIsInvalid) {
  for (const std::string& line :
       {"x"s, "{"s, "}"s, "[]"s, "[{}]"s, "1"s, "\"trade\""s, "null"s, "true"s, "{}{}"s, "{},"s, "{}}"s, "{} x"s,
        ",{}"s, "{}\0"s, "\0{}"s, "{,}"s, "{\"type\"}"s, "{\"type\":}"s, "{\"type\":\"trade\""s, "{type:\"trade\"}"s,
        "{'type':'trade'}"s, "{}//"s, "{}\v"s}) {
    EXPECT_EQ(reject(line), "invalid_json") << line;
  }
}

TEST_F(NdjsonReaderTest, BadUtf8IsInvalidWhereverItStands) {
  for (const char* bytes : {"\x80", "\xff", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf",
                            "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_EQ(reject_symbol(bytes), "invalid_json");
    EXPECT_EQ(reject_trade("x", (std::string("\"") + bytes + "\"").c_str()), "invalid_json");
    EXPECT_EQ(reject_trade(bytes, "1"), "invalid_json");
    EXPECT_EQ(reject_trade("x", bytes), "invalid_json");
  }
}

TEST_F(NdjsonReaderTest, RawControlCharactersInStringsAreInvalid) {
  for (char c = 0; c < 0x20; ++c) {
    if (c == '\n') continue;
    const std::string line = R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1,"x":"a)"s + c + "b\"}";
    EXPECT_EQ(reject(line), "invalid_json") << static_cast<int>(c);
  }
}

TEST_F(NdjsonReaderTest, DeepNestingIsBoundedAndHarmless) {
  const auto nested = [](const std::string& open, const std::string& close, std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_EQ(reject_trade("x", nested("[", "]", 500).c_str()), "");
  EXPECT_EQ(reject_trade("x", nested("{\"a\":", "}", 500).c_str()), "");
  EXPECT_EQ(reject_trade("x", nested("[", "]", 100000).c_str()), "invalid_json");
  EXPECT_EQ(reject_trade("x", nested("{\"a\":", "}", 100000).c_str()), "invalid_json");
  EXPECT_EQ(reject(std::string(100000, '[')), "invalid_json");
  EXPECT_EQ(reject(R"({"x":)" + std::string(100000, '[')), "invalid_json");
}

TEST_F(NdjsonReaderTest, TypeMissingOrUnknown) {
  EXPECT_EQ(reject("{}"), "unknown_type");
  EXPECT_EQ(reject_trade("type", nullptr), "unknown_type");
  for (const char* value : {"\"\"", "\"Trade\"", "\"trade \"", "\"quote\"", "\"tradetrade\"", "null", "1", "true",
                            "[\"trade\"]", "{\"type\":\"trade\"}"}) {
    EXPECT_EQ(reject_trade("type", value), "unknown_type") << value;
  }
}

TEST_F(NdjsonReaderTest, EveryRequiredFieldMissingIsNamed) {
  for (const char* field : {"symbol", "ts_ms", "price", "qty"}) {
    EXPECT_EQ(reject_trade(field, nullptr), std::string("missing_field:") + field);
  }
  for (const char* field : {"symbol", "ts_ms", "open", "high", "low", "close", "volume"}) {
    EXPECT_EQ(reject_bar(field, nullptr), std::string("missing_field:") + field);
  }
}

TEST_F(NdjsonReaderTest, KeysAreExact) {
  EXPECT_EQ(reject(R"({"Type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1})"), "unknown_type");
  EXPECT_EQ(reject(R"({"type":"trade","symbol ":"A","ts_ms":1,"price":1,"qty":1})"), "missing_field:symbol");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts":1,"price":1,"qty":1})"), "missing_field:ts_ms");
}

TEST_F(NdjsonReaderTest, EveryFieldOfTheWrongJsonTypeIsNamed) {
  for (const char* value : {"null", "true", "false", "[]", "[1]", "{}", "{\"v\":1}"}) {
    for (const char* field : {"symbol", "ts_ms", "price", "qty"}) {
      EXPECT_EQ(reject_trade(field, value), std::string("bad_field:") + field) << value;
    }
    for (const char* field : {"symbol", "ts_ms", "open", "high", "low", "close", "volume", "trades"}) {
      EXPECT_EQ(reject_bar(field, value), std::string("bad_field:") + field) << value;
    }
  }
  EXPECT_EQ(reject_trade("symbol", "5"), "bad_field:symbol");
  EXPECT_EQ(reject_trade("ts_ms", "\"1000\""), "bad_field:ts_ms");
  EXPECT_EQ(reject_bar("trades", "\"4\""), "bad_field:trades");
}

TEST_F(NdjsonReaderTest, DecimalsMayBeStrings) {
  for (const char* field : {"price", "qty"}) EXPECT_EQ(reject_trade(field, "\"0.10\""), "") << field;
  EXPECT_EQ(line_.quantity, 0.1);
  for (const char* field : {"open", "high", "low", "close", "volume"}) {
    EXPECT_EQ(reject_bar(field, field == "high"s ? "\"3.5\"" : field == "low"s ? "\"0.5\"" : "\"1.5\""), "") << field;
  }
  EXPECT_EQ(reject_trade("price", "\"-95473.29\""), "");
  EXPECT_EQ(line_.price, -95473.29);
  EXPECT_EQ(reject_trade("price", "\"1.5e3\""), "");
  EXPECT_EQ(line_.price, 1500);
  EXPECT_EQ(reject_trade("price", R"("\u0031\u002e5")"), "");
  EXPECT_EQ(line_.price, 1.5);
}

TEST_F(NdjsonReaderTest, StringThatIsNotWhollyADecimalIsBad) {
  for (const char* value : {"\"\"", "\" 1\"", "\"1 \"", "\"1x\"", "\"+1\"", "\".5\"", "\"5.\"", "\"01\"", "\"1,000\"",
                            "\"0x10\"", "\"NaN\"", "\"inf\"", "\"-\"", "\"1e\"", "\"1\\u0000\"", "\"null\"",
                            "\"1e400\"", "\"-1e400\""}) {
    EXPECT_EQ(reject_trade("price", value), "bad_field:price") << value;
    EXPECT_EQ(reject_trade("qty", value), "bad_field:qty") << value;
    EXPECT_EQ(reject_bar("volume", value), "bad_field:volume") << value;
    EXPECT_EQ(reject_bar("open", value), "bad_field:open") << value;
  }
}

TEST_F(NdjsonReaderTest, NumbersAreTheNearestDoubles) {
  for (const char* text :
       {"0", "0.1", "95473.29", "9007199254740993", "18446744073709551616", "1e22", "1e23", "1E+2", "1e-2", "-5",
        "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324", "2.4703282292062328e-324", "1e-323",
        "1.7976931348623157e308", "1.7976931348623158e308", "9007199254740992.9999999999999999999999999999999999",
        "123456789012345678901234567890", "0.000000000000000000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_EQ(reject_trade("price", text), "") << text;
    EXPECT_EQ(line_.price, std::strtod(text, nullptr)) << text;
    EXPECT_EQ(reject_trade("price", ("\""s + text + "\"").c_str()), "") << text;
    EXPECT_EQ(line_.price, std::strtod(text, nullptr)) << text;
  }
}

TEST_F(NdjsonReaderTest, NumberBeyondADoublesRangeIsBadAndOneTooSmallIsZero) {
  const std::string nines(400, '9');
  for (const char* text : {"1e400", "-1e400", "1e309", "1.8e308", "1e99999999999999999999", nines.c_str()}) {
    EXPECT_EQ(reject_trade("price", text), "bad_field:price") << text;
  }
  const std::string tiny = "0." + std::string(400, '0') + "1";
  for (const char* text : {"1e-400", "1e-99999999999999999999", "2e-324", "0e999999", tiny.c_str()}) {
    EXPECT_EQ(reject_trade("price", text), "") << text;
    EXPECT_EQ(line_.price, 0) << text;
  }
  EXPECT_EQ(reject_trade("price", "-1e-400"), "");
  EXPECT_EQ(line_.price, 0);
}

TEST_F(NdjsonReaderTest, MinusZeroIsANumberThatIsNotNegative) {
  EXPECT_EQ(reject_trade("price", "-0"), "");
  EXPECT_TRUE(std::signbit(line_.price));
  EXPECT_EQ(reject_trade("qty", "-0.0"), "");
  EXPECT_EQ(line_.quantity, 0);
  EXPECT_EQ(reject_trade("ts_ms", "-0"), "");
  EXPECT_EQ(line_.event_time_ms, 0);
}

TEST_F(NdjsonReaderTest, PricesMayBeNegativeQuantitiesNot) {
  EXPECT_EQ(reject_trade("price", "-37.63"), "");
  EXPECT_EQ(reject_trade("qty", "0"), "");
  EXPECT_EQ(reject_trade("qty", "-1e-300"), "bad_field:qty");
  EXPECT_EQ(reject_trade("qty", "\"-1\""), "bad_field:qty");
}

TEST_F(NdjsonReaderTest, TimeIsAnIntegerWithinTheCalendar) {
  for (const char* good : {"0", "1", "1700000000123", "253402300799999"}) {
    EXPECT_EQ(reject_trade("ts_ms", good), "") << good;
    EXPECT_EQ(std::to_string(line_.event_time_ms), good);
  }
  for (const char* bad : {"-1", "253402300800000", "9223372036854775807", "9223372036854775808", "18446744073709551616",
                          "-9223372036854775808", "-9223372036854775809", "1.0", "1.5", "1e3", "1700000000000.0"}) {
    EXPECT_EQ(reject_trade("ts_ms", bad), "bad_field:ts_ms") << bad;
  }
}

TEST_F(NdjsonReaderTest, BarBeginsAtAWholeSecond) {
  EXPECT_EQ(reject_bar("ts_ms", "0"), "");
  EXPECT_EQ(reject_bar("ts_ms", "253402300799000"), "");
  for (const char* bad : {"1", "999", "1001", "253402300799999"}) EXPECT_EQ(reject_bar("ts_ms", bad), "bad_field:ts_ms");
}

TEST_F(NdjsonReaderTest, SymbolHasOneTo64BytesOfUtf8) {
  EXPECT_EQ(reject_symbol("A"), "");
  EXPECT_EQ(reject_symbol(std::string(64, 'S')), "");
  EXPECT_EQ(line_.symbol, std::string(64, 'S'));
  EXPECT_EQ(reject_symbol(""), "bad_field:symbol");
  EXPECT_EQ(reject_symbol(std::string(65, 'S')), "bad_field:symbol");
  // The limit is in bytes of the unescaped text: 32 times é, then one byte more.
  std::string accents;
  for (int i = 0; i < 32; ++i) accents += "\\u00e9";
  EXPECT_EQ(reject_symbol(accents), "");
  EXPECT_EQ(line_.symbol.size(), 64u);
  EXPECT_EQ(reject_symbol(accents + "x"), "bad_field:symbol");
}

TEST_F(NdjsonReaderTest, SymbolIsUnescaped) {
  EXPECT_EQ(reject_symbol(R"(\u0041\"\\\/B)"), "");
  EXPECT_EQ(line_.symbol, R"(A"\/B)");
  EXPECT_EQ(reject_symbol(R"(\ud83d\ude00)"), "");
  EXPECT_EQ(line_.symbol, "\xf0\x9f\x98\x80");
  EXPECT_EQ(reject_symbol("\xe5\x80\xa4"), "");
  EXPECT_EQ(line_.symbol, "\xe5\x80\xa4");
}

TEST_F(NdjsonReaderTest, SymbolHasNoControlCharacters) {
  for (const char* bad : {R"(\u0000)", R"(A\u0000B)", R"(\n)", R"(\t)", R"(\b)", R"(A\u001f)", R"(\u007f)", "\x7f",
                          R"(\u0080)", R"(\u009f)", "A\xc2\x80", "A\xc2\x9f"}) {
    EXPECT_EQ(reject_symbol(bad), "bad_field:symbol") << bad;
  }
  for (const char* good : {" ", R"(\u0020)", "~", "\xc2\xa0", R"(\u00a0)", "\xc3\x80"}) {
    EXPECT_EQ(reject_symbol(good), "") << good;
  }
}

TEST_F(NdjsonReaderTest, EscapedKeysAndTypesCount) {
  EXPECT_EQ(reject(R"({"\u0074ype":"tr\u0061de","symbo\u006c":"A","ts_ms":1,"price":1,"qty":1})"), "");
}

TEST_F(NdjsonReaderTest, OfARepeatedKeyTheLastCounts) {
  EXPECT_EQ(reject(R"({"type":"x","type":"trade","symbol":"A","symbol":"B","ts_ms":1,"price":1,"qty":1,"price":2})"), "");
  EXPECT_EQ(line_.symbol, "B");
  EXPECT_EQ(line_.price, 2);
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1,"price":null})"), "bad_field:price");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"price":null,"qty":1,"\u0070rice":1})"), "");
}

TEST_F(NdjsonReaderTest, InconsistentBarsAreRefused) {
  EXPECT_EQ(reject_bar("high", "2"), "");  // equal is consistent
  EXPECT_EQ(reject_bar("low", "2"), "");
  EXPECT_EQ(reject_bar("high", "1.999"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("low", "2.001"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("open", "3.001"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("close", "3.001"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("open", "0.999"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("close", "0.999"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("volume", "-0.001"), "inconsistent_bar");
  EXPECT_EQ(reject_bar("trades", "-1"), "inconsistent_bar");
}

TEST_F(NdjsonReaderTest, TradesOfABarAreAnInteger) {
  EXPECT_EQ(reject_bar("trades", "9223372036854775807"), "");
  EXPECT_EQ(line_.bar.trades, std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"9223372036854775808", "4.0", "4e0", "1.5"}) {
    EXPECT_EQ(reject_bar("trades", bad), "bad_field:trades") << bad;
  }
}

TEST_F(NdjsonReaderTest, PartialBarsAreRefused) {
  EXPECT_EQ(reject_bar("partial", "false"), "");
  for (const char* value : {"true", "null", "0", "\"false\"", "{}"}) {
    EXPECT_EQ(reject_bar("partial", value), "bad_field:partial") << value;
  }
  EXPECT_EQ(reject_trade("partial", "true"), "");  // only a bar line can be marked so
}

TEST_F(NdjsonReaderTest, ChecksGoFromTheWholeToTheField) {
  // JSON before type, even when the fault is at the very end.
  EXPECT_EQ(reject(R"({"type":"quote","x":1)"), "invalid_json");
  EXPECT_EQ(reject(R"({"type":"quote","symbol":5})"), "unknown_type");
  // Field by field in the contract's order, each missing before bad.
  EXPECT_EQ(reject(R"({"type":"trade","qty":null})"), "missing_field:symbol");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":5})"), "bad_field:symbol");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","price":null})"), "missing_field:ts_ms");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":-1})"), "bad_field:ts_ms");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"qty":-1})"), "missing_field:price");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"price":null})"), "bad_field:price");
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"price":1})"), "missing_field:qty");
  // A bar's own consistency comes last.
  const char* start = R"({"type":"ohlc1s","symbol":"A","ts_ms":0,"open":9,"high":1,"low":1,"close":1)";
  EXPECT_EQ(reject(start + R"(,"trades":null,"partial":true})"s), "missing_field:volume");
  EXPECT_EQ(reject(start + R"(,"volume":1,"trades":null,"partial":true})"s), "bad_field:trades");
  EXPECT_EQ(reject(start + R"(,"volume":1,"trades":-1,"partial":true})"s), "bad_field:partial");
  EXPECT_EQ(reject(start + R"(,"volume":1,"trades":1})"s), "inconsistent_bar");
}

TEST_F(NdjsonReaderTest, SequenceNumberIsAWholeNumberBelowTwoToThe63) {
  EXPECT_EQ(reject_trade("x", "1"), "");
  EXPECT_EQ(line_.seq_form, SeqForm::absent);
  for (const char* good :
       {"0", "1", "7000000000", "999999999999999999", "1000000000000000000", "9223372036854775807"}) {
    EXPECT_EQ(reject_trade("seq", good), "") << good;
    EXPECT_EQ(line_.seq_form, SeqForm::valid) << good;
    EXPECT_EQ(std::to_string(line_.seq), good);
    EXPECT_EQ(reject_bar("seq", good), "") << good;
    EXPECT_EQ(line_.seq_form, SeqForm::valid) << good;
    EXPECT_EQ(std::to_string(line_.seq), good);
  }
}

TEST_F(NdjsonReaderTest, BadSequenceNumberIsToldAndRefusesNothing) {
  for (const char* bad :
       {"9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "-1", "-0",
        "1.0", "1.5", "1e3", "0e0", "1E0", "\"1\"", "\"\"", "null", "true", "[]", "[1]", "{}", "{\"seq\":1}"}) {
    EXPECT_EQ(reject_trade("seq", bad), "") << bad;
    EXPECT_EQ(line_.seq_form, SeqForm::bad) << bad;
    EXPECT_EQ(reject_bar("seq", bad), "") << bad;
    EXPECT_EQ(line_.seq_form, SeqForm::bad) << bad;
    EXPECT_EQ(line_.bar.trades, 4);
  }
}

TEST_F(NdjsonReaderTest, SequenceNumberIsReadOfEveryObject) {
  for (const std::string& line :
       {R"({"seq":5})"s, R"({"type":"quote","seq":5})"s, R"({"seq":5,"type":"trade"})"s,
        R"({"type":"trade","symbol":"A","ts_ms":-1,"seq":5})"s,
        R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":-1,"seq":5})"s,
        R"({"type":"ohlc1s","symbol":"A","ts_ms":0,"open":9,"high":1,"low":1,"close":1,"volume":1,"seq":5})"s,
        R"({"type":"hello","seq":5})"s, R"({"type":"hello","ack":0,"seq":5})"s, R"({"type":"sync","seq":5})"s,
        R"({"type":"sync","id":"x","seq":5})"s, R"({"type":"ping","seq":5})"s}) {
    reject(line);
    EXPECT_EQ(line_.seq_form, SeqForm::valid) << line;
    EXPECT_EQ(line_.seq, 5u) << line;
    reject(std::string(line).replace(line.find("5"), 1, "null"));
    EXPECT_EQ(line_.seq_form, SeqForm::bad) << line;
  }
  for (const char* no_object :
       {R"({"seq":5)", R"([{"seq":5}])", R"({"seq":5}x)", R"({"seq":05})", R"("seq")", "5", R"({"seq":5,"x":nul})"}) {
    EXPECT_EQ(reject(no_object), "invalid_json") << no_object;
    EXPECT_EQ(line_.seq_form, SeqForm::absent) << no_object;
  }
  EXPECT_EQ(reject_trade("x", R"({"seq":5})"), "");
  EXPECT_EQ(line_.seq_form, SeqForm::absent);
}

TEST_F(NdjsonReaderTest, SequenceNumberFollowsTheRulesOfKeys) {
  reject(R"({"seq":1,"seq":2})");
  EXPECT_EQ(line_.seq, 2u);
  reject(R"({"seq":1,"se\u0071":null})");
  EXPECT_EQ(line_.seq_form, SeqForm::bad);
  reject("{ \"se\\u0071\" :\t3 }");
  EXPECT_EQ(line_.seq_form, SeqForm::valid);
  EXPECT_EQ(line_.seq, 3u);
  reject(R"({"Seq":1,"seq ":1})");
  EXPECT_EQ(line_.seq_form, SeqForm::absent);
}

TEST_F(NdjsonReaderTest, KeysOfControlLinesAreUnknownKeysOfDataLines) {
  for (const char* key : {"label", "producer", "session", "token", "ack", "id"}) {
    for (const char* value : {"null", "\"\"", "5", "{}"}) {
      EXPECT_EQ(reject_trade(key, value), "") << key;
      EXPECT_EQ(reject_bar(key, value), "") << key;
      EXPECT_EQ(reject("{\"type\":\"ping\",\""s + key + "\":" + value + "}"), "") << key;
    }
  }
}

TEST_F(NdjsonReaderTest, ABadLineLeavesNothingBehind) {
  EXPECT_EQ(reject(R"({"type":"trade","symbol":"A","ts_ms":1,"price":1,"qty":1,)"), "invalid_json");
  EXPECT_EQ(reject(R"({"type":"trade"})"), "missing_field:symbol");
  EXPECT_EQ(reject_trade("x", "[1]"), "");
  EXPECT_EQ(reject(R"({"symbol":"A"})"), "unknown_type");
  EXPECT_EQ(line_.seq_form, SeqForm::absent);
  EXPECT_EQ(reject_trade("seq", "7"), "");
  EXPECT_EQ(reject(R"({"type":"ping"})"), "");
  EXPECT_EQ(line_.seq_form, SeqForm::absent);
}

TEST_F(NdjsonReaderTest, LongLinesAreReadLikeShortOnes) {
  EXPECT_EQ(reject_trade("x", ("\"" + std::string(1 << 20, 'x') + "\"").c_str()), "");
  EXPECT_EQ(line_.symbol, "A");
  EXPECT_EQ(reject_trade("x", "1"), "");
}

TEST(IsBlankLine, OnlyJsonWhiteSpaceIsBlank) {
  for (const char* blank : {"", " ", "\t", "\r", " \t\r "}) EXPECT_TRUE(is_blank_line(blank));
  for (const char* other : {"x", " {", "\v", "\f", "\xc2\xa0"}) EXPECT_FALSE(is_blank_line(other));
  EXPECT_FALSE(is_blank_line("\0"s));
}

TEST(RejectText, EveryReasonHasItsName) {
  EXPECT_EQ(reject_text(RejectReason::invalid_json), "invalid_json");
  EXPECT_EQ(reject_text(RejectReason::line_too_long), "line_too_long");
  EXPECT_EQ(reject_text(RejectReason::too_many_symbols), "too_many_symbols");
  EXPECT_EQ(reject_text(RejectReason::unauthorized), "unauthorized");
  EXPECT_EQ(reject_text(RejectReason::inconsistent_bar), "inconsistent_bar");
  EXPECT_EQ(reject_text(RejectReason::bad_seq), "bad_field:seq");
  EXPECT_EQ(reject_text(RejectReason::too_many_producers), "too_many_producers");
}

}  // namespace
}  // namespace streamd
