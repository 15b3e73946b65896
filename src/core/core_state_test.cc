// The core's state as bytes: what is loaded goes on exactly as what was saved, and bytes that are none are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/core.h"
#include "support/aggregator_bench.h"
#include "support/effect_texts.h"
#include "support/event_batches.h"

namespace streamd {
namespace {

std::string saved(const Core& core) {
  ByteSink bytes;
  core.save(bytes);
  return bytes.take();
}

bool can_be_loaded(std::string_view bytes) {
  Core core;
  ByteSource source(bytes);
  return core.load(source);
}

// A stream of events as an intake might give it, with everything that becomes state: connections, tails and producers
// that come and go, starts of runs, labels, late trades, seconds behind the watermark.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : random_(seed) {}

  void next_batch(EventBatch& batch) {
    if (next_source_ == 1) begin_run(batch);
    for (auto events = 1 + below(random_, 40); events > 0; --events) add_event(batch);
    now_ms_ += static_cast<UnixMillis>(below(random_, 300));
    elapsed_ms_ += static_cast<ElapsedMillis>(below(random_, 300));
    Tick tick{now_ms_, elapsed_ms_, below(random_, 20) == 0, {}};
    for (const SourceId source : feeding_) {
      if (below(random_, 4) == 0) tick.busy.push_back({source, below(random_, 2) == 0, below(random_, 2) == 0});
    }
    batch.add_tick(std::move(tick));
  }

