// The rows that the daemon has stored, read beside it: from the file, read-only; while that is locked again and again,
// by the daemon itself, over the Unix socket in its state dir. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/query_reader.h"

namespace streamd::probe {

class StoredRows {
 public:
  StoredRows(std::string database, std::string state_dir)
      : database_(std::move(database)), socket_(std::move(state_dir) + "/http.sock") {}

  // Error kind not_found: no such file.
  Result<void> read(const std::string& sql, const std::function<void(const TextRow&)>& row) const;
  // How many lines the daemon has refused so far. Nothing: it does not answer on its socket.
  std::optional<std::uint64_t> refused_lines() const;

 private:
  Result<void> ask_daemon(const std::string& sql, const std::function<void(const TextRow&)>& row) const;

  std::string database_;
  std::string socket_;
};

}  // namespace streamd::probe
