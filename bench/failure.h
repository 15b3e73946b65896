// What a benchmark does when it cannot go on: one line on stderr, exit code 2. (1 means that a bar was missed.)
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace streamd::bench {

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  const std::string message = fmt::format(text, std::forward<Args>(args)...);
  std::fprintf(stderr, "bench: %s\n", message.c_str());
  std::exit(2);
}

}  // namespace streamd::bench
