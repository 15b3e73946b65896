// The command line, the configuration file, the log's forms, and `stream_daemon query`.
#include <gtest/gtest.h>
#include <signal.h>
#include <simdjson.h>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

class CliTest : public testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string output;
    std::string errors;
  };
  Outcome run(const Arguments& arguments) {
    DaemonProcess daemon(folder_, arguments);
    const int code = daemon.wait_exit();
    return {code, daemon.output(), daemon.errors()};
  }
  // Exit 2 and one line that has `word`.
  void expect_usage_error(const Arguments& arguments, const std::string& word) {
    std::string shown;
    for (const std::string& argument : arguments) shown += " " + argument;
    SCOPED_TRACE("stream_daemon" + shown);
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(lines_of(outcome.errors).size(), 1u) << outcome.errors;
    EXPECT_TRUE(outcome.errors.ends_with('\n'));
    EXPECT_NE(outcome.errors.find(word), std::string::npos) << word << " in: " << outcome.errors;
  }
  std::string print_config(Arguments arguments) {
    arguments.push_back("--print-config");
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.errors;
    EXPECT_EQ(outcome.errors, "");
    return outcome.output;
  }
  // The value of a key in a printed configuration.
  static std::string value_of(const std::string& config, const std::string& key) {
    for (const std::string& line : lines_of(config)) {
      if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
      if (line.starts_with(key + " = ")) return line.substr(key.size() + 3);
    }
    return "absent in:\n" + config;
  }

  TempFolder folder_;
  const std::string config_ = folder_ / "daemon.toml";
};

TEST_F(CliTest, HelpNamesEveryFlagWithItsDefault) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.errors, "");
  for (const char* flag : {"--host",
                           "--port",
                           "--db",
                           "--batch-size",
                           "--flush-interval",
                           "--db-exclusive",
                           "--config",
                           "--print-config",
                           "--tail",
                           "--tail-follow",
                           "--tail-parallel",
                           "--tail-again",
                           "--exit-at-eof",
                           "--no-listen",
                           "--lateness-ms",
                           "--idle-close-ms",
                           "--max-future-ms",
                           "--max-line-bytes",
                           "--max-connections",
                           "--max-symbols",
                           "--max-pending-bytes",
                           "--reject-file",
                           "--state-dir",
                           "--journal-sync",
                           "--snapshot-interval",
                           "--journal-keep-bytes",
                           "--no-journal",
                           "--producer-grace-s",
                           "--emit-decisions",
                           "--no-decision-stdout",
                           "--state-window",
                           "--tau-on",
                           "--tau-off",
                           "--decision-base-size",
                           "--confidence",
                           "--phase6-log-dir",
                           "--gate-max-age-s",
                           "--influence",
                           "--influence-log-dir",
                           "--decision-fee-rate",
                           "--decision-slippage",
                           "--decision-edge-bps",
                           "--decision-cost-budget",
                           "--decision-cost-window",
                           "--decision-sink",
                           "--ohlc-sink",
                           "--sink-spool-bytes",
                           "--sink-full",
                           "--sink-resend-s",
                           "--sink-resend-bytes",
                           "--amend-window-s",
                           "--amend-memory",
                           "--auth-token-file",
                           "--metrics-host",
                           "--metrics-port",
                           "--http-token-file",
                           "--log-level",
                           "--log-format",
                           "--version",
                           "--help"}) {
    EXPECT_NE(outcome.output.find(flag), std::string::npos) << flag;
  }
  for (const char* value : {"0.0.0.0", "9009", "logs/research/market.duckdb", "100000", "1024", "50000", "60000",
                            "logs/phase6", "logs/asymmetry", "0.0005", "0.0003", "0.05"}) {
    EXPECT_NE(outcome.output.find(value), std::string::npos) << value;
  }
  for (const std::string& line : lines_of(outcome.output)) EXPECT_LE(line.size(), 160u) << line;
}

TEST_F(CliTest, VersionIsOneLine) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  ASSERT_EQ(lines_of(outcome.output).size(), 1u);
  EXPECT_TRUE(outcome.output.starts_with("stream_daemon ")) << outcome.output;
}

