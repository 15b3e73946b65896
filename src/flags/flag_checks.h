// What flags take: checks for the command line's parser. They stay silent in the help texts, which tell bounds where
// they matter.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <type_traits>

namespace streamd {

// CLI::Range, but for NaN, which that lets through.
template <typename Number>
CLI::Validator between(Number low, Number high) {
  const auto check = [low, high](std::string& text) -> std::string {
    Number value{};
    if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return "";
    return fmt::format("Value {} not in range {} to {}", text, low, high);
  };
  return CLI::Validator(check, "");
}

inline CLI::Validator port_value() { return between(0, 65'535); }

// Sizes are bytes, with or without a binary unit.
inline CLI::Validator size_value() { return CLI::AsSizeValue(false).description(""); }

}  // namespace streamd
