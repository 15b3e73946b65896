// Thin owners over DuckDB's C API; the only place that includes its header (in duckdb.cc).
// A Connection lives within its Database, a QueryResult and an Appender within their Connection. One thread each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamd {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;  // of a TIMESTAMP, which is microseconds since 1970

}  // namespace streamd

namespace streamd::duck {

enum class Access { read_write, read_only };

// Set explicitly: DuckDB's own default takes 80 % of the machine's memory.
struct Limits {
  int threads = 1;  // more spin beside the daemon's own threads, and gain little on a batch
  std::string memory = "512MB";
  std::string temp_directory;  // empty: DuckDB's default, beside the file
  bool spill = true;           // false: what has no room in memory fails, and nothing is written to the disk
  int block_reserve_mib = 0;   // not 0: so much of what is read from files lies in one reserve of addresses (of 80 % of
                               // the machine's memory), which may be refused where overcommitting is off
  bool lock_down = false;      // no other files, no extensions, no settings: for SQL of users
};

// By the first bytes alone; unknown when they cannot be read.
enum class FileKind { unknown, database, something_else };
FileKind file_kind(const std::string& path);

// Of a call that only read: that DuckDB stumbled over itself there means damage, too.
Error read_error(Error error);

class Database {
 public:
  // Error kinds: locked (another process has it), not_found (read_only and no file), refused (not DuckDB's, or of a
  // version that this DuckDB does not read), damaged (the file or its log; any later statement may find that, too),
  // other.
  static Result<Database> open(const std::string& path, Access access, const Limits& limits);
  // One without a file, in memory, to attach files to.
  static Result<Database> open_empty(const Limits& limits);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

 private:
  friend class Connection;
  struct Handle;
  explicit Database(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// All rows of a statement, read chunk by chunk. Columns are read in their own type. Of a stream, each chunk is made
// when the one before it has been read.
class QueryResult {
 public:
  ~QueryResult();
  QueryResult(QueryResult&&) noexcept;
  QueryResult& operator=(QueryResult&&) noexcept;

  // Goes to the next row (the first at the first call); false after the last.
  bool next();
  // Once next() said false: whether that was the end. Only a stream can fail so late.
  Result<void> ended() const;
  std::size_t columns() const;
  std::string column_name(std::size_t column) const;
  bool is_null(std::size_t column) const;
  std::int64_t int64(std::size_t column) const;   // BIGINT, TIMESTAMP (µs)
  std::int32_t int32(std::size_t column) const;   // INTEGER
  double float64(std::size_t column) const;       // DOUBLE
  bool boolean(std::size_t column) const;         // BOOLEAN
  std::string_view text(std::size_t column) const;  // VARCHAR; until next()

 private:
  friend class Connection;
  friend class Statement;
  struct State;
  explicit QueryResult(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Connection {
 public:
  static Result<Connection> open(Database& database);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  Result<void> run(const std::string& sql);
  Result<QueryResult> query(const std::string& sql);

  // Of an empty database: from here on, what is done is done to this file, under the name that it has when it is opened
  // by itself, which takes five times as long. Error kinds as of Database::open.
  Result<void> attach(const std::string& path, Access access);
  // The file is closed. On an error the database must go, and closes it.
  Result<void> detach(const std::string& path);
  // For good: the attached file alone, and what Limits::lock_down says.
  Result<void> lock_down();

 private:
  friend class Appender;
  friend class Statement;
  struct Handle;
  explicit Connection(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// One statement of a text, parsed and bound, not run. Lives within its Connection.
class Statement {
 public:
  // Error kind refused: the text has none, or more than one. Other: DuckDB's message.
  static Result<Statement> prepare(Connection& connection, const std::string& text);
  ~Statement();
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;

  enum class Kind { select, explain, other };
  Kind kind() const;  // as DuckDB has it: some PRAGMAs are SELECTs
  std::size_t columns() const;
  std::string column_name(std::size_t column) const;
  std::string column_type(std::size_t column) const;  // "BIGINT"; of nested types the outermost: "LIST"
  // Runs it. The result is read before the statement goes.
  Result<QueryResult> stream();

 private:
  struct Handle;
  explicit Statement(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

enum class ColumnType { text, timestamp, float64, int64, int32, boolean };

// Bulk rows into one table, within the connection's transaction. Set every column of a row, then end_row().
class Appender {
 public:
  static Result<Appender> create(Connection& connection, const std::string& table, std::vector<ColumnType> types);
  ~Appender();
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;

  void set_text(std::size_t column, std::string_view value);
  void set_timestamp(std::size_t column, std::int64_t micros);
  void set_float64(std::size_t column, double value);
  void set_int64(std::size_t column, std::int64_t value);
  void set_int32(std::size_t column, std::int32_t value);
  void set_boolean(std::size_t column, bool value);
  void set_null(std::size_t column);
  Result<void> end_row();
  // Hands over what is left. Rows count as appended only when this succeeded.
  Result<void> finish();

 private:
  struct Handle;
  explicit Appender(std::unique_ptr<Handle> handle);
  Result<void> hand_over_chunk();
  std::unique_ptr<Handle> handle_;
};

}  // namespace streamd::duck
