// A few numbers that belong together, given by one thread and read by any, always as they were given (a sequence lock).
// Giving never waits; reading tries again when it met a giving.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace streamd {

template <typename T>
class Published {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0);

 public:
  Published() { give(T{}); }

  // One thread.
  void give(const T& value) {
    const Words words = std::bit_cast<Words>(value);
    const std::uint64_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    // Who reads a new word sees the odd version behind it.
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
  }

  // Any thread.
  T get() const {
    Words words;
    for (;;) {
      const std::uint64_t version = version_.load(std::memory_order_acquire);
      for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
      if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) return std::bit_cast<T>(words);
    }
  }

 private:
  static constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;

  std::atomic<std::uint64_t> version_{0};  // odd while words are written
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace streamd
