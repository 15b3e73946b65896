#include "daemon/query_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "daemon/options.h"
#include "io/file.h"
#include "store/query_reader.h"

namespace streamd {
namespace {

constexpr std::size_t kMaxTableRows = 10'000;  // a table is for people; CSV has no bound

void append_csv_field(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line.push_back('"');
  for (char c : text) {
    if (c == '"') line.push_back('"');
    line.push_back(c);
  }
  line.push_back('"');
}

// `text_of(field)` is a std::string_view.
template <typename Fields, typename TextOf>
void print_csv_line(const Fields& fields, std::string& line, TextOf text_of) {
  line.clear();
  for (const auto& field : fields) {
    append_csv_field(line, text_of(field));
    line.push_back(',');
  }
  line.back() = '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) line += fmt::format("{:<{}}  ", rows[r][i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
    if (r == 0) {
      std::string rule;
      for (std::size_t width : widths) rule += std::string(width, '-') + "  ";
      rule.resize(rule.size() - 2);
      fmt::print("{}\n", rule);
    }
  }
}

}  // namespace

int run_query_command(std::vector<std::string> arguments) {
  std::string db = Options().db;
  std::string sql;
  std::string format = "table";
  double wait_s = 5;
  CLI::App app("Prints what a SELECT finds in the daemon's database, which may be in use.", "stream_daemon query");
  app.add_option("--db", db, "DuckDB file")->capture_default_str();
  app.add_option("--format", format, "table or csv")->check(CLI::IsMember({"table", "csv"}))->capture_default_str();
  app.add_option("--wait", wait_s, "Seconds to try again while the file is locked")->capture_default_str();
  app.add_option("sql", sql, "One SELECT, for example: SELECT * FROM ohlc_1s LIMIT 5")->required();
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "stream_daemon query: %s; see stream_daemon query --help\n", error.what());
    return 2;
  }
  db = without_links(db);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_s);
  for (;;) {
    std::vector<std::vector<std::string>> table;
    std::string line;
    const auto done = read_query(
        db, sql,
        [&](const std::vector<std::string>& names) {
          if (format == "csv") return print_csv_line(names, line, [](std::string_view name) { return name; });
          table.push_back(names);
        },
        [&](const TextRow& row) {
          if (format == "csv") return print_csv_line(row, line, [](const auto& value) { return value.value_or(""); });
          if (table.size() > kMaxTableRows) return;
          std::vector<std::string>& fields = table.emplace_back();
          for (const auto& value : row) fields.emplace_back(value.value_or("NULL"));
        });
    if (done) {
      if (format == "table") print_table(table);
      if (table.size() > kMaxTableRows) {
        std::fprintf(stderr, "stream_daemon query: only the first %zu rows; --format csv prints all\n", kMaxTableRows);
      }
      return 0;
    }
    if (done.error().kind != ErrorKind::locked || std::chrono::steady_clock::now() >= give_up) {
      std::fprintf(stderr, "stream_daemon query: %s\n", done.error().message.c_str());
      return 1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace streamd
