// A token that a file keeps: one line, which whoever wants in must know.
#pragma once

#include <string>

#include "base/result.h"

namespace streamd {

// `flag` named the file, and is in the error. Empty when `path` is.
Result<std::string> read_token_file(const char* flag, const std::string& path);

}  // namespace streamd
