#include "flags/token_file.h"

#include <fmt/format.h>

#include "io/file.h"
#include "wire/json_text.h"

namespace streamd {

Result<std::string> read_token_file(const char* flag, const std::string& path) {
  if (path.empty()) return std::string();
  auto token = read_whole_file(path);
  if (!token) return Error{fmt::format("{}: {}", flag, token.error().message)};
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
  if (token->empty()) return Error{fmt::format("{} {} is empty; write the token into it", flag, path)};
  const bool is_one_line = token->find_first_of("\r\n") == std::string::npos;
  if (!is_one_line || token->size() > 4096 || !is_utf8(*token)) {
    return Error{fmt::format("{} {}: the token must be one line of 1 to 4096 bytes of text", flag, path)};
  }
  return token;
}

}  // namespace streamd
