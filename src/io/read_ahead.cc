#include "io/read_ahead.h"

#include <pthread.h>

#include <utility>

namespace streamd {

ReadAhead::ReadAhead(std::unique_ptr<ByteReader> reader, std::size_t block_bytes, std::size_t slack)
    : reader_(std::move(reader)), block_bytes_(block_bytes), slack_(slack), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "read");
}

ReadAhead::~ReadAhead() {
  stop_.store(true);
  full_.close();
  thread_.join();
}

void ReadAhead::run() {
  while (!stop_.load()) {
    if (!full_.has_room()) {
      full_.wait_room(std::chrono::milliseconds(100));
      continue;
    }
    auto recycled = empty_.try_pop();
    auto block = recycled ? std::move(*recycled) : std::make_unique<Block>();
    block->buffer.resize(block_bytes_ + slack_);
    auto count = reader_->read(block->buffer.data(), block_bytes_);
    block->bytes = {block->buffer.data(), count ? *count : 0};
    block->raw_offset = reader_->raw_offset();
    if (!count) block->error = count.error();
    const bool last = block->bytes.empty();
    full_.push(std::move(block));
    if (last) return;
  }
}

const ReadAhead::Block* ReadAhead::next(std::chrono::milliseconds at_most) {
  if (taken_ != nullptr) empty_.push(std::exchange(taken_, nullptr));
  auto block = full_.try_pop();
  if (!block) {
    full_.wait_not_empty(at_most);
    block = full_.try_pop();
  }
  if (!block) return nullptr;
  taken_ = std::move(*block);
  return taken_.get();
}

}  // namespace streamd
