#include "wire/http_request_line.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(HttpRequestLine, IsKnownByMethodAndVersion) {
  for (const char* line : {"GET / HTTP/1.1", "GET / HTTP/1.1\r", "POST /query HTTP/1.0", "HEAD /metrics HTTP/1.1",
                           "OPTIONS * HTTP/1.1", "GET http://localhost:9009/a b HTTP/1.1", "PRI * HTTP/2.0"}) {
    EXPECT_TRUE(is_http_request_line(line)) << line;
  }
  for (const char* line : {"", " ", "\r", "GET", "GET /", "GET HTTP/1.1", "get / HTTP/1.1", " / HTTP/1.1", "GET / HTTP",
                           "GET / FTP/1.1", "HTTP/1.1 200 OK", "ABCDEFGHIJKLMNOPQ / HTTP/1.1", "{\"a\":\" HTTP/1.1"}) {
    EXPECT_FALSE(is_http_request_line(line)) << line;
  }
}

}  // namespace
}  // namespace streamd
