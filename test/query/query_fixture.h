// A database with some rows, a desk that asks it by the daemon's own program, and what must not change meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "store/query_desk.h"
#include "support/paths.h"
#include "support/store_fixture.h"

namespace streamd {

using Millis = std::chrono::milliseconds;

inline Millis since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
}

class QueryFixture : public StoreFixture {
 protected:
  DeskOptions desk_options() const {
    DeskOptions options;
    options.path = path_;
    options.program = program_path("stream_daemon");
    return options;
  }
  static QueryAnswer ask(QueryDesk& desk, const std::string& sql, ResultFormat format = ResultFormat::csv) {
    return desk.ask(sql, format, [] { return false; });
  }
  void open_with_desk(QueryDesk& desk, bool exclusive = false) {
    auto opened = BarStore::open({path_, exclusive, {}, &desk}, counters_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
    announced_ = false;
  }

  // Of all tables' rows, all that the catalogue has, and the files beside the database.
  std::string fingerprint() const {
    std::string all;
    auto database = duck::Database::open(path_, duck::Access::read_only, {});
    EXPECT_TRUE(database.ok()) << (database ? "" : database.error().message);
    if (!database) return all;
    auto connection = duck::Connection::open(*database);
    for (const std::string& sql : fingerprint_queries(*connection)) {
      auto rows = connection->query(sql);
      EXPECT_TRUE(rows.ok()) << sql;
      while (rows && rows->next()) all += std::string(rows->text(0)) + "\n";
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      all += entry.path().filename().string() + " " + std::to_string(entry.file_size()) + "\n";
    }
    return all;
  }

 private:
  static std::vector<std::string> fingerprint_queries(duck::Connection& connection) {
    std::vector<std::string> queries = {
        "SELECT coalesce(sql, '') FROM duckdb_tables() ORDER BY 1",
        "SELECT coalesce(sql, '') FROM duckdb_views() WHERE NOT internal ORDER BY 1",
        "SELECT function_name FROM duckdb_functions() WHERE NOT internal ORDER BY 1",
        "SELECT sequence_name FROM duckdb_sequences() ORDER BY 1",
        "SELECT index_name FROM duckdb_indexes() ORDER BY 1"};
    auto tables = connection.query("SELECT table_name FROM duckdb_tables() ORDER BY 1");
    while (tables && tables->next()) {
      const std::string name(tables->text(0));
      queries.push_back("SELECT '" + name + " ' || count(*) || ' ' || coalesce(bit_xor(hash(t)), 0) FROM " + name +
                        " t");
    }
    return queries;
  }
};

}  // namespace streamd
