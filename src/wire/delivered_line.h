// Which delivered line an acknowledgement means. A line made by ndjson_writer and the ack that names it give the same
// key; different lines of one sink give different ones but for a hash's chance (64 bits). A decision's key is that of
// revision 0 of its bar: no sink gets both.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace streamd {

// Of a decision line (timestamp, symbol) or a bar line (ts_ms, symbol, revision). Fast: reads only as far as it must.
// Nothing when the line is neither.
std::optional<std::uint64_t> delivered_line_key(std::string_view line);

// Of {"type":"ack","timestamp":T,"symbol":"S"}, for bars with "revision":R; in any form that JSON allows, unknown keys
// included. Nothing when it is none. `line` without its newline, at most a few KiB.
std::optional<std::uint64_t> ack_key(std::string_view line);

}  // namespace streamd