TEST_F(CliTest, BadUsageIsExit2InOneLineThatNamesIt) {
  expect_usage_error({"--nope"}, "--nope");
  expect_usage_error({"loose"}, "loose");
  expect_usage_error({"--port"}, "--port");
  expect_usage_error({"--metrics-host", "127.0.0.1"}, "--metrics-port");
  for (const std::string flag : {"--port", "--metrics-port"}) {
    expect_usage_error({flag, "99999"}, flag);
    expect_usage_error({flag, "99999"}, "Value 99999 not in range 0 to 65535");
    expect_usage_error({flag, "1e3"}, "Value 1e3 not in range 0 to 65535");
  }
  expect_usage_error({"--port", "-1"}, "-1");
  expect_usage_error({"--port", "http"}, "http");
  expect_usage_error({"--batch-size", "0"}, "--batch-size");
  expect_usage_error({"--flush-interval", "0"}, "--flush-interval");
  expect_usage_error({"--flush-interval", "soon"}, "soon");
  expect_usage_error({"--flush-interval", "nan"}, "--flush-interval");
  expect_usage_error({"--decision-slippage", "nan"}, "--decision-slippage");
  expect_usage_error({"--max-line-bytes", "1"}, "--max-line-bytes");
  expect_usage_error({"--max-line-bytes", "5 parsecs"}, "parsecs");
  expect_usage_error({"--max-pending-bytes", "1"}, "--max-pending-bytes");
  expect_usage_error({"--max-connections", "0"}, "--max-connections");
  expect_usage_error({"--max-symbols", "-5"}, "--max-symbols");
  expect_usage_error({"--lateness-ms", "-1"}, "--lateness-ms");
  expect_usage_error({"--journal-sync", "sometimes"}, "sometimes");
  expect_usage_error({"--snapshot-interval", "0"}, "--snapshot-interval");
  expect_usage_error({"--journal-keep-bytes", "-1"}, "--journal-keep-bytes");
  expect_usage_error({"--producer-grace-s", "-1"}, "--producer-grace-s");
  expect_usage_error({"--log-level", "loud"}, "loud");
  expect_usage_error({"--log-format", "xml"}, "xml");
  expect_usage_error({"--tail"}, "--tail");
}

TEST_F(CliTest, AFlagThatIsGivenTwiceIsExit2AndNamed) {
  expect_usage_error({"--port", "1", "--port", "2"}, "--port");
  expect_usage_error({"--db", "a", "--db", "b"}, "--db");
}

TEST_F(CliTest, ContradictionsAreExit2) {
  write_file(folder_ / "a.ndjson", "");
  expect_usage_error({"--no-listen"}, "--tail");
  expect_usage_error({"--exit-at-eof"}, "--tail");
  expect_usage_error({"--tail-follow"}, "--tail");
  expect_usage_error({"--tail", "a.ndjson", "--tail-follow", "--exit-at-eof"}, "--exit-at-eof");
  expect_usage_error({"--tail", "a.ndjson", "--tail", "a.ndjson"}, "twice");
  expect_usage_error({"--db", ""}, "--db");
}

TEST_F(CliTest, NothingIsMadeByBadUsage) {
  run({"--nope"});
  run({"--help"});
  run({"--print-config"});
  EXPECT_EQ(Process({"test", "-e", "logs"}, folder_.path()).wait(), 1);
}

TEST_F(CliTest, AnUnknownKeyIsExit2AndNamed) {
  write_file(config_, "port = 0\nbatchsize = 5\n");
  expect_usage_error({"--config", "daemon.toml"}, "batchsize");
  write_file(config_, "[store]\ndb = \"x.duckdb\"\n");
  expect_usage_error({"--config", "daemon.toml"}, "store");
}

TEST_F(CliTest, ABadConfigurationFileIsExit2) {
  expect_usage_error({"--config", "absent.toml"}, "absent.toml");
  write_file(config_, "port = \"many\"\n");
  expect_usage_error({"--config", "daemon.toml"}, "many");
  write_file(config_, "no-listen = true\n");
  expect_usage_error({"--config", "daemon.toml"}, "--no-listen");
}

