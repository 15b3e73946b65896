// The flags of decisions and sinks, what of them is refused, and the tables that a daemon makes or refuses.
#include <gtest/gtest.h>

#include <filesystem>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/decision_lines.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'700'000'000;

class DecisionFlagsTest : public testing::Test {
 protected:
  std::string print_config(Arguments arguments) {
    arguments.push_back("--print-config");
    DaemonProcess daemon(folder_, arguments);
    EXPECT_EQ(daemon.wait_exit(), 0);
    EXPECT_EQ(daemon.errors(), "");
    return daemon.output();
  }
  // The one line that it says before it ends with this code.
  std::string expect_refusal(const Arguments& arguments, int code) {
    DaemonProcess daemon(folder_, arguments);
    EXPECT_EQ(daemon.wait_exit(), code);
    const std::string said = daemon.errors();
    EXPECT_EQ(lines_of(said).size(), 1u) << said;
    EXPECT_TRUE(said.ends_with('\n')) << said;
    EXPECT_EQ(daemon.output(), "");
    return said;
  }
  void expect_usage_error(const Arguments& arguments, const std::vector<std::string>& words) {
    const std::string said = expect_refusal(arguments, 2);
    for (const std::string& word : words) EXPECT_NE(said.find(word), std::string::npos) << word << " in: " << said;
  }
  void expect_runs(const Arguments& arguments) {
    DaemonProcess daemon(folder_, arguments);
    daemon.port();
    EXPECT_EQ(daemon.stop(), 0);
  }
  TextTable columns_of(const std::string& name) {
    return read_table(db_, "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '" + name +
                               "' AND schema_name = 'main' ORDER BY column_index");
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(DecisionFlagsTest, Defaults) {
  const std::vector<std::string> printed = lines_of(print_config({}));
  const auto number_after = [](const std::string& line) { return std::stod(line.substr(line.find('=') + 1)); };
  const std::vector<std::pair<std::string, double>> numbers = {{"state-window", 200},
                                                               {"tau-on", 0},
                                                               {"tau-off", 0},
                                                               {"decision-base-size", 0.05},
                                                               {"gate-max-age-s", 0},
                                                               {"decision-fee-rate", 0.0005},
                                                               {"decision-slippage", 0.0003},
                                                               {"decision-edge-bps", 0},
                                                               {"decision-cost-budget", 0},
                                                               {"decision-cost-window", 60},
                                                               {"sink-spool-bytes", 8.0 * 1024 * 1024 * 1024},
                                                               {"sink-resend-s", 5},
                                                               {"sink-resend-bytes", 16.0 * 1024 * 1024},
                                                               {"amend-window-s", 300},
                                                               {"amend-memory", 64.0 * 1024 * 1024}};
  for (const auto& [name, value] : numbers) {
    const auto found = std::find_if(printed.begin(), printed.end(),
                                    [&](const std::string& line) { return line.starts_with(name + " = "); });
    ASSERT_NE(found, printed.end()) << name;
    EXPECT_EQ(number_after(*found), value) << *found;
  }
  for (const char* line :
       {"emit-decisions = false", "no-decision-stdout = false", "confidence = \"none\"",
        "phase6-log-dir = \"logs/phase6\"", "influence = false", "influence-log-dir = \"logs/asymmetry\"",
        "decision-sink = []", "ohlc-sink = []", "sink-full = \"block\""}) {
    EXPECT_NE(std::find(printed.begin(), printed.end(), line), printed.end()) << line;
  }
}

TEST_F(DecisionFlagsTest, APrintedConfigurationMeansTheSame) {
  for (const Arguments& arguments : {Arguments{}, Arguments{"--emit-decisions",
                                                            "--decision-sink",
                                                            "file:a",
                                                            "--decision-sink",
                                                            "tcp://h:1",
                                                            "--ohlc-sink",
                                                            "file:b",
                                                            "--tau-on",
                                                            "0.75",
                                                            "--tau-off",
                                                            "0.125",
                                                            "--decision-base-size",
                                                            "1",
                                                            "--decision-fee-rate",
                                                            "1e-05",
                                                            "--decision-cost-budget",
                                                            "12.5",
                                                            "--sink-full",
                                                            "detach",
                                                            "--confidence",
                                                            "legitimacy",
                                                            "--amend-window-s",
                                                            "7"}}) {
    const std::string printed = print_config(arguments);
    write_file(folder_ / "daemon.toml", printed);
    EXPECT_EQ(print_config({"--config", "daemon.toml"}), printed);
  }
}

TEST_F(DecisionFlagsTest, WrongOnesAreExit2InOneLine) {
  const auto emitting = [](Arguments more) {
    more.insert(more.begin(), "--emit-decisions");
    return more;
  };
  expect_usage_error({"--tau-on", "0.2", "--tau-off", "0.5"}, {"--tau-on", "0.2", "--tau-off", "0.5"});
  expect_usage_error({"--tau-off", "0.5"}, {"--tau-on", "--tau-off"});
  expect_usage_error({"--tau-on", "1.5"}, {"--tau-on", "1.5"});
  expect_usage_error({"--state-window", "1"}, {"--state-window"});
  expect_usage_error({"--decision-base-size", "2"}, {"--decision-base-size"});
  expect_usage_error({"--decision-fee-rate", "-0.1"}, {"--decision-fee-rate"});
  expect_usage_error({"--decision-slippage", "nan"}, {"--decision-slippage"});
  expect_usage_error({"--decision-edge-bps", "-1"}, {"--decision-edge-bps"});
  expect_usage_error({"--decision-cost-budget", "-1"}, {"--decision-cost-budget"});
  expect_usage_error({"--decision-cost-window", "-1"}, {"--decision-cost-window"});
  expect_usage_error({"--confidence", "full"}, {"--confidence", "full"});
  expect_usage_error({"--gate-max-age-s", "-1"}, {"--gate-max-age-s"});
  expect_usage_error({"--decision-sink", "file:a"}, {"--decision-sink", "--emit-decisions"});
  expect_usage_error(emitting({"--decision-sink", "a.ndjson"}), {"--decision-sink", "a.ndjson", "file:"});
  expect_usage_error(emitting({"--decision-sink", "file:"}), {"--decision-sink", "path"});
  expect_usage_error(emitting({"--decision-sink", "tcp://127.0.0.1"}), {"--decision-sink", "port"});
  expect_usage_error(emitting({"--decision-sink", "tcp://127.0.0.1:0"}), {"--decision-sink", "port"});
  expect_usage_error(emitting({"--decision-sink", "tcp://:9200"}), {"--decision-sink", "host"});
  expect_usage_error({"--ohlc-sink", "udp://127.0.0.1:9200"}, {"--ohlc-sink", "udp://127.0.0.1:9200"});
  expect_usage_error(emitting({"--decision-sink", "file:a", "--decision-sink", "file:a"}),
                     {"--decision-sink", "file:a", "twice"});
  expect_usage_error({"--ohlc-sink", "file:a", "--ohlc-sink", "file:a"}, {"--ohlc-sink", "file:a", "twice"});
  expect_usage_error({"--sink-full", "other"}, {"--sink-full", "other"});
  expect_usage_error({"--sink-spool-bytes", "1"}, {"--sink-spool-bytes"});
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(DecisionFlagsTest, ASinkNeverWritesIntoTheDaemonsOwnFiles) {
  write_file(folder_ / "day.ndjson", trade_line("A", kSecond * 1000, 5, 1));
  write_file(folder_ / "bars.duckdb", "kept");
  fs::create_symlink("day.ndjson", folder_ / "link.ndjson");
  fs::create_symlink("none.ndjson", folder_ / "dangling.ndjson");
  fs::create_hard_link(folder_ / "day.ndjson", folder_ / "hard.ndjson");
  fs::create_directory(folder_ / "state");
  fs::create_directory_symlink(".", folder_ / "here");
  const auto refuse = [this](const std::string& sink, const std::string& what) {
    const Arguments own = {"--tail", "day.ndjson", "--reject-file", "none.ndjson", "--state-dir", "state"};
    for (const char* flag : {"--ohlc-sink", "--decision-sink"}) {
      Arguments arguments = replaying(own);
      for (const std::string& more : {std::string("--emit-decisions"), std::string(flag), sink}) {
        arguments.push_back(more);
      }
      expect_usage_error(arguments, {flag, sink, what});
    }
  };
  refuse("file:bars.duckdb", "--db");
  refuse("file:" + db_, "--db");
  refuse("file:./here/bars.duckdb", "--db");
  refuse("file:bars.duckdb.wal", "--db");
  refuse("file:none.ndjson", "--reject-file");
  refuse("file:dangling.ndjson", "--reject-file");
  refuse("file:x/../day.ndjson", "--tail");
  refuse("file:link.ndjson", "--tail");
  refuse("file:hard.ndjson", "--tail");
  refuse("file:state/journal/new.ndjson", "state dir");
  refuse("file:here/state/out.ndjson", "state dir");
  EXPECT_EQ(read_file(db_), "kept");
  EXPECT_TRUE(fs::is_empty(folder_ / "state"));
}

TEST_F(DecisionFlagsTest, AFileSinkResendsNothing) {
  const Arguments small = {"--sink-spool-bytes", "1MiB"};
  const auto with = [&](const std::string& sink) { return Arguments{small[0], small[1], "--ohlc-sink", sink}; };
  expect_usage_error(with("tcp://127.0.0.1:1"), {"--sink-resend-bytes 16777216", "--sink-spool-bytes", "33554432"});
  expect_runs(listening(with("file:out.ndjson")));
}

TEST_F(DecisionFlagsTest, TablesHaveTheContractsColumns) {
  expect_runs(listening({"--emit-decisions"}));
  const TextTable state = {{"timestamp", "TIMESTAMP"}, {"symbol", "VARCHAR"},    {"close", "DOUBLE"},
                           {"state", "INTEGER"},       {"gate_open", "BOOLEAN"}, {"posture", "VARCHAR"},
                           {"source_file", "VARCHAR"}};
  const TextTable actions = {{"timestamp", "TIMESTAMP"}, {"symbol", "VARCHAR"},         {"state", "INTEGER"},
                             {"direction", "INTEGER"},   {"target_exposure", "DOUBLE"}, {"urgency", "DOUBLE"},
                             {"hold", "BOOLEAN"},        {"actionability", "DOUBLE"},   {"reason", "VARCHAR"},
                             {"gate_open", "BOOLEAN"},   {"posture", "VARCHAR"},        {"source_file", "VARCHAR"}};
  EXPECT_EQ(columns_of("stream_state"), state);
  EXPECT_EQ(columns_of("stream_actions"), actions);
  EXPECT_EQ(columns_of("stream_actions_latest"), actions);
  EXPECT_EQ(columns_of("ohlc_1s"), (TextTable{{"symbol", "VARCHAR"},
                                              {"timestamp", "TIMESTAMP"},
                                              {"open", "DOUBLE"},
                                              {"high", "DOUBLE"},
                                              {"low", "DOUBLE"},
                                              {"close", "DOUBLE"},
                                              {"volume", "DOUBLE"},
                                              {"trades", "BIGINT"},
                                              {"source_file", "VARCHAR"}}));
  EXPECT_EQ(
      columns_of("ohlc_1s_spans"),
      (TextTable{
          {"symbol", "VARCHAR"}, {"timestamp", "TIMESTAMP"}, {"open_ts_ms", "BIGINT"}, {"close_ts_ms", "BIGINT"}}));
  EXPECT_EQ(read_table(db_, "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY view_name"),
            (TextTable{{"influence_gate_feed"},
                       {"legitimacy_stream"},
                       {"quotient_cross_lag_inputs"},
                       {"quotient_deltas"},
                       {"stream_actions_latest"}}));
}

TEST_F(DecisionFlagsTest, SummariesHaveTheContractsColumns) {
  expect_runs(listening());
  const std::vector<std::string> features = {"vol_ratio",  "curvature", "drawdown",
                                             "burstiness", "acorr_1",   "var_ratio"};
  TextTable deltas;
  TextTable table = {{"symbol", "VARCHAR"},        {"window_start", "TIMESTAMP"}, {"window_end", "TIMESTAMP"},
                     {"window_seconds", "BIGINT"}, {"count", "BIGINT"},           {"legitimacy_density", "DOUBLE"},
                     {"unknown_frac", "DOUBLE"},   {"event_marker", "BOOLEAN"}};
  for (const std::string& feature : features) {
    table.insert(table.end(), {{"mean_" + feature, "DOUBLE"},
                               {"median_" + feature, "DOUBLE"},
                               {"mad_" + feature, "DOUBLE"},
                               {"run_length_pos_" + feature, "BIGINT"},
                               {"run_length_neg_" + feature, "BIGINT"}});
    deltas.push_back({"delta_" + feature, "DOUBLE"});
  }
  deltas.push_back({"delta_legitimacy", "DOUBLE"});
  for (const char* quantiles : {"quant_vol_ratio_", "quant_curvature_"}) {
    for (const char* share : {"p01", "p05", "p95", "p99"}) table.push_back({std::string(quantiles) + share, "DOUBLE"});
  }
  table.push_back({"artifact_ts", "TIMESTAMP"});
  EXPECT_EQ(columns_of("quotient_summaries"), table);
  EXPECT_EQ(columns_of("legitimacy_stream"), (TextTable{{"symbol", "VARCHAR"},
                                                        {"window_start", "TIMESTAMP"},
                                                        {"window_end", "TIMESTAMP"},
                                                        {"legitimacy_density", "DOUBLE"},
                                                        {"unknown_frac", "DOUBLE"},
                                                        {"artifact_ts", "TIMESTAMP"}}));
  TextTable window_deltas = {{"symbol", "VARCHAR"}, {"window_start", "TIMESTAMP"}, {"window_end", "TIMESTAMP"}};
  window_deltas.insert(window_deltas.end(), deltas.begin(), deltas.end());
  EXPECT_EQ(columns_of("quotient_deltas"), window_deltas);
  TextTable inputs = {{"target_symbol", "VARCHAR"},
                      {"source_symbol", "VARCHAR"},
                      {"lag", "INTEGER"},
                      {"target_window", "TIMESTAMP"},
                      {"source_window", "TIMESTAMP"}};
  inputs.insert(inputs.end(), deltas.begin(), deltas.end());
  inputs.insert(inputs.end(), {{"target_legitimacy", "DOUBLE"},
                               {"source_legitimacy", "DOUBLE"},
                               {"legitimacy_weight", "DOUBLE"},
                               {"artifact_ts", "TIMESTAMP"}});
  EXPECT_EQ(columns_of("quotient_cross_lag_inputs"), inputs);
  EXPECT_EQ(columns_of("influence_gate_feed"), (TextTable{{"target_symbol", "VARCHAR"},
                                                          {"source_symbol", "VARCHAR"},
                                                          {"lag", "INTEGER"},
                                                          {"legitimacy_weight", "DOUBLE"},
                                                          {"delta_legitimacy", "DOUBLE"},
                                                          {"artifact_ts", "TIMESTAMP"},
                                                          {"target_window", "TIMESTAMP"},
                                                          {"source_window", "TIMESTAMP"}}));
}

TEST_F(DecisionFlagsTest, TheViewHasTheNewestActionOfEachSymbol) {
  std::string text;
  for (int i = 0; i < 10; ++i) {
    for (const char* symbol : {"A", "B"}) text += trade_line(symbol, (kSecond + i) * 1000, 100 + i, 1);
  }
  text += trade_line("A", 1'700'000'020'000, 120, 1);
  write_file(folder_ / "day.ndjson", text);
  DaemonProcess daemon(folder_, replaying({"--tail", "day.ndjson", "--emit-decisions"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(read_table(db_, "SELECT symbol, timestamp FROM stream_actions_latest ORDER BY symbol"),
            (TextTable{{"A", "2023-11-14 22:13:40"}, {"B", "2023-11-14 22:13:29"}}));
}

TEST_F(DecisionFlagsTest, APostureThatIsANumberIsRefusedWithTheSqlThatMigratesIt) {
  const auto run_sql = [this](const std::string& sql) { OpenDatabase(db_, duck::Access::read_write).run(sql); };
  run_sql(
      "CREATE TABLE stream_state(timestamp TIMESTAMP, symbol VARCHAR, close DOUBLE, state INTEGER, gate_open BOOLEAN, "
      "posture INTEGER, source_file VARCHAR); "
      "INSERT INTO stream_state VALUES (make_timestamp(1700000000000000), 'A', 1.5, 1, true, 1, 'live:A'), "
      "(make_timestamp(1700000001000000), 'A', 1.25, 0, false, 0, 'live:A')");
  const std::string said = expect_refusal(listening(), 3);
  for (const char* word : {"stream_state", "posture", "INTEGER", "VARCHAR"}) {
    EXPECT_NE(said.find(word), std::string::npos) << word << " in: " << said;
  }
  constexpr std::string_view kBefore = "migrate it with: ";
  const std::size_t start = said.find(kBefore);
  ASSERT_NE(start, std::string::npos) << said;
  run_sql(said.substr(start + kBefore.size()));

  DaemonProcess daemon(folder_, listening({"--emit-decisions"}));
  TcpClient client(daemon.port());
  client.send(trade_line("A", 1'700'000'002'000, 1.75, 1));
  client.finish();
  EXPECT_TRUE(eventually([this] { return count_actions(db_) == 1; }));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(read_table(db_, "SELECT * FROM stream_state ORDER BY timestamp"),
            (TextTable{{"2023-11-14 22:13:20", "A", "1.5", "1", "true", "TRADE_NORMAL", "live:A"},
                       {"2023-11-14 22:13:21", "A", "1.25", "0", "false", "OBSERVE", "live:A"},
                       {"2023-11-14 22:13:22", "A", "1.75", "0", "false", "OBSERVE", "live:A"}}));
}

TEST_F(DecisionFlagsTest, TheFolderOfAFileSinkIsMade) {
  write_file(folder_ / "day.ndjson", trade_line("A", 1'700'000'000'000, 5, 1));
  DaemonProcess daemon(folder_, replaying({"--tail", "day.ndjson", "--emit-decisions", "--decision-sink",
                                           "file:logs/new/decisions.ndjson", "--ohlc-sink", "file:out/bars.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(lines_of(read_file(folder_ / "logs/new/decisions.ndjson")).size(), 1u);
  EXPECT_EQ(lines_of(read_file(folder_ / "out/bars.ndjson")).size(), 1u);
}

TEST_F(DecisionFlagsTest, AFileSinkThatCannotBeOpenedIsExit3) {
  write_file(folder_ / "plain", "");
  for (const char* path : {"plain/decisions.ndjson", "plain/deeper/decisions.ndjson"}) {
    const std::string spec = std::string("file:") + path;
    const std::string said = expect_refusal(listening({"--emit-decisions", "--decision-sink", spec}), 3);
    for (const std::string& word : {std::string("--decision-sink"), spec, std::string("plain")}) {
      EXPECT_NE(said.find(word), std::string::npos) << word << " in: " << said;
    }
    EXPECT_NE(expect_refusal(listening({"--ohlc-sink", spec}), 3).find("--ohlc-sink"), std::string::npos);
  }
  fs::create_directory(folder_ / "folder");
  EXPECT_NE(expect_refusal(listening({"--ohlc-sink", "file:folder"}), 3).find("folder"), std::string::npos);
}

}  // namespace
}  // namespace streamd
