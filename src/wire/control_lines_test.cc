// What ndjson_reader makes of a connection's control lines: hello, sync, ping.
#include <gtest/gtest.h>

#include <string>

#include "wire/ndjson_reader.h"

namespace streamd {
namespace {

using std::string_literals::operator""s;

class ControlLinesTest : public ::testing::Test {
 protected:
  // "" when the line is accepted (it is in line_ then), else the reason's text.
  std::string reject(std::string_view line) {
    text_ = std::string(line) + std::string(kReadSlack, '"');  // the slack means nothing, whatever is in it
    line_ = reader_.read({text_.data(), line.size()});
    return line_.kind == LineKind::reject ? std::string(reject_text(line_.reject)) : "";
  }
  // `members` begins with a comma, or is empty.
  std::string reject_hello(const std::string& members) { return reject("{\"type\":\"hello\"" + members + "}"); }
  std::string reject_sync(const std::string& members) { return reject("{\"type\":\"sync\"" + members + "}"); }

  ParsedLine line_;

 private:
  NdjsonReader reader_;
  std::string text_;
};

TEST_F(ControlLinesTest, ReadsAHello) {
  ASSERT_EQ(reject_hello(R"(,"label":"binance-eu","producer":"feed-1","session":"s-7","token":"secret","ack":true)"),
            "");
  EXPECT_EQ(line_.kind, LineKind::hello);
  EXPECT_EQ(line_.hello.label, "binance-eu");
  EXPECT_EQ(line_.hello.producer, "feed-1");
  EXPECT_EQ(line_.hello.session, "s-7");
  EXPECT_EQ(line_.hello.token, "secret");
  EXPECT_TRUE(line_.hello.ack);
}

TEST_F(ControlLinesTest, EveryKeyOfAHelloIsOptional) {
  ASSERT_EQ(reject_hello(""), "");
  EXPECT_EQ(line_.kind, LineKind::hello);
  EXPECT_FALSE(line_.hello.label || line_.hello.producer || line_.hello.session || line_.hello.token);
  EXPECT_FALSE(line_.hello.ack);
  ASSERT_EQ(reject_hello(R"(,"producer":"p")"), "");
  EXPECT_EQ(line_.hello.producer, "p");
  EXPECT_FALSE(line_.hello.label || line_.hello.session || line_.hello.token || line_.hello.ack);
  ASSERT_EQ(reject_hello(R"(,"ack":false)"), "");
  EXPECT_FALSE(line_.hello.ack);
}

TEST_F(ControlLinesTest, ControlLinesFollowTheRulesOfKeys) {
  ASSERT_EQ(reject(R"( { "\u0061ck" : true,"x":[{"label":1}], "producer":"a" ,"label":5,"label":"L","producer":"b",)"
                   R"("type":"h\u0065llo","symbol":7} )"),
            "");
  EXPECT_EQ(line_.hello.producer, "b");
  EXPECT_EQ(line_.hello.label, "L");
  EXPECT_TRUE(line_.hello.ack);
  ASSERT_EQ(reject(R"({"id":null,"i\u0064":"\u0041\"","extra":1,"type":"sync"})"), "");
  EXPECT_EQ(line_.kind, LineKind::sync);
  EXPECT_EQ(line_.sync_id, "A\"");
  ASSERT_EQ(reject("{\"x\":[1], \"type\":\"ping\"}\r"), "");
  EXPECT_EQ(line_.kind, LineKind::ping);
  EXPECT_EQ(reject(R"({"type":"ping","type":"pong"})"), "unknown_type");
  EXPECT_EQ(reject(R"({"type":"ping","x":})"), "invalid_json");
  for (const char* type : {"Hello", "hello ", "syn", "pings", "welcome", "ack"}) {
    EXPECT_EQ(reject("{\"type\":\""s + type + "\",\"id\":\"x\"}"), "unknown_type") << type;
  }
}

TEST_F(ControlLinesTest, NamesOfAHelloHaveOneTo256BytesWithoutControlCharacters) {
  for (const std::string& name : {"label"s, "producer"s, "session"s}) {
    const std::string bad_field = "bad_field:" + name;
    const auto reject_value = [&](const std::string& json) { return reject_hello(",\"" + name + "\":" + json); };
    for (const std::string& good : {"a"s, std::string(256, 'n'), "\xe5\x80\xa4"s, R"(\ud83d\ude00\")"s, " "s}) {
      EXPECT_EQ(reject_value("\"" + good + "\""), "") << name << " " << good;
    }
    for (const std::string& bad : {""s, std::string(257, 'n'), R"(\n)"s, R"(a\u0000)"s, R"(\u007f)"s, R"(\u0085)"s,
                                   "\xc2\x9f"s, std::string(255, 'n') + R"(\u00e9)"}) {
      EXPECT_EQ(reject_value("\"" + bad + "\""), bad_field) << name << " " << bad;
    }
    for (const char* bad : {"null", "5", "true", "[]", "[\"a\"]", "{}"}) {
      EXPECT_EQ(reject_value(bad), bad_field) << name << " " << bad;
    }
  }
}

TEST_F(ControlLinesTest, TokenHasOneTo4096BytesOfAnyText) {
  const auto reject_token = [&](const std::string& json) { return reject_hello(",\"token\":" + json); };
  EXPECT_EQ(reject_token("\"t\""), "");
  EXPECT_EQ(reject_token(R"("a\u0000\n\u0085")"), "");
  EXPECT_EQ(line_.hello.token, "a\0\n\xc2\x85"s);
  EXPECT_EQ(reject_token("\"" + std::string(4096, 't') + "\""), "");
  EXPECT_EQ(line_.hello.token, std::string(4096, 't'));
  EXPECT_EQ(reject_token("\"" + std::string(4097, 't') + "\""), "bad_field:token");
  for (const char* bad : {"\"\"", "null", "5", "false", "[\"t\"]", "{}"}) {
    EXPECT_EQ(reject_token(bad), "bad_field:token") << bad;
  }
}

TEST_F(ControlLinesTest, AcksNeedAProducer) {
  EXPECT_EQ(reject_hello(R"(,"ack":true)"), "missing_field:producer");
  EXPECT_EQ(reject_hello(R"(,"ack":true,"producer":"p")"), "");
  EXPECT_TRUE(line_.hello.ack);
  EXPECT_EQ(reject_hello(R"(,"ack":true,"producer":null)"), "bad_field:producer");
  for (const char* bad : {"null", "0", "1", "\"true\"", "[]", "{}"}) {
    EXPECT_EQ(reject_hello(",\"producer\":\"p\",\"ack\":"s + bad), "bad_field:ack") << bad;
    EXPECT_EQ(reject_hello(",\"ack\":"s + bad), "bad_field:ack") << bad;
  }
}

TEST_F(ControlLinesTest, ChecksOfAHelloGoFieldByField) {
  EXPECT_EQ(reject_hello(R"(,"ack":1,"token":1,"session":1,"producer":1,"label":1)"), "bad_field:label");
  EXPECT_EQ(reject_hello(R"(,"ack":1,"token":1,"session":1,"producer":1)"), "bad_field:producer");
  EXPECT_EQ(reject_hello(R"(,"ack":1,"token":1,"session":1)"), "bad_field:session");
  EXPECT_EQ(reject_hello(R"(,"ack":1,"token":1)"), "bad_field:token");
  EXPECT_EQ(reject_hello(R"(,"ack":true,"token":1)"), "bad_field:token");
}

TEST_F(ControlLinesTest, SyncNeedsAnId) {
  EXPECT_EQ(reject_sync(R"(,"id":"x")"), "");
  EXPECT_EQ(line_.kind, LineKind::sync);
  EXPECT_EQ(line_.sync_id, "x");
  EXPECT_EQ(reject_sync(",\"id\":\"" + std::string(256, 'i') + "\""), "");
  EXPECT_EQ(line_.sync_id, std::string(256, 'i'));
  EXPECT_EQ(reject_sync(""), "missing_field:id");
  EXPECT_EQ(reject_sync(R"(,"ID":"x")"), "missing_field:id");
  EXPECT_EQ(reject_sync(",\"id\":\"" + std::string(257, 'i') + "\""), "bad_field:id");
  for (const char* bad : {"\"\"", "5", "null", "true", "[\"x\"]", "{}", R"("a\tb")", R"("\u0080")", "\"\x7f\""}) {
    EXPECT_EQ(reject_sync(",\"id\":"s + bad), "bad_field:id") << bad;
  }
}

TEST_F(ControlLinesTest, OneLineLeavesNothingToTheNext) {
  EXPECT_EQ(reject_hello(R"(,"label":"L","producer":"p","session":"s","token":"t","ack":true)"), "");
  EXPECT_EQ(reject_hello(""), "");
  EXPECT_FALSE(line_.hello.label || line_.hello.producer || line_.hello.session || line_.hello.token ||
               line_.hello.ack);
  EXPECT_EQ(reject_sync(R"(,"id":"x")"), "");
  EXPECT_EQ(reject_sync(""), "missing_field:id");
}

}  // namespace
}  // namespace streamd
