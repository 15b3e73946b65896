#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace streamd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLong{20000};  // a test that waits this long has failed

TEST(BoundedQueue, FirstInFirstOut) {
  BoundedQueue<int> queue(10);
  for (int i = 0; i < 5; ++i) queue.push(i);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.try_pop(), i);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, TheBoundIsTheSumOfTheWeights) {
  BoundedQueue<int> queue(10);
  queue.push(1, 4);
  queue.push(2, 5);
  EXPECT_EQ(queue.weight(), 9u);
  EXPECT_TRUE(queue.has_room());
  queue.push(3, 1);
  EXPECT_FALSE(queue.has_room());
  queue.try_pop();
  EXPECT_EQ(queue.weight(), 6u);
  EXPECT_TRUE(queue.has_room());
  queue.try_pop();
  queue.try_pop();
  EXPECT_EQ(queue.weight(), 0u);
}

TEST(BoundedQueue, AnElementThatOvershootsTheBoundIsTaken) {
  BoundedQueue<int> queue(10);
  queue.push(1, 1000);
  EXPECT_FALSE(queue.has_room());
  EXPECT_EQ(queue.try_pop(), 1);
  EXPECT_TRUE(queue.has_room());
}

TEST(BoundedQueue, ElementsAreMovedThrough) {
  BoundedQueue<std::unique_ptr<int>> queue(10);
  queue.push(std::make_unique<int>(5));
  auto element = queue.try_pop();
  ASSERT_TRUE(element.has_value());
  EXPECT_EQ(**element, 5);
}

TEST(BoundedQueue, ItIsDrainedWhenClosedAndEmpty) {
  BoundedQueue<int> queue(10);
  EXPECT_FALSE(queue.drained());
  queue.push(1);
  queue.close();
  EXPECT_FALSE(queue.drained());
  EXPECT_EQ(queue.try_pop(), 1);  // what is in it can still be taken
  EXPECT_TRUE(queue.drained());
}

TEST(BoundedQueue, WaitsEndWhenTheirTimeHasPassed) {
  BoundedQueue<int> queue(1);
  const auto before = steady_clock::now();
  queue.wait_not_empty(milliseconds(20));
  queue.push(1);
  queue.wait_room(milliseconds(20));
  EXPECT_GE(steady_clock::now() - before, milliseconds(40));
}

TEST(BoundedQueue, NobodyWaitsForWhatIsThere) {
  BoundedQueue<int> queue(2);
  const auto before = steady_clock::now();
  queue.wait_room(kLong);
  queue.push(1);
  queue.wait_not_empty(kLong);
  EXPECT_LT(steady_clock::now() - before, kLong / 2);
}

TEST(BoundedQueue, APushWakesTheConsumer) {
  BoundedQueue<int> queue(2);
  std::thread producer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    queue.push(7);
  });
  const auto before = steady_clock::now();
  queue.wait_not_empty(kLong);
  EXPECT_LT(steady_clock::now() - before, kLong / 2);
  EXPECT_EQ(queue.try_pop(), 7);
  producer.join();
}

TEST(BoundedQueue, APopWakesTheProducer) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  std::thread consumer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    queue.try_pop();
  });
  const auto before = steady_clock::now();
  queue.wait_room(kLong);
  EXPECT_LT(steady_clock::now() - before, kLong / 2);
  EXPECT_TRUE(queue.has_room());
  consumer.join();
}

TEST(BoundedQueue, CloseWakesBothSides) {
  for (const bool full : {false, true}) {
    BoundedQueue<int> queue(1);
    if (full) queue.push(1);
    std::thread closer([&] {
      std::this_thread::sleep_for(milliseconds(20));
      queue.close();
    });
    const auto before = steady_clock::now();
    full ? queue.wait_room(kLong) : queue.wait_not_empty(kLong);
    EXPECT_LT(steady_clock::now() - before, kLong / 2);
    closer.join();
  }
}

TEST(BoundedQueue, EveryElementArrivesOnceAndInOrderWithinTheBound) {
  constexpr int kCount = 20000;
  constexpr std::size_t kCapacity = 7;
  BoundedQueue<int> queue(kCapacity);
  std::atomic<std::size_t> heaviest{0};
  std::thread producer([&] {
    for (int i = 0; i < kCount; ++i) {
      while (!queue.has_room()) queue.wait_room(kLong);
      queue.push(i, 1 + static_cast<std::size_t>(i) % 3);
      heaviest = std::max(heaviest.load(), queue.weight());
    }
    queue.close();
  });
  int next = 0;
  while (!queue.drained()) {
    queue.wait_not_empty(kLong);
    while (const auto element = queue.try_pop()) ASSERT_EQ(*element, next++);
  }
  producer.join();
  EXPECT_EQ(next, kCount);
  EXPECT_LE(heaviest, kCapacity - 1 + 3);  // overshot by one element at most
}

}  // namespace
}  // namespace streamd
