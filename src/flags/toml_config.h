// CLI11 reads and prints configuration files by this: real TOML, by toml++. Flags' names are keys, no tables.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace streamd {

class TomlConfig final : public CLI::Config {
 public:
  std::string to_config(const CLI::App* app, bool defaults_too, bool, std::string) const override;
  // Throws CLI::FileError for what is no TOML, CLI::ConfigError for tables.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
};

}  // namespace streamd
