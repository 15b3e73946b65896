#include "base/utc_text.h"

#include <fmt/chrono.h>

#include <ctime>

namespace streamd {

std::string utc_text(Second second) { return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::time_t{second})); }

std::string utc_mark(UnixMillis ms) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time_t{second_of(ms)}));
}

}  // namespace streamd
