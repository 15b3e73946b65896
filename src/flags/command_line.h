// The parsing of a program's command line, as all programs do it: help and version go to stdout, what is wrong becomes one
// line that names --help.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamd {

// The program ends before it does anything.
struct EarlyEnd {
  int exit_code = 0;
  std::string output;     // for stdout
  std::string complaint;  // for stderr, one line
};

// `arguments` without the program's name. Nothing: they are taken, and the program goes on.
inline std::optional<EarlyEnd> parse_command_line(CLI::App& app, std::vector<std::string> arguments) {
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return EarlyEnd{0, app.help(), ""};
  } catch (const CLI::CallForVersion&) {
    return EarlyEnd{0, app.version() + "\n", ""};
  } catch (const CLI::ParseError& error) {
    return EarlyEnd{2, "", std::string(error.what()) + "; see " + app.get_name() + " --help"};
  }
}

}  // namespace streamd
