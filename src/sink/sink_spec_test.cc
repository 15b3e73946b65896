#include "sink/sink_spec.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(SinkSpecTest, FilesAndPeers) {
  auto spec = parse_sink_spec("file:logs/decisions.ndjson");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->kind, SinkSpec::Kind::file);
  EXPECT_EQ(spec->path, "logs/decisions.ndjson");
  spec = parse_sink_spec("tcp://feed.example:9010");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->kind, SinkSpec::Kind::tcp);
  EXPECT_EQ(spec->host, "feed.example");
  EXPECT_EQ(spec->port, 9010);
  spec = parse_sink_spec("tcp://[::1]:65535");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->host, "::1");
  EXPECT_EQ(spec->port, 65535);
  EXPECT_EQ(parse_sink_spec("tcp://127.0.0.1:1")->host, "127.0.0.1");
}

TEST(SinkSpecTest, WhatIsWrongIsSaid) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "no known kind"},
           {"logs/x", "no known kind"},
           {"udp://a:1", "no known kind"},
           {"file:", "path is missing"},
           {"file:logs/", "is a folder"},
           {"tcp://", "port is missing"},
           {"tcp://a", "port is missing"},
           {"tcp://:1", "host is missing"},
           {"tcp://a:", "'' is no port"},
           {"tcp://a:0", "'0' is no port"},
           {"tcp://a:65536", "'65536' is no port"},
           {"tcp://a:1x", "'1x' is no port"},
           {"tcp://a:1/x", "no port"},
           {"tcp://::1:80", "in brackets"},
           {"tcp://[::1", "] of its address"},
           {"tcp://[::1]", "port is missing"},
           {"tcp://[]:1", "host is missing"},
           {"tcp://u@h:1", "no name or address"}}) {
    const auto spec = parse_sink_spec(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_NE(spec.error().message.find(why), std::string::npos) << spec.error().message;
    EXPECT_NE(spec.error().message.find("expected file:PATH or tcp://HOST:PORT"), std::string::npos);
    EXPECT_EQ(spec.error().message.find('\n'), std::string::npos);
  }
}

TEST(SinkSpecTest, EachSpecHasItsFolder) {
  const auto name = [](const char* lines, const char* text) { return spool_folder_name(lines, *parse_sink_spec(text)); };
  const std::string one = name("decisions", "tcp://a:1");
  EXPECT_EQ(one.size(), std::string("decisions-tcp-").size() + 16);
  EXPECT_TRUE(one.starts_with("decisions-tcp-"));
  EXPECT_EQ(one, name("decisions", "tcp://a:1"));
  EXPECT_NE(one, name("decisions", "tcp://a:2"));
  EXPECT_TRUE(name("bars", "file:a").starts_with("bars-file-"));
}

}  // namespace
}  // namespace streamd
