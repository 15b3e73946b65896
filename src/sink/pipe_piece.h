// What goes into a pipe by one write. As it is PIPE_BUF bytes at most, it is there whole or not at all: whoever stops
// between two writes has torn no line, but one that is longer than that.
#pragma once

#include <climits>
#include <string_view>

namespace streamd {

// Of lines that wait, the first of which may have been begun.
inline std::string_view pipe_piece(std::string_view lines) {
  const std::string_view piece = lines.substr(0, PIPE_BUF);
  const std::size_t newline = piece.rfind('\n');
  return newline == std::string_view::npos ? piece : piece.substr(0, newline + 1);
}

}  // namespace streamd
