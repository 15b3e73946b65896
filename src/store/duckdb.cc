#include "store/duckdb.h"

#include <duckdb.h>
#include <fmt/format.h>
#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "io/file.h"
#include "store/sql_text.h"

namespace streamd::duck {
namespace {

bool contains_any(std::string_view message, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return message.find(part) != std::string_view::npos; });
}

// What DuckDB says of a file or a log whose bytes are not what it wrote. Errors in SQL can quote anything, and a full
// disk or memory damages nothing.
bool speaks_of_damage(std::string_view message) {
  const std::string_view kind = message.substr(0, message.find(" Error"));
  if (kind != "IO" && kind != "Serialization" && kind != "INTERNAL" && kind != "FATAL") return false;
  if (contains_any(message, {"Out of Memory", "No space left", "Too many open files", "Permission denied",
                             "Is a directory"})) {
    return false;
  }
  return kind == "Serialization" ||
         contains_any(message, {"orrupt", "Could not read", "Failed to deserialize",
                                "Failed to load metadata pointer", "Failure while replaying", "WAL does not match",
                                "WAL checkpoint iteration does not match"});
}

Error database_error(const char* text, const std::string& path) {
  std::string message = text == nullptr ? "unknown error" : text;
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  ErrorKind kind = ErrorKind::other;
  if (contains_any(message, {"Could not set lock on file", "Conflicting lock"})) {
    kind = ErrorKind::locked;
  } else if (contains_any(message, {"database does not exist"})) {
    kind = ErrorKind::not_found;
  } else if (contains_any(message, {"database file with version number", "newer version of DuckDB"})) {
    kind = ErrorKind::refused;
  } else if (speaks_of_damage(message)) {
    kind = ErrorKind::damaged;
  }
  return Error{path + ": " + message, kind};
}

const char* type_name(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT: return "TINYINT";
    case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
    case DUCKDB_TYPE_INTEGER: return "INTEGER";
    case DUCKDB_TYPE_BIGINT: return "BIGINT";
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT: return "FLOAT";
    case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
    case DUCKDB_TYPE_DECIMAL: return "DECIMAL";
    case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
    case DUCKDB_TYPE_BLOB: return "BLOB";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_DATE: return "DATE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
    case DUCKDB_TYPE_ENUM: return "ENUM";
    case DUCKDB_TYPE_LIST: return "LIST";
    case DUCKDB_TYPE_ARRAY: return "ARRAY";
    case DUCKDB_TYPE_STRUCT: return "STRUCT";
    case DUCKDB_TYPE_MAP: return "MAP";
    case DUCKDB_TYPE_UNION: return "UNION";
    case DUCKDB_TYPE_SQLNULL: return "NULL";
    default: return "OTHER";
  }
}

constexpr const char* kInMemory = ":memory:";

// Of a DuckDB that did not open a file.
Error opening_error(const char* text, const std::string& path) {
  Error error = database_error(text, path);
  if (error.kind == ErrorKind::other && file_kind(path) == FileKind::something_else) {
    return Error{error.message + " (this is not a DuckDB database)", ErrorKind::refused};
  }
  return read_error(std::move(error));
}

// As DuckDB calls a database that is opened from this file, but for names that it has already.
std::string name_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  const std::string name = file.substr(0, file.find('.'));
  const auto is = [&name](const char* taken) { return ::strcasecmp(name.c_str(), taken) == 0; };
  return sql_name(is("") || is("main") || is("memory") || is("system") || is("temp") ? name + "_db" : name);
}

constexpr std::size_t kMagicOffset = 8;
constexpr std::string_view kMagic = "DUCK";

}  // namespace

FileKind file_kind(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return FileKind::unknown;
  if (!S_ISREG(status.st_mode)) return FileKind::unknown;
  auto file = open_for_reading(path);
  if (!file) return FileKind::unknown;
  char bytes[kMagic.size()];
  auto size = read_at(file->get(), path, bytes, sizeof(bytes), kMagicOffset);
  if (!size) return FileKind::unknown;
  return std::string_view(bytes, *size) == kMagic ? FileKind::database : FileKind::something_else;
}

Error read_error(Error error) {
  const bool unexpected = contains_any(error.message, {": INTERNAL Error", ": FATAL Error"});
  if (error.kind == ErrorKind::other && unexpected) error.kind = ErrorKind::damaged;
  return error;
}

