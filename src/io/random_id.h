// 32 hex digits that nobody had before: for runs and journals.
#pragma once

#include <string>

namespace streamd {

std::string random_id();

}  // namespace streamd
