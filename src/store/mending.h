// Opening a database that may be damaged, when a journal holds what it is made of. What cannot be read is moved aside,
// never removed: first the write-ahead log (the file is then as at its last checkpoint), then the file.
// What the moved log held is written again by the caller, from the journal: stored_progress() says from where on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "store/bar_store.h"

namespace streamd {

// As BarStore::open. On damage, and on a file that is no DuckDB database, moves <db>.wal to <db>.wal.damaged-<mark> and
// tries again, then <db> to <db>.damaged-<mark> and makes a new one; where such a file exists, -2 and so on is added.
// `moved` gets the new paths, also on an error.
Result<std::unique_ptr<BarStore>> open_mending(const StoreOptions& options, Counters& counters, const std::string& mark,
                                               std::vector<std::string>& moved);

}  // namespace streamd
