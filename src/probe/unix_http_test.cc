#include "probe/unix_http.h"

#include <gtest/gtest.h>

namespace streamd::probe {
namespace {

TEST(UnixHttp, WhereNobodyAnswersIsSaid) {
  const auto answer = unix_http_get("/nonexistent/http.sock", "/");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("/nonexistent/http.sock"), std::string::npos) << answer.error().message;
}

TEST(UnixHttp, APathMayBeTooLongForASocket) {
  const auto answer = unix_http_post("/" + std::string(200, 'x'), "/query", "application/sql", "SELECT 1");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("too long"), std::string::npos) << answer.error().message;
}

}  // namespace
}  // namespace streamd::probe
