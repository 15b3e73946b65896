// Nothing that anybody can send changes the database, takes longer than it may, or ends the process.
#include "query/hostile_statements.h"
#include "query/query_fixture.h"

namespace streamd {
namespace {

class HostileTest : public QueryFixture {};

// For a busy machine, beyond the time limit.
constexpr Millis kMargin{2000};

TEST_F(HostileTest, EachStatementIsRefusedOrCutOff) {
  fill(2);
  const std::string before = fingerprint();
  DeskOptions options = desk_options();
  options.limits.rows = 1000;
  options.limits.bytes = 1 << 20;
  DeskOptions impatient = options;
  impatient.limits.time = Millis(800);
  QueryDesk desk(options);
  QueryDesk impatient_desk(impatient);
  const auto statements = hostile_statements();
  ASSERT_GE(statements.size(), 100);
  for (const auto& [sql, fate] : statements) {
    SCOPED_TRACE(sql.substr(0, 100));
    QueryDesk& asked = fate == Fate::cut ? impatient_desk : desk;
    const auto start = std::chrono::steady_clock::now();
    const QueryAnswer answer = ask(asked, sql);
    EXPECT_LE(since(start), asked.limits().time + kMargin);
    EXPECT_LE(answer.text.size(), options.limits.bytes);
    const bool is_refused = answer.outcome == QueryAnswer::Outcome::refused;
    if (is_refused) {
      EXPECT_EQ(answer.text.find('\n'), std::string::npos) << answer.text;
      EXPECT_FALSE(answer.text.empty());
    }
    switch (fate) {
      case Fate::refused: EXPECT_TRUE(is_refused) << answer.text; break;
      case Fate::cut:
        EXPECT_TRUE(is_refused || answer.outcome == QueryAnswer::Outcome::out_of_time ||
                    answer.truncation != Truncation::none)
            << answer.text;
        break;
      case Fate::harmless: break;
    }
  }
  EXPECT_EQ(fingerprint(), before);
  EXPECT_EQ(ask(desk, "SELECT count(*) FROM ohlc_1s").text, "count_star()\r\n1500\r\n");
}

TEST_F(HostileTest, WhatOnlyReadsIsRun) {
  fill(0);
  QueryDesk desk(desk_options());
  for (const char* sql : {
           "SELECT * FROM ohlc_1s", "  select 1;  ", "WITH x AS (SELECT 1) SELECT * FROM x", "FROM ohlc_1s LIMIT 1",
           "VALUES (1, 2)", "TABLE ohlc_1s", "DESCRIBE ohlc_1s", "SHOW TABLES", "SHOW ALL TABLES",
           "SUMMARIZE ohlc_1s", "EXPLAIN SELECT 1", "explain analyze\nSELECT count(*) FROM ohlc_1s",
           "SELECT 1 -- a comment", "/* a comment */ SELECT 1", "SELECT $$ DELETE FROM ohlc_1s; $$",
           "SELECT 'read_text(''x'')'", "SELECT * FROM duckdb_tables()", "SELECT * FROM information_schema.columns",
           "FROM range(4) PIVOT (count(*) FOR range IN (1, 2))", "SELECT unnest([1, 2])",
           "SELECT time_bucket(INTERVAL '1 minute', timestamp) AS m, arg_min(open, timestamp) FROM ohlc_1s GROUP BY m",
           "SELECT symbol, avg(close) OVER (ORDER BY timestamp ROWS 10 PRECEDING) FROM ohlc_1s",
           "SELECT json_extract('{\"a\":1}', '$.a'), regexp_replace('abc', 'b', 'x'), repeat('-', 10)",
       }) {
    const QueryAnswer answer = ask(desk, sql, ResultFormat::json);
    EXPECT_EQ(answer.outcome, QueryAnswer::Outcome::done) << sql << ": " << answer.text;
  }
}

TEST_F(HostileTest, LimitsOnRowsAndBytesAreTold) {
  fill(0);
  DeskOptions options = desk_options();
  options.limits.rows = 3;
  options.limits.bytes = 1000;
  QueryDesk desk(options);
  const QueryAnswer rows = ask(desk, "SELECT * FROM range(4)");
  EXPECT_EQ(rows.truncation, Truncation::rows);
  EXPECT_EQ(rows.text, "range\r\n0\r\n1\r\n2\r\n");
  EXPECT_EQ(ask(desk, "SELECT * FROM range(3)").truncation, Truncation::none);
  const QueryAnswer bytes = ask(desk, "SELECT repeat('x', 400) AS x FROM range(3)", ResultFormat::json);
  EXPECT_EQ(bytes.truncation, Truncation::bytes);
  EXPECT_TRUE(bytes.text.ends_with("\"truncated\":true}\n")) << bytes.text;
  EXPECT_LE(bytes.text.size(), options.limits.bytes);
}

TEST_F(HostileTest, AnErrorAmongTheRowsIsAnErrorOfTheStatement) {
  fill(0);
  QueryDesk desk(desk_options());
  const auto answer = ask(desk, "SELECT CASE WHEN range > 50000 THEN error('late') ELSE 1 END FROM range(90000)");
  EXPECT_EQ(answer.outcome, QueryAnswer::Outcome::refused);
  EXPECT_EQ(answer.text, "DuckDB: Invalid Input Error: late");
}

}  // namespace
}  // namespace streamd
