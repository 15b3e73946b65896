// SQL of users, read-only: one SELECT over a database file that others may be writing, every value as text.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamd {

// A row's values in order; nothing for NULL. Views live until the next row.
using TextRow = std::vector<std::optional<std::string_view>>;

// Calls `header` with the column names, then `row` for each row. Error kinds: locked (the daemon is writing this
// moment; try again), not_found, other (DuckDB's message).
Result<void> read_query(const std::string& path, const std::string& sql,
                        const std::function<void(const std::vector<std::string>&)>& header,
                        const std::function<void(const TextRow&)>& row);

}  // namespace streamd