 private:
  void begin_run(EventBatch& batch) {
    elapsed_ms_ = static_cast<ElapsedMillis>(below(random_, 100'000));
    RunStart start{"run" + std::to_string(random_() % 100), "1", {}, now_ms_, elapsed_ms_, {}};
    start.options.bars = {static_cast<std::int64_t>(below(random_, 3) * 700),
                          100 + static_cast<int>(below(random_, 900)), static_cast<int>(below(random_, 5'000))};
    const auto flag = [this] { return below(random_, 2) == 1; };
    DecisionOptions& decisions = start.options.decisions;
    decisions.emit = flag();
    decisions.state_window = 2 + static_cast<std::uint32_t>(below(random_, 20));
    decisions.influence = flag();
    decisions.cost = {0.001, 0.002, flag() ? 5.0 : 0, flag() ? 0.05 : 0, 1 + static_cast<double>(below(random_, 30))};
    start.options.amend = {flag(), static_cast<std::int64_t>(below(random_, 10)), below(random_, 5'000)};
    start.options.summaries = {below(random_, 5) == 0 ? 0 : 1 + static_cast<std::int32_t>(below(random_, 3))};
    decisions.confidence_is_legitimacy = flag();
    std::erase_if(tails_, [this](SourceId) { return below(random_, 2) == 0; });
    start.tails.assign(tails_.begin(), tails_.end());
    feeding_ = tails_;
    connections_.clear();
    batch.add_run_start(std::move(start));
    start_source(batch);
  }
  void start_source(EventBatch& batch) {
    const auto kind = below(random_, 3);
    if (kind == 2) {
      const std::string name = "producer" + std::to_string(below(random_, 4));
      const auto [known, is_new] = producers_.try_emplace(name, next_source_);
      if (is_new) ++next_source_;
      batch.add_producer_start(
          {known->second, name, "s" + std::to_string(below(random_, 3)), label(), below(random_, 99)});
      feeding_.insert(known->second);
      return;
    }
    const SourceId source = next_source_++;
    batch.add_source_start({source, label(), kind == 0 ? "" : "file" + std::to_string(source)});
    (kind == 0 ? connections_ : tails_).insert(source);
    feeding_.insert(source);
  }
  void end_source(EventBatch& batch, SourceId source) {
    batch.add_source_end({source, now_ms_});
    feeding_.erase(source);
    connections_.erase(source);
    tails_.erase(source);
  }
  void add_event(EventBatch& batch) {
    if (feeding_.empty()) return start_source(batch);
    auto place = feeding_.begin();
    std::advance(place, below(random_, feeding_.size()));
    const SourceId source = *place;
    if (symbols_ == 0 || (symbols_ < 12 && below(random_, 30) == 0)) batch.add_symbol("S" + std::to_string(symbols_++));
    const auto symbol = static_cast<SymbolId>(below(random_, symbols_));
    const UnixMillis back_ms =
        static_cast<UnixMillis>(below(random_, 10) == 0 ? below(random_, 9'000) : below(random_, 900));
    const UnixMillis time_ms = now_ms_ - back_ms;
    switch (below(random_, 61)) {
      case 0:
        start_source(batch);
        break;
      case 1:
        end_source(batch, source);
        break;
      case 2:
        batch.add_source_label({source, label()});
        break;
      case 3:
        batch.add_write_open();
        break;
      case 4:
        batch.add_bar_line(source, {symbol, second_of(time_ms), {1, 2, 0.5, 1.5, 3, 4}});
        break;
      case 5:
        batch.add_tail_position(
            {source, label(), 1, below(random_, 6), 10, random_(), random_(), below(random_, 2) == 0});
        break;
      case 6:
        if (below(random_, 4) == 0) begin_run(batch);
        break;
      case 7:
        for (const auto& [name, producer] : producers_) {
          if (producer == source) batch.add_producer_seq({source, below(random_, 1'000)});
        }
        break;
      case 8: {
        GateVerdict verdict{below(random_, 3) > 0, label(), {}, "\"why\"", ""};
        if (below(random_, 2) == 0) verdict.allowed_slip_bps = 0.5;
        batch.add_gate_verdict(verdict);
        break;
      }
      case 9:
        batch.add_influence_update({below(random_, 3) == 0,
                                    {{"S" + std::to_string(below(random_, 20)), true, below(random_, 2) == 0}}});
        break;
      case 10:
        if (below(random_, 4) == 0) batch.add_input_end({now_ms_});
        break;
      default:
        batch.add_trade(source, {time_ms, static_cast<double>(below(random_, 50)), 0.25, symbol});
    }
  }
  std::string label() { return below(random_, 3) == 0 ? "" : "label" + std::to_string(below(random_, 5)); }

  std::mt19937_64 random_;
  UnixMillis now_ms_ = 1'700'000'000'000;
  ElapsedMillis elapsed_ms_ = 0;
  SourceId next_source_ = 1;
  std::uint64_t symbols_ = 0;
  std::set<SourceId> feeding_;
  std::set<SourceId> connections_;
  std::set<SourceId> tails_;
  std::map<std::string, SourceId> producers_;
};

TEST(CoreState, WhatIsLoadedGoesOnAsWhatWasSaved) {
  std::size_t writes = 0;
  std::size_t decisions = 0;
  std::size_t notices = 0;
  std::size_t summaries = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream stream(seed);
    Core original;
    EffectBatch before;
    EventBatch batch;
    for (auto batches = seed % 40; batches > 0; --batches) {
      stream.next_batch(batch);
      original.apply(batch, 1, before);
      batch.clear();
    }
    const std::string state = saved(original);
    Core loaded;
    ByteSource source(state);
    ASSERT_TRUE(loaded.load(source)) << "seed " << seed;
    ASSERT_EQ(saved(loaded), state) << "seed " << seed;
    EXPECT_EQ(loaded.symbols(), original.symbols());
    EXPECT_EQ(loaded.labels(), original.labels());
    EXPECT_EQ(loaded.tails(), original.tails());
    EXPECT_EQ(loaded.next_source(), original.next_source());
    EXPECT_EQ(loaded.run_id(), original.run_id());
    for (int i = 0; i < 40; ++i) {
      stream.next_batch(batch);
      EffectBatch of_original;
      EffectBatch of_loaded;
      original.apply(batch, 1, of_original);
      loaded.apply(batch, 1, of_loaded);
      batch.clear();
      ASSERT_EQ(texts_of(of_loaded.writes), texts_of(of_original.writes)) << "seed " << seed << ", batch " << i;
      ASSERT_EQ(of_loaded.new_labels, of_original.new_labels);
      ASSERT_EQ(texts_of_decisions(of_loaded), texts_of_decisions(of_original)) << "seed " << seed << ", batch " << i;
      ASSERT_EQ(texts_of_notices(of_loaded), texts_of_notices(of_original)) << "seed " << seed << ", batch " << i;
      decisions += of_loaded.decisions.size();
      ASSERT_EQ(texts_of_summaries(of_loaded), texts_of_summaries(of_original)) << "seed " << seed << ", batch " << i;
      summaries += of_loaded.summaries.size();
      notices += of_loaded.bar_notices.size();
      ASSERT_EQ(saved(loaded), saved(original)) << "seed " << seed << ", batch " << i;
      writes += of_loaded.writes.size();
    }
  }
  EXPECT_GT(writes, 10'000u);
  EXPECT_GT(decisions, 5'000u);
  EXPECT_GT(notices, 5'000u);
  EXPECT_GT(summaries, 2'000u);
}

TEST(CoreState, NamesAreAnnouncedAgainInOrder) {
  RandomStream stream(3);
  Core original;
  EffectBatch before;
  for (int i = 0; i < 50; ++i) {
    EventBatch batch;
    stream.next_batch(batch);
    original.apply(batch, 1, before);
  }
  Core loaded;
  const std::string state = saved(original);
  ByteSource source(state);
  ASSERT_TRUE(loaded.load(source));
  EffectBatch names;
  loaded.announce_names(names);
  EXPECT_EQ(names.new_symbols, before.new_symbols);
  EXPECT_EQ(names.new_labels, before.new_labels);
  EXPECT_GT(names.new_labels.size(), 2u);
}

std::string some_state() {
  RandomStream stream(5);
  Core core;
  EffectBatch effects;
  for (int i = 0; i < 40; ++i) {
    EventBatch batch;
    stream.next_batch(batch);
    core.apply(batch, 1, effects);
  }
  return saved(core);
}

TEST(CoreState, CutOrLongerBytesAreNone) {
  const std::string state = some_state();
  ASSERT_TRUE(can_be_loaded(state));
  for (std::size_t size = 0; size < state.size(); ++size) {
    ASSERT_FALSE(can_be_loaded(std::string_view(state).substr(0, size))) << size << " of " << state.size();
  }
  EXPECT_FALSE(can_be_loaded(state + '\0'));
}

// A checksum stands before it in the daemon; still, wrong bytes must not crash it or take its memory.
TEST(CoreState, GarbledBytesDoNoHarm) {
  const std::string state = some_state();
  std::mt19937_64 random(6);
  for (int i = 0; i < 20'000; ++i) {
    std::string garbled = state;
    for (auto changes = 1 + below(random, 4); changes > 0; --changes) {
      garbled[below(random, garbled.size())] = static_cast<char>(below(random, 2) == 0 ? 0xff : random());
    }
    Core core;
    ByteSource source(garbled);
    if (!core.load(source)) continue;
    static_cast<void>(saved(core));  // what was taken is at least consistent
  }
}

TEST(CoreState, AnotherVersionIsNone) {
  std::string state = some_state();
  ++state[0];
  EXPECT_FALSE(can_be_loaded(state));
}

TEST(CoreState, AFreshCoreCanBeSaved) {
  EXPECT_TRUE(can_be_loaded(saved(Core())));
}

TEST(CoreState, ManySymbolsWithOpenSeconds) {
  constexpr int kSymbols = 20'000;
  Core core;
  EventBatch batch;
  EffectBatch effects;
  batch.add_source_start({1});
  for (SymbolId symbol = 0; symbol < kSymbols; ++symbol) {
    batch.add_symbol("SYMBOL" + std::to_string(symbol));
    batch.add_trade(1, {10'000, 1.5, 2, symbol});
  }
  core.apply(batch, 1, effects);
  const std::string state = saved(core);
  RecordProperty("bytes", std::to_string(state.size()));
  std::printf("%d symbols, each with an open second: %zu bytes\n", kSymbols, state.size());
  Core loaded;
  ByteSource source(state);
  ASSERT_TRUE(loaded.load(source));
  EXPECT_EQ(saved(loaded), state);
  EventBatch later;
  for (SymbolId symbol = 0; symbol < kSymbols; ++symbol) later.add_trade(1, {11'000, 2, 1, symbol});
  EffectBatch closed;
  loaded.apply(later, 1, closed);
  EXPECT_EQ(closed.writes.size(), static_cast<std::size_t>(kSymbols));
}

}  // namespace
}  // namespace streamd
