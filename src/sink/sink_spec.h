// What --decision-sink and --ohlc-sink take: "file:PATH" or "tcp://HOST:PORT".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace streamd {

struct SinkSpec {
  enum class Kind { file, tcp };
  Kind kind = Kind::file;
  std::string path;        // file
  std::string host;        // tcp: a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string text;        // as it was given
};

Result<SinkSpec> parse_sink_spec(std::string_view text);

// Of the folder in which its spool is: "decisions-tcp-0123456789abcdef". `lines`: "decisions" or "bars".
std::string spool_folder_name(std::string_view lines, const SinkSpec& spec);

}  // namespace streamd
