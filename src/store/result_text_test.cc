#include "store/result_text.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

std::string written(ResultFormat format, const std::vector<ResultColumn>& columns, const std::vector<TextRow>& rows) {
  ResultText text(format, columns, 1 << 20);
  for (const TextRow& row : rows) EXPECT_TRUE(text.add(row));
  return text.finish(false);
}

// How a value of this type is written in JSON.
std::string as_json(const std::string& type, std::string_view value) {
  const std::string line = written(ResultFormat::ndjson, {{"v", type}}, {{value}});
  return line.substr(5, line.size() - 7);
}

TEST(ResultText, Json) {
  EXPECT_EQ(written(ResultFormat::json, {{"a", "INTEGER"}, {"b\"", "VARCHAR"}}, {{"1", "x"}, {"2", std::nullopt}}),
            "{\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"},{\"name\":\"b\\\"\",\"type\":\"VARCHAR\"}],"
            "\"rows\":[\n[1,\"x\"],\n[2,null]],\"truncated\":false}\n");
  EXPECT_EQ(written(ResultFormat::json, {{"a", "INTEGER"}}, {}),
            "{\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}],\"rows\":[],\"truncated\":false}\n");
}

TEST(ResultText, NumbersThatReadersWouldRoundAreStrings) {
  EXPECT_EQ(as_json("BIGINT", "9007199254740992"), "9007199254740992");
  EXPECT_EQ(as_json("BIGINT", "-9007199254740992"), "-9007199254740992");
  EXPECT_EQ(as_json("BIGINT", "9007199254740993"), "\"9007199254740993\"");
  EXPECT_EQ(as_json("HUGEINT", "170141183460469231731687303715884105727"),
            "\"170141183460469231731687303715884105727\"");
  EXPECT_EQ(as_json("UHUGEINT", "7"), "7");
  EXPECT_EQ(as_json("DECIMAL", "-123456789012.345"), "-123456789012.345");
  EXPECT_EQ(as_json("DECIMAL", "1234567890123.456"), "\"1234567890123.456\"");
}

TEST(ResultText, WhatIsNoNumberToJsonIsNull) {
  EXPECT_EQ(as_json("DOUBLE", "1e+300"), "1e+300");
  EXPECT_EQ(as_json("DOUBLE", "-0.0"), "-0.0");
  for (const char* value : {"nan", "inf", "-inf"}) EXPECT_EQ(as_json("FLOAT", value), "null");
}

TEST(ResultText, OtherTypes) {
  EXPECT_EQ(as_json("BOOLEAN", "true"), "true");
  EXPECT_EQ(as_json("TIMESTAMP", "2023-11-14 22:13:20"), "\"2023-11-14 22:13:20\"");
  EXPECT_EQ(as_json("LIST", "[1, 2]"), "\"[1, 2]\"");
  EXPECT_EQ(as_json("VARCHAR", "a\"b\\c\nd\x01"), "\"a\\\"b\\\\c\\nd\\u0001\"");
}

TEST(ResultText, Csv) {
  EXPECT_EQ(written(ResultFormat::csv, {{"a,b", "VARCHAR"}, {"c", "DOUBLE"}},
                    {{"x\"y", "nan"}, {"", std::nullopt}, {"two\nlines", "1.5"}}),
            "\"a,b\",c\r\n\"x\"\"y\",nan\r\n\"\",\r\n\"two\nlines\",1.5\r\n");
}

TEST(ResultText, ANameThatComesAgainGetsANumber) {
  EXPECT_EQ(written(ResultFormat::ndjson, {{"a", "INTEGER"}, {"a", "INTEGER"}, {"a_2", "INTEGER"}}, {{"1", "2", "3"}}),
            "{\"a\":1,\"a_2\":2,\"a_2_2\":3}\n");
}

TEST(ResultText, ARowThatHasNoRoomIsLeftOut) {
  for (ResultFormat format : {ResultFormat::json, ResultFormat::csv, ResultFormat::ndjson}) {
    ResultText text(format, {{"a", "VARCHAR"}}, 200);
    int rows = 0;
    const std::string value(20, '"');  // twice as long when it is written
    while (text.add({value})) ++rows;
    EXPECT_GT(rows, 0);
    EXPECT_LE(text.finish(true).size(), 200);
  }
}

}  // namespace
}  // namespace streamd
