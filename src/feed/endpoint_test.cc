#include "feed/endpoint.h"

#include <gtest/gtest.h>

namespace streamd::feed {
namespace {

TEST(Endpoint, HostPortAndPath) {
  const auto plain = read_endpoint("--rest-url", "https", "https://api.binance.com");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain.value().host, "api.binance.com");
  EXPECT_EQ(plain.value().port, "443");
  EXPECT_EQ(plain.value().target("/api/v3/ping"), "/api/v3/ping");
  const auto whole = read_endpoint("--ws-url", "wss", "wss://[::1]:9443/market/");
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole.value().host, "::1");
  EXPECT_EQ(whole.value().port, "9443");
  EXPECT_EQ(whole.value().target("/stream"), "/market/stream");
}

TEST(Endpoint, WhatIsNoneIsSaidAndNothingUnencryptedIsTaken) {
  for (const char* url : {"", "api.binance.com", "http://api.binance.com", "ws://x", "https://", "https://:443", "https://x:",
                          "https://x:0", "https://x:65536", "https://x:4y", "https://user:secret@x", "https://x?y"}) {
    const auto endpoint = read_endpoint("--rest-url", "https", url);
    ASSERT_FALSE(endpoint.ok()) << url;
    EXPECT_TRUE(endpoint.error().message.starts_with("--rest-url ")) << endpoint.error().message;
  }
}

}  // namespace
}  // namespace streamd::feed
