#include "probe/stored_rows.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <chrono>
#include <thread>

#include "probe/unix_http.h"

namespace streamd::probe {
namespace {

// A batch holds the file for milliseconds; who holds it for longer has it for good.
constexpr std::chrono::milliseconds kLocked{3000};
constexpr std::chrono::milliseconds kBetweenLooks{10};

}  // namespace

Result<void> StoredRows::read(const std::string& sql, const std::function<void(const TextRow&)>& row) const {
  const auto give_up = std::chrono::steady_clock::now() + kLocked;
  for (;;) {
    const auto done = read_query(database_, sql, [](const std::vector<std::string>&) {}, row);
    if (done || done.error().kind != ErrorKind::locked) return done;
    if (std::chrono::steady_clock::now() >= give_up) break;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  auto asked = ask_daemon(sql, row);
  if (asked) return asked;
  return Error{fmt::format("{} is locked, and asking the daemon: {}", database_, asked.error().message)};
}

Result<void> StoredRows::ask_daemon(const std::string& sql, const std::function<void(const TextRow&)>& row) const {
  auto body = unix_http_post(socket_, "/query?format=json", "application/sql",
                             fmt::format("SELECT COLUMNS(*)::VARCHAR FROM (\n{}\n)", sql));
  if (!body) return body.error();
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  simdjson::dom::array rows;
  if (parser.parse(*body).get(answer) != simdjson::SUCCESS || answer["rows"].get(rows) != simdjson::SUCCESS) {
    return Error{"an answer without rows"};
  }
  bool truncated = false;
  if (answer["truncated"].get(truncated) == simdjson::SUCCESS && truncated) return Error{"too many rows for one answer"};
  TextRow values;
  for (const simdjson::dom::array columns : rows) {
    values.clear();
    for (const simdjson::dom::element value : columns) {
      std::string_view text;
      values.push_back(value.get(text) == simdjson::SUCCESS ? std::optional(text) : std::nullopt);
    }
    row(values);
  }
  return {};
}

std::optional<std::uint64_t> StoredRows::refused_lines() const {
  auto body = unix_http_get(socket_, "/metrics.json");
  if (!body) return std::nullopt;
  simdjson::dom::parser parser;
  std::uint64_t lines = 0;
  if (parser.parse(*body)["invalid_lines"].get(lines) != simdjson::SUCCESS) return std::nullopt;
  return lines;
}

}  // namespace streamd::probe
