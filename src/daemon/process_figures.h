// What the operating system knows of this process, from /proc/self.
#pragma once

#include "http/figures.h"

namespace streamd {

// What cannot be read is 0. Any thread.
ProcessFigures process_figures();

}  // namespace streamd
