#include "flags/toml_config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <sstream>
#include <type_traits>

namespace streamd {
namespace {

std::string as_flag_value(const toml::node& node, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* yes = node.as_boolean()) return yes->get() ? "true" : "false";
  throw CLI::ConfigError::Extras(key);
}

// The shortest text that reads as the same number; toml++ writes all 17 digits.
std::string line_of_fraction(const std::string& key, double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return key + " = " + text;
}

bool is_number(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return option.get_items_expected_max() != 0 && (type == "N" || type == "BYTES" || type == "SECONDS");
}

// A flag's value in its natural TOML type: everything in CLI11 is text.
template <typename Insert>
void insert_value(const CLI::Option& option, const std::string& text, Insert insert) {
  const std::string type = option.get_type_name();
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (option.get_items_expected_max() == 0) {
    insert(text == "true");
  } else if (type == "BYTES" || (type == "N" && is_whole)) {
    insert(static_cast<std::int64_t>(std::stoll(text)));
  } else if (type == "N") {
    insert(std::stod(text));
  } else if (type == "SECONDS") {
    insert(std::stod(text));
  } else {
    insert(text);
  }
}

}  // namespace

std::string TomlConfig::to_config(const CLI::App* app, bool defaults_too, bool, std::string) const {
  std::ostringstream out;
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_configurable() || option->get_lnames().empty()) continue;
    if (option->count() == 0 && !defaults_too) continue;
    toml::table line;
    const std::string& key = option->get_lnames().front();
    if (option->get_items_expected_max() > 1) {
      toml::array values;
      for (const std::string& text : option->results()) values.push_back(text);
      line.insert(key, values);
    } else {
      std::string text = option->count() > 0 ? option->reduced_results().front() : option->get_default_str();
      if (option->get_items_expected_max() == 0 && text != "true") text = "false";
      if (text.empty() && is_number(*option)) continue;  // its absence means something
      std::string fraction;
      insert_value(*option, text, [&](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
          fraction = line_of_fraction(key, value);
        } else {
          line.insert(key, value);
        }
      });
      if (!fraction.empty()) {
        out << fraction << "\n";
        continue;
      }
    }
    out << toml::toml_formatter(line, toml::format_flags::none) << "\n";
  }
  return out.str();
}

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& input) const {
  toml::table table;
  try {
    table = toml::parse(input);
  } catch (const toml::parse_error& error) {
    throw CLI::FileError(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  std::vector<CLI::ConfigItem> read;
  for (const auto& [key, node] : table) {
    CLI::ConfigItem item;
    item.name = std::string(key.str());
    if (const auto* values = node.as_array()) {
      for (const toml::node& value : *values) item.inputs.push_back(as_flag_value(value, item.name));
      if (item.inputs.empty()) continue;
    } else {
      item.inputs.push_back(as_flag_value(node, item.name));
    }
    read.push_back(std::move(item));
  }
  return read;
}

}  // namespace streamd
