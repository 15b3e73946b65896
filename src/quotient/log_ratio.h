// ln(to / from) from additions, multiplications and divisions alone, which every machine rounds alike: those of libm
// differ in their last bit from one to another, and a journal that is replayed elsewhere must give the same features.
#pragma once

namespace streamd {

// Both above 0. To a few units in the last place, near 1, too; scaling both by the same power of two changes no bit.
// NaN when one of them is not finite.
double log_ratio(double from, double to);

}  // namespace streamd
