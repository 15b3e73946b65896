// What the plotter's flags take, and those of the live feed that go to it.
#pragma once

#include <cstdint>

#include "flags/flag_checks.h"

namespace streamd::plot_values {

inline CLI::Validator window_seconds() { return between(0.0, 1e10); }
inline CLI::Validator share() { return between(0.0, 1.0); }     // of a notional: fees, slippage
inline CLI::Validator exposure() { return between(0.0, 2.0); }  // changes of it
inline CLI::Validator interval_ms() { return between(20, 3'600'000); }
inline CLI::Validator fps() { return between(1, 120); }
inline CLI::Validator frame_step() { return between<std::uint64_t>(1, 1'000'000'000); }

}  // namespace streamd::plot_values
