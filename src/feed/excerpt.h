// What others wrote, for messages to persons: quoted, on one line, not long, and nothing in it that a terminal obeys.
#pragma once

#include <string>
#include <string_view>

namespace streamd::feed {

inline constexpr std::size_t kExcerptBytes = 160;

// The beginning of `text`; any bytes.
std::string excerpt(std::string_view text, std::size_t max_bytes = kExcerptBytes);

}  // namespace streamd::feed
