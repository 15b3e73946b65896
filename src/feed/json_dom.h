// JSON as a tree. For .cc files in this folder.
#pragma once

#include <simdjson.h>

#include <string_view>

namespace streamd::feed {

// What it gives lives until the parser's next call. `json`: any bytes, and none, also at no address (which simdjson
// would copy from).
inline simdjson::simdjson_result<simdjson::dom::element> parse_json(simdjson::dom::parser& parser,
                                                                    std::string_view json) {
  if (json.empty()) return simdjson::EMPTY;
  return parser.parse(json.data(), json.size());
}

}  // namespace streamd::feed
