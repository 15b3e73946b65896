#include "query/hostile_statements.h"

using std::string_literals::operator""s;

namespace streamd {
namespace {

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

void add(std::vector<HostileStatement>& to, Fate fate, std::vector<std::string> statements) {
  for (std::string& sql : statements) to.push_back({std::move(sql), fate});
}

const std::vector<std::string> kWrites = {
    "INSERT INTO ohlc_1s SELECT * FROM ohlc_1s",
    "UPDATE ohlc_1s SET close = 0",
    "DELETE FROM ohlc_1s",
    "TRUNCATE ohlc_1s",
    "MERGE INTO ohlc_1s USING (SELECT 'ES' AS symbol) s ON ohlc_1s.symbol = s.symbol WHEN MATCHED THEN DELETE",
    "DROP TABLE ohlc_1s",
    "DROP VIEW stream_actions_latest",
    "CREATE TABLE mine (i INTEGER)",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "CREATE OR REPLACE VIEW stream_actions_latest AS SELECT 1",
    "CREATE MACRO mine() AS 1",
    "CREATE SEQUENCE mine",
    "CREATE SCHEMA mine",
    "CREATE TYPE mine AS ENUM ('a')",
    "CREATE INDEX mine ON ohlc_1s (symbol)",
    "CREATE SECRET mine (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "ALTER TABLE ohlc_1s ADD COLUMN mine INTEGER",
    "ALTER TABLE ohlc_1s RENAME TO mine",
    "COMMENT ON TABLE ohlc_1s IS 'mine'",
    "WITH gone AS (DELETE FROM ohlc_1s RETURNING *) SELECT * FROM gone",
    "WITH x AS (SELECT 1) INSERT INTO ohlc_1s SELECT * FROM x",
    "SELECT 1 INTO mine",
    "SELECT nextval('mine')",
    "EXPLAIN ANALYZE DELETE FROM ohlc_1s",
    "EXPLAIN ANALYZE CREATE TABLE mine AS SELECT 1",
    "EXPLAIN DROP TABLE ohlc_1s",
};

const std::vector<std::string> kFiles = {
    "COPY ohlc_1s TO '/tmp/hostile.csv'",
    "COPY (SELECT 1) TO '/tmp/hostile.parquet' (FORMAT parquet)",
    "COPY ohlc_1s FROM '/etc/passwd'",
    "COPY FROM DATABASE memory TO mine",
    "EXPORT DATABASE '/tmp/hostile'",
    "IMPORT DATABASE '/tmp/hostile'",
    "ATTACH '/tmp/hostile.duckdb' AS mine",
    "ATTACH ':memory:' AS mine",
    "DETACH memory",
    "USE memory",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM Read_CSV('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM \"read_parquet\"('/tmp/*.parquet')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_ndjson_objects('/etc/passwd')",
    "SELECT * FROM read_duckdb('/tmp/x.duckdb')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM 'https://example.org/x.parquet'",
    "SELECT * FROM 's3://bucket/x.csv'",
    "FROM (FROM (SELECT 1), main.read_text('/etc/passwd'))",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "EXPLAIN SELECT * FROM read_text('/etc/passwd')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/hostile.duckdb_extension'",
    "FORCE INSTALL httpfs FROM 'http://localhost:1'",
    "UPDATE EXTENSIONS",
    "SELECT getenv('HOME')",
};

const std::vector<std::string> kInside = {
    "SET memory_limit = '100GB'",
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "SET VARIABLE mine = 1",
    "RESET memory_limit",
    "PRAGMA memory_limit = '100GB'",
    "PRAGMA version",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "PRAGMA import_database('/tmp/hostile')",
    "CALL pragma_version()",
    "CALL checkpoint()",
    "CALL enable_logging()",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "SELECT * FROM checkpoint()",
    "SELECT * FROM force_checkpoint()",
    "SELECT * FROM main.force_checkpoint()",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM enable_profiling()",
    "SELECT * FROM truncate_duckdb_logs()",
    "SELECT write_log('x')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('ohlc_1s')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT json_serialize_plan('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM sql_auto_complete('SEL')",
    "BEGIN",
    "BEGIN TRANSACTION READ ONLY",
    "COMMIT",
    "ROLLBACK",
    "PREPARE mine AS SELECT 1",
    "EXECUTE mine",
    "DEALLOCATE mine",
    "VACUUM",
    "VACUUM ANALYZE ohlc_1s",
    "ANALYZE",
    "KILL 1",
    "PIVOT range(3) ON range USING count(*)",
};

const std::vector<std::string> kHidden = {
    "SELECT 1; DELETE FROM ohlc_1s",
    "SELECT 1; SELECT 2",
    ";;;",
    "",
    "   \n\t ",
    "-- nothing",
    "/* nothing */",
    "/* a comment */ DELETE FROM ohlc_1s",
    "/* one /* inside */ another */ DROP TABLE ohlc_1s",
    "-- SELECT\nDELETE FROM ohlc_1s",
    "SELECT 1 -- \n; DELETE FROM ohlc_1s",
    "SELECT 1) ; DELETE FROM ohlc_1s; --",
    "SELECT 1) UNION SELECT * FROM (SELECT 2",
    "SELECT 1 /*",
    "SELECT $$a$$; DELETE FROM ohlc_1s",
    "$$ SELECT 1 $$",
    "\xC2\xA0" "DELETE\xC2\xA0" "FROM\xC2\xA0ohlc_1s",
    "\xE2\x80\x83" "DROP\xE2\x80\x83TABLE ohlc_1s",
    "\xEF\xBB\xBF" "DELETE FROM ohlc_1s",
    "\xEF\xBC\xB3" "ELECT 1; DELETE FROM ohlc_1s",
    "\xFF\xFE\x00S"s,
    "SELECT 1\0; DELETE FROM ohlc_1s"s,
    "dElEtE FrOm ohlc_1s",
    "SELECT * FROM rEaD_tExT('/etc/passwd')",
    "SELECT * FROM read_text/* */('/etc/passwd')",
    "SELECT * FROM U&\"\\0072ead_text\"('/etc/passwd')",
    "EXPLAIN EXPLAIN DELETE FROM ohlc_1s",
    "EXPLAIN (FORMAT json) DELETE FROM ohlc_1s",
    "EXPLAIN/**/DELETE FROM ohlc_1s",
    "EXPLAIN SELECT 1; DELETE FROM ohlc_1s",
    "DESCRIBE DELETE FROM ohlc_1s",
    "SUMMARIZE DELETE FROM ohlc_1s",
    "SELECT * FROM (DELETE FROM ohlc_1s)",
    "SELECT $1",
    "SELECT ?",
    "\\copy ohlc_1s to x",
    ".read /etc/passwd",
    ".shell id",
};

const std::vector<std::string> kGreedy = {
    "SELECT count(*) FROM range(100000000000) a, range(10000000) b",
    "SELECT count(*) FROM range(1000000000000)",
    "SELECT sum(a.range * b.range % 7) FROM range(1000000) a, range(1000000) b",
    "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a",
    "WITH RECURSIVE a AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM a) SELECT max(len(s)) FROM a",
    "SELECT * FROM range(1000000000)",
    "SELECT repeat('x', 100000) FROM range(100000)",
    "SELECT repeat('x', 1000000000)",
    "SELECT len(repeat('x', 4000000000))",
    "SELECT sum(len(repeat('x', 100000000 + i))) FROM range(2000) t(i)",
    "SELECT lpad('x', 2000000000, 'y')",
    "SELECT printf('%2000000000d', 1)",
    "SELECT range(1000000000000)",
    "SELECT list_sort(list_transform(range(1000000000), x -> hash(x)))",
    "SELECT sum(len(list_transform(range(30000000 + i), x -> x * x % 7))) FROM range(200) t(i)",
    "SELECT sum(levenshtein(repeat('ab', 20000 + i), repeat('ba', 20000 + i))) FROM range(2000) t(i)",
    "SELECT string_agg(i::VARCHAR, ',') FROM range(1000000000) t(i)",
    "SELECT i, count(*) FROM range(1000000000) t(i) GROUP BY i",
    "SELECT * FROM range(1000000000) t(i) ORDER BY hash(i) LIMIT 1 OFFSET 100000000",
    "SELECT sum(regexp_matches(repeat('a', 100000 + i), '(a*)*b(a|aa)+$')::INT) FROM range(100000) t(i)",
    "SELECT sleep_ms(100000)",
    "SELECT array_resize([1], 2000000000)",
    "EXPLAIN ANALYZE SELECT count(*) FROM range(100000000000) a, range(10000000) b",
};

}  // namespace

std::vector<HostileStatement> hostile_statements() {
  std::vector<HostileStatement> all;
  for (const auto* refused : {&kWrites, &kFiles, &kInside, &kHidden}) add(all, Fate::refused, *refused);
  add(all, Fate::refused, {"SELECT '" + std::string(1 << 20, 'x') + "'"});
  add(all, Fate::cut, kGreedy);
  std::string doubled = "WITH a0 AS (SELECT 'x' AS s)";
  for (int i = 1; i < 40; ++i) {
    doubled += ", a" + std::to_string(i) + " AS (SELECT s || s AS s FROM a" + std::to_string(i - 1) + ")";
  }
  add(all, Fate::cut, {doubled + " SELECT len(s) FROM a39"});
  add(all, Fate::harmless,
      {"SELECT " + repeated("(", 30000) + "1" + repeated(")", 30000),
       "SELECT " + repeated("(SELECT ", 5000) + "1" + repeated(")", 5000),
       "SELECT " + repeated("-", 60000) + "1", "SELECT 1" + repeated("+1", 30000), "SELECT " + repeated("[", 20000),
       "SELECT 1 " + repeated("UNION SELECT 1 ", 4000), "SELECT 1 WHERE " + repeated("NOT ", 15000) + "true",
       "SELECT CASE " + repeated("WHEN 1 = 1 THEN 1 ", 3000) + "END", repeated("/*", 30000),
       "SELECT '" + repeated("''", 30000) + "'", "SELECT regexp_matches('x', '" + repeated("(a?){1000}", 10) + "')",
       "SELECT regexp_matches('x', '(((((x{100}){100}){100}){100}){100})')"});
  return all;
}

}  // namespace streamd
