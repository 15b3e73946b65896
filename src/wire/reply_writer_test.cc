#include "wire/reply_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>

namespace streamd {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

template <typename... Arguments>
std::string written(void (*append)(std::string&, Arguments...), std::type_identity_t<Arguments>... arguments) {
  std::string out;
  append(out, arguments...);
  return out;
}

TEST(ReplyWriter, WelcomesAndNamesTheLastSequenceNumberWhenThereIsOne) {
  EXPECT_EQ(written(append_welcome, "r-1", 41), "{\"type\":\"welcome\",\"run_id\":\"r-1\",\"last_seq\":41}\n");
  EXPECT_EQ(written(append_welcome, "r-1", 0), "{\"type\":\"welcome\",\"run_id\":\"r-1\",\"last_seq\":0}\n");
  EXPECT_EQ(written(append_welcome, "r-1", std::nullopt), "{\"type\":\"welcome\",\"run_id\":\"r-1\"}\n");
}

TEST(ReplyWriter, Acknowledges) {
  EXPECT_EQ(written(append_ack, 0), "{\"type\":\"ack\",\"seq\":0}\n");
  EXPECT_EQ(written(append_ack, 9223372036854775807), "{\"type\":\"ack\",\"seq\":9223372036854775807}\n");
  EXPECT_EQ(written(append_ack, kLargest), "{\"type\":\"ack\",\"seq\":18446744073709551615}\n");
}

TEST(ReplyWriter, RejectsByLineAndBySequenceNumberWhenThereIsOne) {
  EXPECT_EQ(written(append_reject, 7, 12, "bad_field:price"),
            "{\"type\":\"reject\",\"seq\":7,\"line\":12,\"reason\":\"bad_field:price\"}\n");
  EXPECT_EQ(written(append_reject, std::nullopt, kLargest, "invalid_json"),
            "{\"type\":\"reject\",\"line\":18446744073709551615,\"reason\":\"invalid_json\"}\n");
}

TEST(ReplyWriter, ToldInHttpThatItIsTheWrongPort) {
  const std::string answer = written(append_wrong_port);
  const std::size_t end = answer.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos);
  const std::string body = answer.substr(end + 4);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos) << answer;
  EXPECT_NE(body.find("--metrics-port"), std::string::npos) << body;
  EXPECT_EQ(body.find('\n'), body.size() - 1);
}

TEST(ReplyWriter, AnswersASyncWithItsId) {
  EXPECT_EQ(written(append_synced, "x"), "{\"type\":\"synced\",\"id\":\"x\"}\n");
}

TEST(ReplyWriter, AnswersWithoutFields) {
  EXPECT_EQ(written(append_pong), "{\"type\":\"pong\"}\n");
  EXPECT_EQ(written(append_unauthorized), "{\"type\":\"error\",\"reason\":\"unauthorized\"}\n");
}

TEST(ReplyWriter, EscapesTexts) {
  EXPECT_EQ(written(append_synced, "a\"\\\n"), "{\"type\":\"synced\",\"id\":\"a\\\"\\\\\\n\"}\n");
  EXPECT_EQ(written(append_welcome, "\"", std::nullopt), "{\"type\":\"welcome\",\"run_id\":\"\\\"\"}\n");
  EXPECT_EQ(written(append_reject, std::nullopt, 1, "\""), "{\"type\":\"reject\",\"line\":1,\"reason\":\"\\\"\"}\n");
}

TEST(ReplyWriter, AppendsBehindWhatIsThere) {
  std::string out;
  append_pong(out);
  append_ack(out, 1);
  append_unauthorized(out);
  EXPECT_EQ(out,
            "{\"type\":\"pong\"}\n{\"type\":\"ack\",\"seq\":1}\n{\"type\":\"error\",\"reason\":\"unauthorized\"}\n");
}

}  // namespace
}  // namespace streamd
