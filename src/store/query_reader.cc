#include "store/query_reader.h"

#include "store/duckdb.h"
#include "store/sql_text.h"

namespace streamd {

Result<void> read_query(const std::string& path, const std::string& sql,
                        const std::function<void(const std::vector<std::string>&)>& header,
                        const std::function<void(const TextRow&)>& row) {
  duck::Limits limits;
  limits.lock_down = true;
  auto database = duck::Database::open(path, duck::Access::read_only, limits);
  if (!database) return database.error();
  auto connection = duck::Connection::open(*database);
  if (!connection) return connection.error();
  // The newlines keep a trailing comment from swallowing the rest.
  auto rows = connection->query("SELECT COLUMNS(*)::VARCHAR FROM (\n" + without_semicolon(sql) + "\n)");
  if (!rows) return rows.error();
  std::vector<std::string> names;
  for (std::size_t column = 0; column < rows->columns(); ++column) names.push_back(rows->column_name(column));
  header(names);
  TextRow values(names.size());
  while (rows->next()) {
    for (std::size_t column = 0; column < names.size(); ++column) {
      values[column] = rows->is_null(column) ? std::nullopt : std::optional(rows->text(column));
    }
    row(values);
  }
  return {};
}

}  // namespace streamd
