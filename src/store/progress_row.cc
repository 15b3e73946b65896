#include "store/progress_row.h"

#include <fmt/format.h>

#include "store/sql_text.h"

namespace streamd {

Result<std::optional<Progress>> read_progress(duck::Connection& connection) {
  auto rows = connection.query("SELECT journal_id, position FROM stream_progress LIMIT 2");
  if (!rows) return rows.error();
  std::optional<Progress> progress;
  while (rows->next()) {
    if (progress || rows->is_null(0) || rows->is_null(1)) {
      return Error{"table stream_progress: expected one row without NULL; it is the daemon's own", ErrorKind::refused};
    }
    progress = Progress{std::string(rows->text(0)), static_cast<std::uint64_t>(rows->int64(1))};
  }
  return progress;
}

Result<void> write_progress(duck::Connection& connection, const std::optional<Progress>& stored,
                            const Progress& progress) {
  const auto position = static_cast<std::int64_t>(progress.position);
  if (!stored) {
    return connection.run(
        fmt::format("INSERT INTO stream_progress VALUES ({}, {})", sql_literal(progress.journal_id), position));
  }
  std::string changes = fmt::format("position = {}", position);
  if (stored->journal_id != progress.journal_id) changes += ", journal_id = " + sql_literal(progress.journal_id);
  return connection.run("UPDATE stream_progress SET " + changes);
}

}  // namespace streamd
