// Where things are unless a flag says otherwise; the same for all programs.
#pragma once

#include <string>

namespace streamd {

inline constexpr const char* kDefaultDatabase = "logs/research/market.duckdb";

// Of a database by its own name (io/file.h, without_links).
inline std::string default_state_dir(const std::string& database) { return database + ".state"; }

}  // namespace streamd
