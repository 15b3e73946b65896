// Times for people and for file names. All UTC.
#pragma once

#include <string>

#include "base/units.h"

namespace streamd {

// "2023-11-14 22:13:20"
std::string utc_text(Second second);
// "20231114T221320Z"
std::string utc_mark(UnixMillis ms);

}  // namespace streamd
