// Reads a file on a thread of its own, a few blocks ahead of the one who takes them, so that copying from the kernel
// (and decompressing) goes on beside parsing. One taker; blocks come in order.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/result.h"
#include "io/byte_reader.h"

namespace streamd {

class ReadAhead {
 public:
  struct Block {
    std::vector<char> buffer;  // readable beyond `bytes` by the slack
    std::string_view bytes;    // empty: the end, or `error`
    std::uint64_t raw_offset = 0;  // of the file, behind this block
    std::optional<Error> error;
  };

  ReadAhead(std::unique_ptr<ByteReader> reader, std::size_t block_bytes, std::size_t slack);
  ~ReadAhead();  // waits for the read under way
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // The next block, valid until the next call; nullptr when it is not there within `at_most`.
  // Nothing comes after an empty one.
  const Block* next(std::chrono::milliseconds at_most);

 private:
  static constexpr std::size_t kBlocks = 4;
  using BlockQueue = BoundedQueue<std::unique_ptr<Block>>;

  void run();

  const std::unique_ptr<ByteReader> reader_;
  const std::size_t block_bytes_;
  const std::size_t slack_;
  BlockQueue full_{kBlocks};
  BlockQueue empty_{2 * kBlocks};
  std::unique_ptr<Block> taken_;
  std::atomic<bool> stop_{false};
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace streamd
