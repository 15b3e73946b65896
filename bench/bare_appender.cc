#include "bench/bare_appender.h"

#include <algorithm>
#include <array>
#include <vector>

#include "bench/bar_rows.h"
#include "bench/duckdb_session.h"
#include "bench/failure.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

constexpr std::uint64_t kBatchRows = 1'000'000;
constexpr std::array kColumnTypes = {DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_DOUBLE,
                                     DUCKDB_TYPE_DOUBLE,  DUCKDB_TYPE_DOUBLE,    DUCKDB_TYPE_DOUBLE,
                                     DUCKDB_TYPE_DOUBLE,  DUCKDB_TYPE_BIGINT,    DUCKDB_TYPE_VARCHAR};

class Chunk {
 public:
  Chunk() {
    std::array<duckdb_logical_type, kColumnTypes.size()> types;
    for (std::size_t i = 0; i < types.size(); ++i) types[i] = duckdb_create_logical_type(kColumnTypes[i]);
    chunk_ = duckdb_create_data_chunk(types.data(), types.size());
    for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  ~Chunk() { duckdb_destroy_data_chunk(&chunk_); }

  void clear() {
    duckdb_data_chunk_reset(chunk_);
    for (std::size_t i = 0; i < kColumnTypes.size(); ++i) {
      vectors_[i] = duckdb_data_chunk_get_vector(chunk_, i);
      data_[i] = duckdb_vector_get_data(vectors_[i]);
    }
  }

  void set_row(idx_t place, const BarRow& row, const std::string& symbol, const std::string& label) {
    set_text(0, place, symbol);
    set<std::int64_t>(1, place, row.second * 1'000'000);
    set(2, place, static_cast<double>(row.open_cents) / 100);
    set(3, place, static_cast<double>(row.high_cents) / 100);
    set(4, place, static_cast<double>(row.low_cents) / 100);
    set(5, place, static_cast<double>(row.close_cents) / 100);
    set(6, place, static_cast<double>(row.volume_thousandths) / 1000);
    set(7, place, row.trades);
    set_text(8, place, label);
  }

  void append_to(duckdb_appender appender, idx_t rows) {
    duckdb_data_chunk_set_size(chunk_, rows);
    if (duckdb_append_data_chunk(appender, chunk_) != DuckDBSuccess) fail("{}", duckdb_appender_error(appender));
  }

 private:
  template <typename Value>
  void set(std::size_t column, idx_t place, Value value) {
    static_cast<Value*>(data_[column])[place] = value;
  }
  void set_text(std::size_t column, idx_t place, const std::string& text) {
    duckdb_vector_assign_string_element_len(vectors_[column], place, text.data(), text.size());
  }

  duckdb_data_chunk chunk_ = nullptr;
  std::array<duckdb_vector, kColumnTypes.size()> vectors_{};
  std::array<void*, kColumnTypes.size()> data_{};
};

void append_batch(duckdb_connection connection, BarRows& rows, std::uint64_t count,
                  const std::vector<std::string>& names, const std::string& label) {
  duckdb_appender appender = nullptr;
  if (duckdb_appender_create(connection, nullptr, "ohlc_1s", &appender) != DuckDBSuccess) {
    fail("{}", duckdb_appender_error(appender));
  }
  Chunk chunk;
  while (count > 0) {
    const idx_t size = std::min<idx_t>(count, duckdb_vector_size());
    chunk.clear();
    for (idx_t place = 0; place < size; ++place) {
      const BarRow row = rows.next();
      chunk.set_row(place, row, names[row.symbol], label);
    }
    chunk.append_to(appender, size);
    count -= size;
  }
  if (duckdb_appender_close(appender) != DuckDBSuccess) fail("{}", duckdb_appender_error(appender));
  duckdb_appender_destroy(&appender);
}

}  // namespace

void append_bars(const std::string& path, std::uint64_t count, std::uint32_t symbols, const std::string& label) {
  DuckdbSession session(path, 1);
  session.run(kCreateTable);
  const std::vector<std::string> names = symbol_names(symbols);
  BarRows rows(symbols, kFirstSecond);
  for (std::uint64_t done = 0; done < count; done += kBatchRows) {
    session.run("BEGIN");
    append_batch(session.connection(), rows, std::min(kBatchRows, count - done), names, label);
    session.run("COMMIT");
  }
}

}  // namespace streamd::bench