struct Database::Handle {
  duckdb_database database = nullptr;
  ~Handle() { duckdb_close(&database); }
};

Database::Database(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const std::string& path, Access access, const Limits& limits) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess) return Error{"DuckDB: no memory for a configuration"};
  std::vector<std::pair<std::string, std::string>> settings = {
      {"access_mode", access == Access::read_only ? "READ_ONLY" : "READ_WRITE"},
      {"threads", std::to_string(limits.threads)},
      {"memory_limit", limits.memory},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
  };
  if (!limits.temp_directory.empty()) settings.emplace_back("temp_directory", limits.temp_directory);
  if (!limits.spill) settings.emplace_back("temp_directory", "");
  if (limits.block_reserve_mib > 0) {
    settings.emplace_back("block_allocator_memory", fmt::format("{}MiB", limits.block_reserve_mib));
  }
  if (limits.lock_down) {
    settings.emplace_back("enable_external_access", "false");
    settings.emplace_back("lock_configuration", "true");
  }
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess) {
      duckdb_destroy_config(&config);
      return Error{"DuckDB knows no setting " + name + "=" + value};
    }
  }
  auto handle = std::make_unique<Handle>();
  char* text = nullptr;
  const duckdb_state state = duckdb_open_ext(path.c_str(), &handle->database, config, &text);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    Error error = opening_error(text, path);
    duckdb_free(text);
    return error;
  }
  return Database(std::move(handle));
}

Result<Database> Database::open_empty(const Limits& limits) { return open(kInMemory, Access::read_write, limits); }

struct QueryResult::State {
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  idx_t row = 0;
  idx_t rows = 0;
  std::vector<void*> data;
  std::vector<std::uint64_t*> validity;

  ~State() {
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
  }
};

QueryResult::QueryResult(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueryResult::~QueryResult() = default;
QueryResult::QueryResult(QueryResult&&) noexcept = default;
QueryResult& QueryResult::operator=(QueryResult&&) noexcept = default;

bool QueryResult::next() {
  State& state = *state_;
  if (++state.row < state.rows) return true;
  do {
    duckdb_destroy_data_chunk(&state.chunk);
    state.chunk = duckdb_fetch_chunk(state.result);
    if (state.chunk == nullptr) {
      state.rows = 0;
      return false;
    }
    state.rows = duckdb_data_chunk_get_size(state.chunk);
  } while (state.rows == 0);
  state.row = 0;
  state.data.clear();
  state.validity.clear();
  for (idx_t column = 0; column < duckdb_data_chunk_get_column_count(state.chunk); ++column) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(state.chunk, column);
    state.data.push_back(duckdb_vector_get_data(vector));
    state.validity.push_back(duckdb_vector_get_validity(vector));
  }
  return true;
}

Result<void> QueryResult::ended() const {
  const char* text = duckdb_result_error(&state_->result);
  if (text == nullptr || *text == '\0') return {};
  return database_error(text, "DuckDB");
}

std::size_t QueryResult::columns() const { return duckdb_column_count(&state_->result); }
std::string QueryResult::column_name(std::size_t column) const { return duckdb_column_name(&state_->result, column); }
bool QueryResult::is_null(std::size_t column) const {
  std::uint64_t* validity = state_->validity[column];
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, state_->row);
}
std::int64_t QueryResult::int64(std::size_t column) const {
  return static_cast<std::int64_t*>(state_->data[column])[state_->row];
}
std::int32_t QueryResult::int32(std::size_t column) const {
  return static_cast<std::int32_t*>(state_->data[column])[state_->row];
}
double QueryResult::float64(std::size_t column) const {
  return static_cast<double*>(state_->data[column])[state_->row];
}
bool QueryResult::boolean(std::size_t column) const {
  return static_cast<bool*>(state_->data[column])[state_->row];
}
std::string_view QueryResult::text(std::size_t column) const {
  auto* value = &static_cast<duckdb_string_t*>(state_->data[column])[state_->row];
  return {duckdb_string_t_data(value), duckdb_string_t_length(*value)};
}

struct Connection::Handle {
  duckdb_connection connection = nullptr;
  ~Handle() { duckdb_disconnect(&connection); }
};