TEST_F(CliTest, KeysAreTheFlagsNames) {
  write_file(config_, R"(# a comment
port = 7001
db = "folder/my bars.duckdb"
flush-interval = 0.25
tail = ["one.ndjson", "two.ndjson"]
tail-parallel = true
max-pending-bytes = "64MiB"
log-format = "json"
)");
  const std::string config = print_config({"--config", "daemon.toml"});
  EXPECT_EQ(value_of(config, "port"), "7001");
  EXPECT_EQ(value_of(config, "db"), "\"folder/my bars.duckdb\"");
  EXPECT_EQ(value_of(config, "flush-interval"), "0.25");
  EXPECT_EQ(value_of(config, "tail-parallel"), "true");
  EXPECT_EQ(value_of(config, "tail-follow"), "false");
  EXPECT_EQ(value_of(config, "log-format"), "\"json\"");
  EXPECT_NE(value_of(config, "tail").find("two.ndjson"), std::string::npos);
  EXPECT_TRUE(value_of(config, "max-pending-bytes") == "67108864" ||
              value_of(config, "max-pending-bytes").find("64MiB") != std::string::npos)
      << value_of(config, "max-pending-bytes");
}

TEST_F(CliTest, TheCommandLineWinsOverTheConfiguration) {
  write_file(config_, "port = 7001\nhost = \"127.0.0.1\"\ntail = [\"one.ndjson\"]\nbatch-size = 77\n");
  const std::string config = print_config({"--config", "daemon.toml", "--port", "7002", "--tail", "two.ndjson"});
  EXPECT_EQ(value_of(config, "port"), "7002");
  EXPECT_EQ(value_of(config, "host"), "\"127.0.0.1\"");
  EXPECT_EQ(value_of(config, "batch-size"), "77");
  EXPECT_NE(value_of(config, "tail").find("two.ndjson"), std::string::npos);
  EXPECT_EQ(value_of(config, "tail").find("one.ndjson"), std::string::npos);
}

TEST_F(CliTest, APrintedConfigurationPrintsItselfAgain) {
  const std::vector<Arguments> cases = {
      {},
      {"--host", "127.0.0.1", "--port", "0", "--batch-size", "5", "--flush-interval", "0.5", "--db-exclusive"},
      {"--tail", "a b.ndjson", "--tail", "c.ndjson.gz", "--tail-parallel", "--no-listen", "--exit-at-eof"},
      {"--tail", "one.ndjson", "--tail-follow", "--tail-again"},
      {"--max-pending-bytes", "64MiB", "--max-line-bytes", "2KiB", "--max-symbols", "9", "--max-connections", "3"},
      {"--db", "it's \"my\" #1 = folder\\bars.duckdb", "--state-dir", "a, b", "--reject-file", "[x]"},
      {"--log-level", "debug", "--log-format", "json", "--lateness-ms", "7", "--idle-close-ms", "8"},
  };
  for (const Arguments& arguments : cases) {
    const std::string first = print_config(arguments);
    write_file(config_, first);
    EXPECT_EQ(print_config({"--config", "daemon.toml"}), first);
  }
}

TEST_F(CliTest, APrintedConfigurationKeepsFractions) {
  const std::string config = print_config({"--decision-base-size", "0.25", "--decision-fee-rate", "1e-05"});
  EXPECT_EQ(value_of(config, "decision-base-size"), "0.25");
  EXPECT_EQ(std::stod(value_of(config, "decision-fee-rate")), 1e-05);
  EXPECT_EQ(value_of(config, "decision-slippage"), "0.0003");
  EXPECT_EQ(value_of(config, "state-window"), "200");
  EXPECT_TRUE(value_of(config, "metrics-port").starts_with("absent"));
  EXPECT_EQ(value_of(print_config({"--metrics-port", "0"}), "metrics-port"), "0");
  write_file(config_, config);
  EXPECT_EQ(print_config({"--config", "daemon.toml"}), config);
}

