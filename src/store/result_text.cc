#include "store/result_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

namespace streamd {
namespace {

constexpr std::size_t kMaxTailBytes = 32;  // of what ends a text
constexpr std::int64_t kMaxWholeNumber = std::int64_t{1} << 53;
constexpr std::ptrdiff_t kMaxDigits = 15;

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_csv_field(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

bool is_exact_whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && value >= -kMaxWholeNumber &&
         value <= kMaxWholeNumber;
}

bool is_exact_decimal(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) <= kMaxDigits;
}

bool is_finite(std::string_view text) {
  return text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

}  // namespace

std::string_view to_text(ResultFormat format) {
  switch (format) {
    case ResultFormat::csv: return "csv";
    case ResultFormat::ndjson: return "ndjson";
    case ResultFormat::json: break;
  }
  return "json";
}

std::string_view to_text(Truncation truncation) {
  switch (truncation) {
    case Truncation::rows: return "rows";
    case Truncation::bytes: return "bytes";
    case Truncation::none: break;
  }
  return "none";
}

std::optional<ResultFormat> result_format(std::string_view text) {
  for (ResultFormat format : {ResultFormat::json, ResultFormat::csv, ResultFormat::ndjson}) {
    if (to_text(format) == text) return format;
  }
  return std::nullopt;
}

std::optional<Truncation> truncation(std::string_view text) {
  for (Truncation one : {Truncation::none, Truncation::rows, Truncation::bytes}) {
    if (to_text(one) == text) return one;
  }
  return std::nullopt;
}

ResultText::Writing ResultText::writing_of(const std::string& type) {
  if (type == "BOOLEAN") return Writing::boolean;
  if (type == "DECIMAL") return Writing::decimal;
  if (type == "DOUBLE" || type == "FLOAT") return Writing::floating;
  return type.ends_with("INT") || type.ends_with("INTEGER") ? Writing::whole : Writing::text;
}

ResultText::ResultText(ResultFormat format, std::vector<ResultColumn> columns, std::size_t max_bytes)
    : format_(format), columns_(std::move(columns)), max_bytes_(max_bytes) {
  std::set<std::string> keys;
  for (const ResultColumn& column : columns_) {
    writings_.push_back(writing_of(column.type));
    std::string key = column.name;
    for (int number = 2; !keys.insert(key).second; ++number) key = fmt::format("{}_{}", column.name, number);
    append_json_string(keys_.emplace_back(), key);
    keys_.back().push_back(':');
  }
  begin();
}

void ResultText::begin() {
  if (format_ == ResultFormat::ndjson) return;
  if (format_ == ResultFormat::json) text_ = "{\"columns\":[";
  const char* between = "";
  for (const ResultColumn& column : columns_) {
    text_ += between;
    between = ",";
    if (format_ == ResultFormat::csv) {
      append_csv_field(text_, column.name);
      continue;
    }
    text_ += "{\"name\":";
    append_json_string(text_, column.name);
    text_ += ",\"type\":";
    append_json_string(text_, column.type);
    text_ += "}";
  }
  text_ += format_ == ResultFormat::csv ? "\r\n" : "],\"rows\":[";
}

bool ResultText::add(const TextRow& row) {
  const std::size_t before = text_.size();
  // A single value can be far larger than the bound.
  std::size_t least = before + kMaxTailBytes;
  for (const auto& value : row) least += value ? value->size() : 0;
  if (least > max_bytes_) return false;
  write_row(row);
  if (text_.size() + kMaxTailBytes > max_bytes_) {
    text_.resize(before);
    return false;
  }
  has_rows_ = true;
  return true;
}

void ResultText::write_row(const TextRow& row) {
  if (format_ == ResultFormat::json) text_ += has_rows_ ? ",\n[" : "\n[";
  if (format_ == ResultFormat::ndjson) text_.push_back('{');
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (column > 0) text_.push_back(',');
    if (format_ == ResultFormat::csv) {
      if (row[column]) append_csv_field(text_, *row[column]);
      continue;
    }
    if (format_ == ResultFormat::ndjson) text_ += keys_[column];
    write_json_value(writings_[column], row[column]);
  }
  switch (format_) {
    case ResultFormat::json: text_ += "]"; break;
    case ResultFormat::csv: text_ += "\r\n"; break;
    case ResultFormat::ndjson: text_ += "}\n"; break;
  }
}

void ResultText::write_json_value(Writing writing, const std::optional<std::string_view>& value) {
  if (!value || (writing == Writing::floating && !is_finite(*value))) {
    text_ += "null";
    return;
  }
  const bool as_it_is = writing == Writing::boolean || writing == Writing::floating ||
                        (writing == Writing::whole && is_exact_whole(*value)) ||
                        (writing == Writing::decimal && is_exact_decimal(*value));
  if (as_it_is) {
    text_ += *value;
  } else {
    append_json_string(text_, *value);
  }
}

std::string ResultText::finish(bool truncated) {
  if (format_ == ResultFormat::json) {
    text_ += truncated ? "],\"truncated\":true}\n" : "],\"truncated\":false}\n";
  }
  return std::move(text_);
}

}  // namespace streamd