Connection::Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection> Connection::open(Database& database) {
  auto handle = std::make_unique<Handle>();
  if (duckdb_connect(database.handle_->database, &handle->connection) != DuckDBSuccess) {
    return Error{"DuckDB refused a connection"};
  }
  return Connection(std::move(handle));
}

Result<void> Connection::run(const std::string& sql) {
  auto result = query(sql);
  if (!result) return result.error();
  return {};
}

Result<QueryResult> Connection::query(const std::string& sql) {
  auto state = std::make_unique<QueryResult::State>();
  if (duckdb_query(handle_->connection, sql.c_str(), &state->result) != DuckDBSuccess) {
    return database_error(duckdb_result_error(&state->result), "DuckDB");
  }
  return QueryResult(std::move(state));
}

Result<void> Connection::attach(const std::string& path, Access access) {
  const std::string name = name_of(path);
  const std::string sql = fmt::format("ATTACH {} AS {} ({}); USE {}.main", sql_literal(path), name,
                                      access == Access::read_only ? "READ_ONLY" : "READ_WRITE", name);
  duckdb_result result;
  const duckdb_state state = duckdb_query(handle_->connection, sql.c_str(), &result);
  const auto done = state == DuckDBSuccess ? Result<void>() : opening_error(duckdb_result_error(&result), path);
  duckdb_destroy_result(&result);
  return done;
}

Result<void> Connection::detach(const std::string& path) { return run("USE memory; DETACH " + name_of(path)); }

Result<void> Connection::lock_down() {
  return run("DETACH memory; SET enable_external_access = false; SET lock_configuration = true");
}

struct Statement::Handle {
  duckdb_prepared_statement statement = nullptr;
  ~Handle() { duckdb_destroy_prepare(&statement); }
};