TEST_F(CliTest, APrintedConfigurationRunsTheDaemon) {
  write_file(config_, print_config(listening({"--flush-interval", "0.05"})));
  DaemonProcess daemon(folder_, {"--config", "daemon.toml"});
  TcpClient client(daemon.port());
  client.send(bar_line(flat_bar("A", 1'700'000'000, 5)));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(folder_ / "bars.duckdb"), 1);
}

TEST_F(CliTest, EveryLineOfAJsonLogIsJson) {
  DaemonProcess daemon(folder_, listening({"--log-format", "json", "--log-level", "debug"}));
  ASSERT_TRUE(daemon.wait_errors("storing in"));
  const std::string log = daemon.errors();
  const auto port = static_cast<std::uint16_t>(std::stoul(log.substr(log.find("127.0.0.1:") + 10)));
  TcpClient client(port);
  client.send("\"quotes\" and \\\n\x01\x02\ttab\n\xff\xfe\n\xe2\x80\xa8\nnothing\r\n" + std::string("\0nul\n", 5));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  simdjson::dom::parser parser;
  int rejected = 0;
  for (const std::string& line : lines_of(daemon.errors())) {
    simdjson::dom::element record;
    ASSERT_EQ(parser.parse(line).get(record), simdjson::SUCCESS) << line;
    for (const char* name : {"time", "level", "message"}) {
      EXPECT_EQ(record[name].get_string().error(), simdjson::SUCCESS) << name << " in " << line;
    }
    rejected += record["message"].get_string().value().starts_with("rejected invalid_json") ? 1 : 0;
  }
  EXPECT_EQ(rejected, 6);
  EXPECT_EQ(daemon.output(), "");
}

TEST_F(CliTest, TheLogLevelHolds) {
  write_file(folder_ / "a.ndjson", "bad\n");
  const auto log_at = [&](const std::string& level) {
    return run(replaying({"--tail", "a.ndjson", "--tail-again", "--log-level", level})).errors;
  };
  EXPECT_EQ(log_at("off"), "");
  EXPECT_EQ(log_at("error"), "");
  EXPECT_NE(log_at("warn").find("rejected invalid_json"), std::string::npos);
  EXPECT_EQ(log_at("warn").find("info"), std::string::npos);
  EXPECT_NE(log_at("info").find("done: lines=1"), std::string::npos);
}

TEST_F(CliTest, SighupDoesNotEndIt) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  daemon.signal(SIGHUP);
  TcpClient client(port);
  client.send(bar_line(flat_bar("A", 1'700'000'000, 5)));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 1u);
}

class QueryTest : public CliTest {
 protected:
  void SetUp() override {
    write_file(folder_ / "a.ndjson",
               bar_line(flat_bar("A,\\\"B\\\"", 1'700'000'000, 5)) + bar_line(flat_bar("C", 1'700'000'000, 6)));
    ASSERT_EQ(run(replaying({"--tail", "a.ndjson"})).code, 0);
  }
  Outcome query(const std::string& sql, const std::string& format = "csv") {
    return run({"query", "--db", "bars.duckdb", "--format", format, sql});
  }
};

TEST_F(QueryTest, PrintsCsv) {
  const Outcome outcome = query("SELECT symbol, open, NULL AS nothing FROM ohlc_1s ORDER BY open; ");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.output, "symbol,open,nothing\n\"A,\"\"B\"\"\",5.0,\nC,6.0,\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST_F(QueryTest, PrintsATable) {
  const Outcome outcome = query("SELECT symbol, open FROM ohlc_1s ORDER BY open", "table");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(lines_of(outcome.output).size(), 4u) << outcome.output;
}

TEST_F(QueryTest, RefusesWhatIsNoSelect) {
  for (const char* sql : {"DELETE FROM ohlc_1s", "SELEC 1", "SELECT * FROM nowhere", "COPY ohlc_1s TO 'x.csv'",
                          "SELECT * FROM read_text('/etc/hostname')", "SELECT 1) ; DROP TABLE ohlc_1s; SELECT (1"}) {
    const Outcome outcome = query(sql);
    EXPECT_EQ(outcome.code, 1) << sql;
    EXPECT_EQ(lines_of(outcome.errors).size(), 1u) << outcome.errors;
    EXPECT_EQ(outcome.output, "") << sql;
  }
  EXPECT_EQ(count_bars(folder_ / "bars.duckdb"), 2);
}

TEST_F(QueryTest, ADatabaseThatIsNotThereIsSaidAndNotMade) {
  const Outcome outcome = run({"query", "--db", "absent.duckdb", "SELECT 1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.errors.find("absent.duckdb"), std::string::npos);
  EXPECT_EQ(Process({"test", "-e", "absent.duckdb"}, folder_.path()).wait(), 1);
}

TEST_F(QueryTest, BadUsageIsExit2) {
  EXPECT_EQ(run({"query"}).code, 2);
  EXPECT_EQ(run({"query", "--format", "xml", "SELECT 1"}).code, 2);
  EXPECT_EQ(run({"query", "--help"}).code, 0);
}

}  // namespace
}  // namespace streamd
