// Time in the units of the wire and of the tables. All of it is UTC.
// A name ends with its unit: event_time_ms (UnixMillis), wait_elapsed_ms (monotonic milliseconds).
#pragma once

#include <cstdint>

namespace streamd {

using UnixMillis = std::int64_t;   // milliseconds since 1970-01-01T00:00:00Z
using Second = std::int64_t;       // whole seconds since then: floor(ms / 1000)
using ElapsedMillis = std::int64_t;  // monotonic; only differences mean something

inline constexpr UnixMillis kMaxEventTimeMs = 253402300799999;  // 9999-12-31T23:59:59.999Z

// ms >= 0.
constexpr Second second_of(UnixMillis ms) { return static_cast<Second>(static_cast<std::uint64_t>(ms) / 1000); }
constexpr UnixMillis start_ms(Second second) { return second * 1000; }
constexpr UnixMillis end_ms(Second second) { return (second + 1) * 1000; }  // exclusive

}  // namespace streamd