Statement::Statement(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Statement::~Statement() = default;
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;

Result<Statement> Statement::prepare(Connection& connection, const std::string& text) {
  struct Extracted {
    duckdb_extracted_statements statements = nullptr;
    ~Extracted() { duckdb_destroy_extracted(&statements); }
  } extracted;
  const idx_t count =
      duckdb_extract_statements(connection.handle_->connection, text.c_str(), &extracted.statements);
  if (count == 0) {
    const char* complaint = duckdb_extract_statements_error(extracted.statements);
    if (complaint != nullptr) return database_error(complaint, "DuckDB");
  }
  if (count != 1) return Error{fmt::format("one statement, please, not {}", count), ErrorKind::refused};
  auto handle = std::make_unique<Handle>();
  if (duckdb_prepare_extracted_statement(connection.handle_->connection, extracted.statements, 0,
                                         &handle->statement) != DuckDBSuccess) {
    return database_error(duckdb_prepare_error(handle->statement), "DuckDB");
  }
  return Statement(std::move(handle));
}

Statement::Kind Statement::kind() const {
  switch (duckdb_prepared_statement_type(handle_->statement)) {
    case DUCKDB_STATEMENT_TYPE_SELECT: return Kind::select;
    case DUCKDB_STATEMENT_TYPE_EXPLAIN: return Kind::explain;
    default: return Kind::other;
  }
}

std::size_t Statement::columns() const { return duckdb_prepared_statement_column_count(handle_->statement); }

std::string Statement::column_name(std::size_t column) const {
  const char* name = duckdb_prepared_statement_column_name(handle_->statement, column);
  std::string copy = name == nullptr ? "" : name;
  duckdb_free(const_cast<char*>(name));
  return copy;
}

std::string Statement::column_type(std::size_t column) const {
  return type_name(duckdb_prepared_statement_column_type(handle_->statement, column));
}

Result<QueryResult> Statement::stream() {
  struct Pending {
    duckdb_pending_result pending = nullptr;
    ~Pending() { duckdb_destroy_pending(&pending); }
  } pending;
  if (duckdb_pending_prepared_streaming(handle_->statement, &pending.pending) != DuckDBSuccess) {
    return database_error(duckdb_pending_error(pending.pending), "DuckDB");
  }
  auto state = std::make_unique<QueryResult::State>();
  if (duckdb_execute_pending(pending.pending, &state->result) != DuckDBSuccess) {
    return database_error(duckdb_result_error(&state->result), "DuckDB");
  }
  return QueryResult(std::move(state));
}

struct Appender::Handle {
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<duckdb_vector> vectors;
  std::vector<void*> data;
  idx_t row = 0;
  idx_t capacity = duckdb_vector_size();

  ~Handle() {
    duckdb_destroy_data_chunk(&chunk);
    duckdb_appender_destroy(&appender);
  }

  void point_at_columns() {
    vectors.clear();
    data.clear();
    for (idx_t column = 0; column < duckdb_data_chunk_get_column_count(chunk); ++column) {
      vectors.push_back(duckdb_data_chunk_get_vector(chunk, column));
      data.push_back(duckdb_vector_get_data(vectors.back()));
    }
  }
};

Appender::Appender(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Appender::~Appender() = default;
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;

Result<Appender> Appender::create(Connection& connection, const std::string& table, std::vector<ColumnType> types) {
  auto handle = std::make_unique<Handle>();
  if (duckdb_appender_create(connection.handle_->connection, nullptr, table.c_str(), &handle->appender) !=
      DuckDBSuccess) {
    return database_error(duckdb_appender_error(handle->appender), table);
  }
  std::vector<duckdb_logical_type> logical;
  for (ColumnType type : types) {
    duckdb_type duck_type = DUCKDB_TYPE_INVALID;
    switch (type) {
      case ColumnType::text: duck_type = DUCKDB_TYPE_VARCHAR; break;
      case ColumnType::timestamp: duck_type = DUCKDB_TYPE_TIMESTAMP; break;
      case ColumnType::float64: duck_type = DUCKDB_TYPE_DOUBLE; break;
      case ColumnType::int64: duck_type = DUCKDB_TYPE_BIGINT; break;
      case ColumnType::int32: duck_type = DUCKDB_TYPE_INTEGER; break;
      case ColumnType::boolean: duck_type = DUCKDB_TYPE_BOOLEAN; break;
    }
    logical.push_back(duckdb_create_logical_type(duck_type));
  }
  handle->chunk = duckdb_create_data_chunk(logical.data(), logical.size());
  for (duckdb_logical_type& type : logical) duckdb_destroy_logical_type(&type);
  handle->point_at_columns();
  return Appender(std::move(handle));
}

void Appender::set_text(std::size_t column, std::string_view value) {
  duckdb_vector_assign_string_element_len(handle_->vectors[column], handle_->row, value.data(), value.size());
}
void Appender::set_timestamp(std::size_t column, std::int64_t micros) { set_int64(column, micros); }
void Appender::set_float64(std::size_t column, double value) {
  static_cast<double*>(handle_->data[column])[handle_->row] = value;
}
void Appender::set_int64(std::size_t column, std::int64_t value) {
  static_cast<std::int64_t*>(handle_->data[column])[handle_->row] = value;
}
void Appender::set_int32(std::size_t column, std::int32_t value) {
  static_cast<std::int32_t*>(handle_->data[column])[handle_->row] = value;
}
void Appender::set_boolean(std::size_t column, bool value) {
  static_cast<bool*>(handle_->data[column])[handle_->row] = value;
}
void Appender::set_null(std::size_t column) {
  duckdb_vector_ensure_validity_writable(handle_->vectors[column]);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(handle_->vectors[column]), handle_->row);
}

Result<void> Appender::end_row() {
  if (++handle_->row < handle_->capacity) return {};
  return hand_over_chunk();
}

Result<void> Appender::hand_over_chunk() {
  Handle& handle = *handle_;
  duckdb_data_chunk_set_size(handle.chunk, handle.row);
  if (duckdb_append_data_chunk(handle.appender, handle.chunk) != DuckDBSuccess) {
    return database_error(duckdb_appender_error(handle.appender), "append");
  }
  duckdb_data_chunk_reset(handle.chunk);
  handle.point_at_columns();
  handle.row = 0;
  return {};
}

Result<void> Appender::finish() {
  if (handle_->row > 0) {
    if (auto handed = hand_over_chunk(); !handed) return handed;
  }
  if (duckdb_appender_close(handle_->appender) != DuckDBSuccess) {
    return database_error(duckdb_appender_error(handle_->appender), "append");
  }
  return {};
}

}  // namespace streamd::duck
