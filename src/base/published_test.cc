#include "base/published.h"

#include <gtest/gtest.h>

#include <thread>

namespace streamd {
namespace {

struct Numbers {
  std::uint64_t whole = 7;
  std::array<std::uint64_t, 16> parts{};
};

TEST(Published, BeginsWithWhatItsTypeBeginsWith) { EXPECT_EQ(Published<Numbers>().get().whole, 7u); }

TEST(Published, IsNeverReadHalfGiven) {
  Published<Numbers> published;
  published.give({0, {}});
  std::atomic<bool> ended{false};
  std::thread giver([&] {
    Numbers numbers{0, {}};
    for (int i = 0; i < 300'000; ++i) {
      ++numbers.parts[static_cast<std::size_t>(i) % numbers.parts.size()];
      ++numbers.whole;
      published.give(numbers);
    }
    ended.store(true);
  });
  std::uint64_t before = 0;
  while (!ended.load()) {
    const Numbers numbers = published.get();
    std::uint64_t sum = 0;
    for (const std::uint64_t part : numbers.parts) sum += part;
    ASSERT_EQ(sum, numbers.whole);
    ASSERT_GE(numbers.whole, before);
    before = numbers.whole;
  }
  giver.join();
  EXPECT_EQ(published.get().whole, 300'000u);
}

}  // namespace
}  // namespace streamd
