// The symbols of the data files: ABCDUSDT, up to 26^4 of them, each with its own name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace streamd::bench {

inline constexpr std::int64_t kFirstSecond = 1'700'000'000;  // of all data files

std::vector<std::string> symbol_names(std::uint32_t count);

}  // namespace streamd::bench
