// What others see of the intake's account: whole batches alone.
#include "source/line_intake.h"

#include <gtest/gtest.h>

#include <thread>

namespace streamd {
namespace {

constexpr const char* kLines =
    "{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":1700000000123,\"price\":1,\"qty\":1}\n"
    "{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":1700000000124,\"price\":1}\n"
    "\n"
    "{\"type\":\"ping\"}\n"
    "no JSON\n"
    "{\"type\":\"ohlc1s\",\"symbol\":\"A\",\"ts_ms\":1700000000000,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
    "\"volume\":1}\n";

class LineIntakeTest : public testing::Test {
 protected:
  LineIntakeTest() { intake_.set_batch(&batch_); }
  void feed() {
    std::string bytes = kLines;
    const std::size_t size = bytes.size();
    bytes.resize(size + 64);  // as the splitter wants it
    intake_.feed(stream_, std::string_view(bytes).substr(0, size));
  }
  static void expect_closed(const IntakeCounts& counts) {
    ASSERT_EQ(counts.lines,
              counts.trades + counts.ohlc + counts.control + counts.rejected() + counts.duplicates);
  }

  ManualClock clock_{1'700'000'000'000};
  Counters counters_;
  RejectLog rejects_{counters_, clock_};
  LineIntake intake_{{}, counters_, rejects_};
  EventBatch batch_;
  LineStream stream_{"test", 1 << 20};
};

TEST_F(LineIntakeTest, CountsAreThoseOfWholeBatches) {
  feed();
  EXPECT_EQ(intake_.counts().lines, 0u);
  EXPECT_EQ(intake_.counts().rejected(), 0u);
  EXPECT_EQ(counters_.rejected.get(), 2u);
  intake_.end_batch();
  const IntakeCounts counts = intake_.counts();
  EXPECT_EQ(counts.bytes, std::string_view(kLines).size());
  EXPECT_EQ(counts.lines, 5u);
  EXPECT_EQ(counts.trades, 1u);
  EXPECT_EQ(counts.ohlc, 1u);
  EXPECT_EQ(counts.control, 1u);
  EXPECT_EQ(counts.duplicates, 0u);
  EXPECT_EQ(counts.rejected_by_reason[static_cast<std::size_t>(RejectReason::missing_qty)], 1u);
  EXPECT_EQ(counts.rejected_by_reason[static_cast<std::size_t>(RejectReason::invalid_json)], 1u);
  expect_closed(counts);
}

TEST_F(LineIntakeTest, TheAccountIsClosedWheneverSomebodyLooks) {
  std::atomic<bool> ended{false};
  std::thread feeder([&] {
    for (int i = 0; i < 3'000; ++i) {
      feed();
      if (i % 3 == 0) feed();
      intake_.end_batch();
      batch_.clear();
    }
    ended.store(true);
  });
  while (!ended.load()) {
    const IntakeCounts counts = intake_.counts();
    if (HasFatalFailure()) break;
    expect_closed(counts);
    EXPECT_EQ(counts.rejected(), 2 * counts.trades);
  }
  feeder.join();
  EXPECT_EQ(intake_.counts().lines, 20'000u);
}

}  // namespace
}  // namespace streamd
