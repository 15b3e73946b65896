#include "store/mending.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "io/file.h"

namespace streamd {
namespace {

// DuckDB's log, and those that it has beside it during a checkpoint and while it recovers from a broken-off one.
constexpr const char* kLogSuffixes[] = {".wal", ".wal.checkpoint", ".wal.recovery"};

bool exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(std::filesystem::symlink_status(path, unknown));
}

Result<void> move_aside(const std::string& path, const std::string& mark, std::vector<std::string>& moved) {
  const std::string wanted = path + ".damaged-" + mark;
  std::string target = wanted;
  for (int i = 2; exists(target); ++i) target = fmt::format("{}-{}", wanted, i);
  if (std::rename(path.c_str(), target.c_str()) != 0) return system_error("move aside", path);
  log_error("{} was moved to {}", path, target);
  moved.push_back(target);
  return sync_folder(std::filesystem::absolute(path).parent_path().string());
}

Result<void> move_logs_aside(const std::string& path, const std::string& mark, std::vector<std::string>& moved) {
  for (const char* suffix : kLogSuffixes) {
    if (!exists(path + suffix)) continue;
    if (auto done = move_aside(path + suffix, mark, moved); !done) return done;
  }
  return {};
}

bool can_be_mended(const Error& error, const std::string& path) {
  return error.kind == ErrorKind::damaged ||
         (error.kind == ErrorKind::refused && duck::file_kind(path) == duck::FileKind::something_else);
}

}  // namespace

Result<std::unique_ptr<BarStore>> open_mending(const StoreOptions& options, Counters& counters, const std::string& mark,
                                               std::vector<std::string>& moved) {
  const std::string& path = options.path;
  // DuckDB would remove it.
  if (!exists(path) && exists(path + ".wal")) {
    log_error("{} is gone, but its write-ahead log is there", path);
    if (auto done = move_logs_aside(path, mark, moved); !done) return done.error();
  }
  auto store = BarStore::open(options, counters);
  if (store || !can_be_mended(store.error(), path)) return store;

  const std::size_t moved_before = moved.size();
  log_error("the database is damaged: {}", store.error().message);
  if (auto done = move_logs_aside(path, mark, moved); !done) return done.error();
  if (moved.size() > moved_before) {
    store = BarStore::open(options, counters);
    if (store || !can_be_mended(store.error(), path)) return store;
    log_error("the database is damaged without its write-ahead log, too: {}", store.error().message);
    if (auto done = move_logs_aside(path, mark, moved); !done) return done.error();
  }
  if (auto done = move_aside(path, mark, moved); !done) return done.error();
  std::error_code absent;
  std::filesystem::remove(BarStore::suspicion_path(path), absent);
  return BarStore::open(options, counters);
}

}  // namespace streamd
