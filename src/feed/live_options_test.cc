#include "feed/live_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace streamd::feed {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

class LiveOptionsTest : public testing::Test {
 protected:
  LiveOptionsTest() {
    std::string name = (fs::temp_directory_path() / "live_options.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~LiveOptionsTest() override { fs::remove_all(folder_); }

  LiveInvocation with_config(const std::string& toml, const Arguments& more = {}) const {
    std::ofstream(folder_ + "/daemon.toml") << toml;
    Arguments arguments = {"--symbols", "BTCUSDT", "--config", folder_ + "/daemon.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parse_live_options(arguments);
  }
  static std::string value_behind(const Arguments& arguments, const std::string& flag) {
    const auto found = std::find(arguments.begin(), arguments.end(), flag);
    return found == arguments.end() ? "absent" : *std::next(found);
  }

  std::string folder_;
};

TEST_F(LiveOptionsTest, WhereTheDaemonIsStandsInItsConfigToo) {
  std::ofstream(folder_ + "/token") << "0123456789abcdef0123456789abcdef\n";
  const LiveInvocation invocation = with_config("host = \"127.0.0.2\"\nport = 9100\ndb = \"" + folder_ + "/x.duckdb\"\n" +
                                                "auth-token-file = \"" + folder_ + "/token\"\nbatch-size = 7\n" +
                                                "max-symbols = 3\ndecision-sink = [\"file:d.ndjson\"]\n");
  ASSERT_EQ(invocation.complaint, "");
  const LiveOptions& options = invocation.options;
  EXPECT_EQ(options.host, "127.0.0.2");
  EXPECT_EQ(options.port, 9100);
  EXPECT_EQ(options.db, folder_ + "/x.duckdb");
  EXPECT_EQ(options.state_dir, folder_ + "/x.duckdb.state");
  EXPECT_EQ(options.token, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(options.wanted.max_symbols, Wanted{}.max_symbols) << "that is the daemon's";
  EXPECT_EQ(value_behind(options.daemon_arguments, "--config"), folder_ + "/daemon.toml");
  EXPECT_EQ(value_behind(options.daemon_arguments, "--port"), "9100");
  EXPECT_EQ(value_behind(options.daemon_arguments, "--max-symbols"), "absent");
  EXPECT_EQ(value_behind(options.daemon_arguments, "--decision-sink"), "absent");
}

TEST_F(LiveOptionsTest, TheCommandLineWins) {
  const LiveInvocation invocation = with_config("port = 9100\nstate-dir = \"a\"\n", {"--port", "9200", "--state-dir", "b"});
  ASSERT_EQ(invocation.complaint, "");
  EXPECT_EQ(invocation.options.port, 9200);
  EXPECT_EQ(invocation.options.state_dir, "b");
  EXPECT_EQ(value_behind(invocation.options.daemon_arguments, "--port"), "9200");
}

TEST_F(LiveOptionsTest, WhatCannotBeInAConfigIsSaidInOneLine) {
  const auto expect_complaint = [&](const LiveInvocation& invocation, const std::string& part) {
    EXPECT_EQ(invocation.exit_code, 2);
    EXPECT_NE(invocation.complaint.find(part), std::string::npos) << invocation.complaint;
    EXPECT_EQ(invocation.complaint.find('\n'), std::string::npos) << invocation.complaint;
  };
  expect_complaint(with_config("no-listen = true\n"), "--no-listen");
  expect_complaint(with_config("port = 0\n"), "--port");
  expect_complaint(with_config("port = \n"), "line 1");
  expect_complaint(parse_live_options({"--symbols", "BTCUSDT", "--config", folder_ + "/absent.toml"}), "absent.toml");
  EXPECT_EQ(with_config("no-listen = false\n").complaint, "");
}

TEST_F(LiveOptionsTest, TheLogHasALeastSize) {
  EXPECT_EQ(parse_live_options({"--symbols", "A", "--feed-log-bytes", "2MiB"}).options.feed_log_bytes, 2 << 20);
  EXPECT_NE(parse_live_options({"--symbols", "A", "--feed-log-bytes", "1000"}).complaint, "");
}

}  // namespace
}  // namespace streamd::feed
