// The views over quotient_summaries: the only place where rows of different symbols meet, and only whole windows do.
#pragma once

#include <vector>

#include "store/schema.h"

namespace streamd {

// One that another one reads comes before it.
std::vector<View> summary_views();

}  // namespace streamd
