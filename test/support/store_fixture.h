// A database in a folder of its own, rows for it, and what is in it afterwards. For the tests of src/store.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "store/bar_store.h"

namespace streamd {

struct StoredRows {
  std::int64_t rows = 0;
  std::int64_t keys = 0;  // fewer than rows: some are doubled
  std::int64_t spans = 0;
  std::int64_t progress_rows = 0;
  std::optional<Progress> progress;
};

inline StoredRows read_stored(const std::string& path) {
  StoredRows stored;
  auto database = duck::Database::open(path, duck::Access::read_only, {});
  EXPECT_TRUE(database.ok()) << (database ? "" : database.error().message);
  if (!database) return stored;
  auto connection = duck::Connection::open(*database);
  auto rows = connection->query(
      "SELECT (SELECT count(*) FROM ohlc_1s), (SELECT count(*) FROM (SELECT DISTINCT symbol, timestamp FROM ohlc_1s)), "
      "(SELECT count(*) FROM ohlc_1s_spans), (SELECT count(*) FROM stream_progress), "
      "(SELECT min(journal_id) FROM stream_progress), (SELECT min(position) FROM stream_progress)");
  EXPECT_TRUE(rows.ok()) << (rows ? "" : rows.error().message);
  if (!rows || !rows->next()) return stored;
  stored = {rows->int64(0), rows->int64(1), rows->int64(2), rows->int64(3), std::nullopt};
  if (!rows->is_null(4)) stored.progress = {std::string(rows->text(4)), static_cast<std::uint64_t>(rows->int64(5))};
  return stored;
}

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~StoreFixture() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open(bool exclusive = false) {
    store_.reset();
    auto opened = BarStore::open({path_, exclusive, {}}, counters_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
    announced_ = false;
  }
  // `count` bars of one symbol, from second `from` on.
  void add(BarStore& store, Second from, int count) {
    EffectBatch effects;
    if (!announced_) effects.new_symbols = {"BTCUSDT"};
    announced_ = true;
    for (Second second = from; second < from + count; ++second) {
      BarWrite write;
      write.second = second;
      write.bar.add(1, static_cast<double>(second) * 1.0001, 0.37 + static_cast<double>(second % 91));
      effects.writes.push_back(write);
    }
    store.add(effects);
  }
  void add(Second from, int count) { add(*store_, from, count); }

  Progress at(std::uint64_t position) const { return {"journal-1", position}; }
  Result<void> commit(std::uint64_t position, CommitTarget target = CommitTarget::log) {
    return store_->commit(target, at(position));
  }
  // Rows [0, 500) in the file at position 1, then `commits` of 500 rows each in the log. The store is closed.
  void fill(int commits) {
    open();
    for (int i = 0; i <= commits; ++i) {
      add(i * 500, 500);
      const auto done = commit(static_cast<std::uint64_t>(i) + 1, i == 0 ? CommitTarget::file : CommitTarget::log);
      ASSERT_TRUE(done.ok()) << done.error().message;
    }
    store_.reset();
    if (commits > 0) {
      ASSERT_GT(std::filesystem::file_size(path_ + ".wal"), 0);
    }
  }

  static void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
  }

  const std::string folder_ = testing::TempDir() + "store_test_" + std::to_string(::getpid());
  std::string path_ = folder_ + "/bars.duckdb";
  Counters counters_;
  std::unique_ptr<BarStore> store_;
  bool announced_ = false;
};

}  // namespace streamd
