// A file's bytes in order, decompressed by its name's ending: .gz (also of several members), .zst, or as they are.
// One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace streamd {

class ByteReader {
 public:
  virtual ~ByteReader() = default;
  // Fills `buffer` with the next bytes, at most `size`; 0 at the end of what is there now. A compressed file that ends
  // inside its last block is an error.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  // Goes on at a (decompressed) offset; false when only reading leads there.
  virtual bool seek(std::uint64_t offset) { return offset == 0; }
  // Raw bytes consumed so far; for progress.
  virtual std::uint64_t raw_offset() const = 0;

  // `fd` stays the caller's and must outlive the reader.
  static std::unique_ptr<ByteReader> open(int fd, const std::string& path);
  static bool is_compressed(const std::string& path);
};

}  // namespace streamd
