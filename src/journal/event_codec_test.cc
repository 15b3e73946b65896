#include "journal/event_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "support/event_batches.h"

namespace streamd {
namespace {

std::string encoded(const EventBatch& batch) {
  EventEncoder encoder;
  std::string payload;
  for (std::string_view piece : encoder.encode(batch)) payload += piece;
  return payload;
}

bool can_be_decoded(std::string_view payload) {
  EventBatch batch;
  return decode_events(payload, batch);
}

// A batch that has all kinds.
EventBatch some_of_every_kind(std::mt19937_64& random) {
  EventBatch batch;
  for (int kind = 0; kind < kEventKinds; ++kind) {
    for (int i = 0; i < 3; ++i) add_random_event(random, static_cast<EventKind>(kind), batch);
  }
  return batch;
}

TEST(EventCodec, EveryKindComesBack) {
  std::mt19937_64 random(1);
  for (int kind = 0; kind < kEventKinds; ++kind) {
    for (int count = 1; count <= 3; ++count) {
      EventBatch batch;
      for (int i = 0; i < count; ++i) add_random_event(random, static_cast<EventKind>(kind), batch);
      EventBatch decoded;
      ASSERT_TRUE(decode_events(encoded(batch), decoded)) << kind;
      EXPECT_EQ(text_of(decoded), text_of(batch));
    }
  }
}

TEST(EventCodec, RandomBatchesComeBack) {
  std::mt19937_64 random(2);
  EventEncoder encoder;  // used again and again, as the journal does
  EventBatch decoded;
  for (int i = 0; i < 2'000; ++i) {
    EventBatch batch;
    add_random_events(random, below(random, 60), batch);
    std::string payload;
    for (std::string_view piece : encoder.encode(batch)) payload += piece;
    decoded.clear();
    ASSERT_TRUE(decode_events(payload, decoded)) << i;
    ASSERT_EQ(text_of(decoded), text_of(batch)) << i;
    ASSERT_EQ(encoded(decoded), payload) << i;
  }
}

TEST(EventCodec, ManyWritesOfOpenSecondsInARowAreOne) {
  EventBatch batch;
  for (int i = 0; i < 1000; ++i) batch.add_write_open();
  EventBatch decoded;
  ASSERT_TRUE(decode_events(encoded(batch), decoded));
  ASSERT_EQ(decoded.runs().size(), 1u);
  EXPECT_EQ(decoded.runs()[0].count, 1u);
}

TEST(EventCodec, WhatIsAskedOfTheStagesBehindIsNoPartOfIt) {
  EventBatch batch;
  batch.add_symbol("A");
  const std::string payload = encoded(batch);
  batch.number = 7;
  batch.wants_sync = batch.wants_commit = true;
  EXPECT_EQ(encoded(batch), payload);
}

TEST(EventCodec, APayloadThatIsCutOrGoesOnIsNone) {
  std::mt19937_64 random(3);
  const std::string payload = encoded(some_of_every_kind(random));
  ASSERT_TRUE(can_be_decoded(payload));
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(can_be_decoded(std::string_view(payload).substr(0, size))) << size;
  }
  EXPECT_FALSE(can_be_decoded(payload + '\0'));
}

// Whatever the bytes say, the memory that is asked for stays in proportion to them.
TEST(EventCodec, GarbledPayloadsAskForLittleMemory) {
  std::mt19937_64 random(4);
  const std::string payload = encoded(some_of_every_kind(random));
  for (int i = 0; i < 20'000; ++i) {
    std::string garbled = payload;
    for (auto changes = 1 + below(random, 4); changes > 0; --changes) {
      const std::size_t at = below(random, garbled.size());
      garbled[at] = static_cast<char>(below(random, 2) == 0 ? 0xff : random());
    }
    if (below(random, 3) == 0) garbled.resize(below(random, garbled.size()));
    EventBatch batch;
    static_cast<void>(decode_events(garbled, batch));
    ASSERT_LE(batch.trades().capacity(), 2 * garbled.size() / sizeof(Trade) + 1);
    ASSERT_LE(batch.symbols().capacity(), 2 * garbled.size());
    for (const EventBatch::Run& run : batch.runs()) ASSERT_LE(run.count, garbled.size());
  }
}

TEST(EventCodec, RunsThatClaimMoreThanThereIsAreNone) {
  for (int kind = 0; kind < kEventKinds; ++kind) {
    for (const std::uint32_t count : {1'000u, 0x8000'0000u, 0xffff'ffffu}) {
      ByteSink bytes;
      bytes.put(std::uint32_t{1});
      bytes.put(static_cast<std::uint8_t>(kind));
      bytes.put(SourceId{1});
      bytes.put(count);
      bytes.put(std::uint64_t{0});
      EXPECT_FALSE(can_be_decoded(bytes.bytes())) << kind << ' ' << count;
    }
  }
  ByteSink many_runs;
  many_runs.put(std::uint32_t{0xffff'ffff});
  EXPECT_FALSE(can_be_decoded(many_runs.bytes()));
}

// These alone take no bytes of their own, so only their sum can be wrong.
// Whatever their counts say, they are one event and cost one event's time.
TEST(EventCodec, RunsOfEventsWithoutBytesAreOneEvent) {
  constexpr std::uint32_t kRuns = 20'000;
  ByteSink bytes;
  bytes.put(kRuns);
  for (std::uint32_t i = 0; i < kRuns; ++i) {
    bytes.put(static_cast<std::uint8_t>(EventKind::write_open));
    bytes.put(SourceId{i});
    bytes.put(std::uint32_t{kRuns * 9});
  }
  EventBatch batch;
  ASSERT_TRUE(decode_events(bytes.bytes(), batch));
  ASSERT_EQ(batch.runs().size(), 1u);
  EXPECT_EQ(batch.runs()[0].count, 1u);
}

TEST(EventCodec, AnUnknownKindIsNone) {
  ByteSink bytes;
  bytes.put(std::uint32_t{1});
  bytes.put(static_cast<std::uint8_t>(kEventKinds));
  bytes.put(SourceId{0});
  bytes.put(std::uint32_t{1});
  EXPECT_FALSE(can_be_decoded(bytes.bytes()));
}

TEST(EventCodec, GarbageIsNone) {
  std::mt19937_64 random(5);
  EXPECT_FALSE(can_be_decoded({}));
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(4 + below(random, 300), '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    bytes[1] = bytes[2] = bytes[3] = 0;  // a believable number of runs
    static_cast<void>(can_be_decoded(bytes));
  }
}

}  // namespace
}  // namespace streamd
