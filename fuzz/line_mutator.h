// A libFuzzer mutator that knows the contract's lines: blind mutation hardly ever keeps a line near the border where
// the two readers could differ. Include it in one file of a fuzzer whose input is a line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "support/contract_lines.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  streamd::ContractLines lines(seed);
  std::string line;
  switch (lines.below(8)) {
    case 0: return LLVMFuzzerMutate(data, size, max_size);
    case 1: line = lines.canonical(); break;
    case 2: line = lines.near_canonical(); break;
    default:
      line.assign(reinterpret_cast<const char*>(data), size);
      for (std::uint64_t left = 1 + lines.below(3); left > 0; --left) lines.change(line);
  }
  size = std::min(line.size(), max_size);
  std::memcpy(data, line.data(), size);
  return size;
}
