// The log: lines on stderr (stdout belongs to decisions), any thread.
// Callers bound their own volume: what can repeat without end goes through RateLimit.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/units.h"

namespace streamd {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

// Before the first line; not thread-safe.
void configure_log(LogLevel level, LogFormat format);
void write_log(LogLevel level, std::string_view message);
bool log_enabled(LogLevel level);

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::debug)) write_log(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::info)) write_log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::warn)) write_log(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::error)) write_log(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

// Lets one line through per interval; the first at once.
class RateLimit {
 public:
  explicit RateLimit(ElapsedMillis interval_ms) : interval_ms_(interval_ms) {}
  bool allow(ElapsedMillis now_ms) {
    if (used_ && now_ms - last_ms_ < interval_ms_) return false;
    used_ = true;
    last_ms_ = now_ms;
    return true;
  }
  void reset() { used_ = false; }

 private:
  ElapsedMillis interval_ms_;
  ElapsedMillis last_ms_ = 0;
  bool used_ = false;
};

}  // namespace streamd
