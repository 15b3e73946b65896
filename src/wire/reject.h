// Why a line was refused. The name of a reason is what users see: in the log, the reject file, the metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace streamd {

// name, text
#define STREAMD_REJECT_REASONS(X)                    \
  X(invalid_json, "invalid_json")                    \
  X(line_too_long, "line_too_long")                  \
  X(unknown_type, "unknown_type")                    \
  X(missing_symbol, "missing_field:symbol")          \
  X(missing_ts_ms, "missing_field:ts_ms")            \
  X(missing_price, "missing_field:price")            \
  X(missing_qty, "missing_field:qty")                \
  X(missing_open, "missing_field:open")              \
  X(missing_high, "missing_field:high")              \
  X(missing_low, "missing_field:low")                \
  X(missing_close, "missing_field:close")            \
  X(missing_volume, "missing_field:volume")          \
  X(missing_producer, "missing_field:producer")      \
  X(missing_id, "missing_field:id")                  \
  X(bad_symbol, "bad_field:symbol")                  \
  X(bad_ts_ms, "bad_field:ts_ms")                    \
  X(bad_price, "bad_field:price")                    \
  X(bad_qty, "bad_field:qty")                        \
  X(bad_open, "bad_field:open")                      \
  X(bad_high, "bad_field:high")                      \
  X(bad_low, "bad_field:low")                        \
  X(bad_close, "bad_field:close")                    \
  X(bad_volume, "bad_field:volume")                  \
  X(bad_trades, "bad_field:trades")                  \
  X(bad_partial, "bad_field:partial")                \
  X(bad_label, "bad_field:label")                    \
  X(bad_producer, "bad_field:producer")              \
  X(bad_session, "bad_field:session")                \
  X(bad_token, "bad_field:token")                    \
  X(bad_ack, "bad_field:ack")                        \
  X(bad_id, "bad_field:id")                          \
  X(bad_seq, "bad_field:seq")                        \
  X(too_many_symbols, "too_many_symbols")            \
  X(too_many_producers, "too_many_producers")        \
  X(unauthorized, "unauthorized")                    \
  X(inconsistent_bar, "inconsistent_bar")

enum class RejectReason : std::uint8_t {
#define STREAMD_REJECT_NAME(name, text) name,
  STREAMD_REJECT_REASONS(STREAMD_REJECT_NAME)
#undef STREAMD_REJECT_NAME
};

inline constexpr std::string_view kRejectTexts[] = {
#define STREAMD_REJECT_TEXT(name, text) text,
    STREAMD_REJECT_REASONS(STREAMD_REJECT_TEXT)
#undef STREAMD_REJECT_TEXT
};
inline constexpr std::size_t kRejectReasons = sizeof(kRejectTexts) / sizeof(kRejectTexts[0]);

constexpr std::string_view reject_text(RejectReason reason) { return kRejectTexts[static_cast<std::size_t>(reason)]; }

}  // namespace streamd
