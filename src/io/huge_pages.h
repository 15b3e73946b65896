// Huge pages for memory that a library reserves in one piece and fills bit by bit: two megabytes are made ready at once
// then, not 4 KiB with each touch.
#pragma once

#include <cstddef>

namespace streamd {

// Advises them for the largest mapping of this process that is writable, has no file and at least so many bytes. False:
// there is none, or the kernel has no huge pages; all works without them, too.
bool use_huge_pages_in_reserve(std::size_t least_bytes);

}  // namespace streamd
