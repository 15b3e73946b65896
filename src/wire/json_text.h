// Text as JSON: escaping, and what cannot be text.
#pragma once

#include <string>
#include <string_view>

namespace streamd {

bool is_utf8(std::string_view text);
// Appends `text` quoted and escaped. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
void append_base64(std::string& out, std::string_view bytes);

}  // namespace streamd
