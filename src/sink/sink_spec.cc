#include "sink/sink_spec.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>

namespace streamd {
namespace {

constexpr std::string_view kFile = "file:";
constexpr std::string_view kTcp = "tcp://";

Error wrong(std::string_view text, std::string_view why) {
  return {fmt::format("sink '{}': {}; expected file:PATH or tcp://HOST:PORT", text, why)};
}

Result<SinkSpec> parse_tcp(std::string_view text) {
  SinkSpec spec{SinkSpec::Kind::tcp, {}, {}, 0, std::string(text)};
  const std::string_view address = text.substr(kTcp.size());
  const std::size_t colon = address.rfind(':');
  const bool bracketed = address.starts_with('[');
  if (bracketed) {
    const std::size_t bracket = address.find(']');
    if (bracket == std::string_view::npos) return wrong(text, "the ] of its address is missing");
    if (colon != bracket + 1) return wrong(text, "its port is missing");
    spec.host = address.substr(1, bracket - 1);
  } else {
    if (colon == std::string_view::npos) return wrong(text, "its port is missing");
    spec.host = address.substr(0, colon);
    if (spec.host.find(':') != std::string::npos) return wrong(text, "an IPv6 address stands in brackets: [::1]:9010");
  }
  if (spec.host.empty()) return wrong(text, "its host is missing");
  if (spec.host.find_first_of("/ \t@?#") != std::string::npos) return wrong(text, "its host is no name or address");
  const std::string_view port = address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), spec.port);
  if (error != std::errc() || end != port.data() + port.size() || spec.port == 0) {
    return wrong(text, fmt::format("'{}' is no port (1 to 65535)", port));
  }
  return spec;
}

}  // namespace

Result<SinkSpec> parse_sink_spec(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || text.find('\n') != std::string_view::npos) {
    return wrong(text.substr(0, text.find_first_of(std::string_view("\0\n", 2))), "it goes on over the end of its line");
  }
  if (text.starts_with(kTcp)) return parse_tcp(text);
  if (!text.starts_with(kFile)) return wrong(text, "it is of no known kind");
  const std::string_view path = text.substr(kFile.size());
  if (path.empty()) return wrong(text, "its path is missing");
  if (path.ends_with('/')) return wrong(text, "its path is a folder");
  return SinkSpec{SinkSpec::Kind::file, std::string(path), {}, 0, std::string(text)};
}

std::string spool_folder_name(std::string_view lines, const SinkSpec& spec) {
  return fmt::format("{}-{}-{:016x}", lines, spec.kind == SinkSpec::Kind::file ? "file" : "tcp",
                     XXH3_64bits(spec.text.data(), spec.text.size()));
}

}  // namespace streamd
