#include "probe/test_options.h"

#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "flags/places.h"

namespace streamd::probe {
namespace {

std::string complaint(std::vector<std::string> arguments) {
  const TestInvocation invocation = parse_test_options(std::move(arguments));
  EXPECT_EQ(invocation.action, TestInvocation::Action::exit);
  EXPECT_EQ(invocation.exit_code, 2);
  EXPECT_EQ(invocation.complaint.find('\n'), std::string::npos);
  return invocation.complaint;
}

TEST(TestOptions, TheContractsCommandIsUnderstood) {
  const auto invocation =
      parse_test_options({"--port", "9009", "--seconds", "2", "--rate", "200", "--check-decisions", "--read-only"});
  ASSERT_EQ(invocation.action, TestInvocation::Action::run) << invocation.complaint;
  const TestOptions& options = invocation.options;
  EXPECT_EQ(options.load.host, "127.0.0.1");
  EXPECT_EQ(options.load.port, 9009);
  EXPECT_EQ(options.load.seconds, 2);
  EXPECT_EQ(options.load.rate, 200);
  EXPECT_EQ(options.load.symbols, (std::vector<std::string>{"BTCUSDT", "ES", "NQ"}));
  EXPECT_EQ(options.load.mode, LineMode::trade);
  EXPECT_TRUE(options.checks.decisions);
  EXPECT_FALSE(options.load.keeps_bars);
  EXPECT_EQ(options.db, kDefaultDatabase);
  EXPECT_EQ(options.state_dir, default_state_dir(kDefaultDatabase));
}

TEST(TestOptions, SymbolsAreNamesOrANumber) {
  EXPECT_EQ(parse_test_options({"--symbols", "ES,Ünï-x"}).options.load.symbols, (std::vector<std::string>{"ES", "Ünï-x"}));
  const auto many = parse_test_options({"--symbols", "100"}).options.load.symbols;
  ASSERT_EQ(many.size(), 100);
  EXPECT_EQ(many.front(), "SYM001");
  EXPECT_EQ(many.back(), "SYM100");
}

TEST(TestOptions, WhatMakesNoSenseIsSaid) {
  EXPECT_NE(complaint({"--symbols", "ES,,NQ"}).find("no name"), std::string::npos);
  EXPECT_NE(complaint({"--symbols", "ES,NQ,ES"}).find("twice"), std::string::npos);
  EXPECT_NE(complaint({"--symbols", "a\"b"}).find("no name"), std::string::npos);
  EXPECT_NE(complaint({"--symbols", "0"}).find("1 to"), std::string::npos);
  EXPECT_NE(complaint({"--connections", "4"}).find("only 3 symbols"), std::string::npos);
  EXPECT_NE(complaint({"--rate", "0.1", "--seconds", "9"}).find("no line"), std::string::npos);
  EXPECT_NE(complaint({"--port", "99999"}).find("1 to 65535"), std::string::npos);
  EXPECT_NE(complaint({"--port", "0"}).find("1 to 65535"), std::string::npos);
  EXPECT_NE(complaint({"--rate", "nan"}).find("not in range"), std::string::npos);
  EXPECT_NE(complaint({"--rate", "-1"}).find("not in range"), std::string::npos);
  EXPECT_NE(complaint({"--disorder", "1.5"}).find("not in range"), std::string::npos);
  EXPECT_NE(complaint({"--mode", "quotes"}).find("quotes"), std::string::npos);
  EXPECT_NE(complaint({"--from", "1"}).find("--span"), std::string::npos);
  EXPECT_NE(complaint({"--from", "1", "--span", "2"}).find("--lines"), std::string::npos);
  EXPECT_NE(complaint({"--send-only", "--verify"}).find("--send-only"), std::string::npos);
  EXPECT_NE(complaint({"--verify", "--seconds", "90000", "--symbols", "500"}).find("shorter"), std::string::npos);
  EXPECT_NE(complaint({"--what"}).find("--help"), std::string::npos);
  EXPECT_NE(complaint({"--auth-token-file", "/nonexistent/token"}).find("--auth-token-file"), std::string::npos);
}

TEST(TestOptions, HelpTeaches) {
  const TestInvocation help = parse_test_options({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* word : {"Examples", "--verify", "--ack", "--disorder", "Exit codes"}) {
    EXPECT_NE(help.output.find(word), std::string::npos) << word;
  }
}

TEST(TestOptions, TheExamplesOfTheHelpAreUnderstood) {
  std::istringstream help(parse_test_options({"--help"}).output);
  int examples = 0;
  for (std::string line; std::getline(help, line);) {
    if (!line.starts_with("  stream_daemon_test ")) continue;
    std::istringstream words(line.substr(2, line.find("    ") - 2));  // what it is good for follows
    const std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
    ++examples;
    EXPECT_EQ(parse_test_options({all.begin() + 1, all.end()}).complaint, "") << line;
  }
  EXPECT_EQ(examples, 5);
}

}  // namespace
}  // namespace streamd::probe
