#include "bench/duckdb_session.h"

#include <filesystem>

#include "bench/failure.h"

namespace streamd::bench {

DuckdbSession::DuckdbSession(const std::string& path, int threads) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "threads", std::to_string(threads).c_str());
  char* error = nullptr;
  if (duckdb_open_ext(path.empty() ? nullptr : path.c_str(), &database_, config, &error) != DuckDBSuccess) {
    fail("{}", error);
  }
  duckdb_destroy_config(&config);
  if (duckdb_connect(database_, &connection_) != DuckDBSuccess) fail("{}: no connection", path);
}

DuckdbSession::~DuckdbSession() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

std::int64_t DuckdbSession::value(const std::string& sql) {
  duckdb_result result;
  if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) fail("{}", duckdb_result_error(&result));
  const std::int64_t first = duckdb_row_count(&result) > 0 ? duckdb_value_int64(&result, 0, 0) : 0;
  duckdb_destroy_result(&result);
  return first;
}

std::string label_of(const std::string& file) {
  return "tail:" + std::filesystem::path(file).filename().string();
}

}  // namespace streamd::bench
