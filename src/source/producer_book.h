// The named producers as the intake knows them: one source a name, and how far each is in. The core has the same by
// events (core/core.h); at a start the book goes on from there. The intake's thread only, but for the counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/counters.h"
#include "core/core.h"

namespace streamd {

class IngestConnection;

struct BookedProducer {
  std::string name;
  SourceId source = 0;
  std::string session;
  std::uint64_t last_seq = 0;              // the highest that was taken
  IngestConnection* connection = nullptr;  // its only one; ProducerBook::connect() sets it
  std::uint64_t last_active = 0;           // when it came, sent, or went: the how-manieth time of all producers'
  ElapsedMillis left_ms = 0;               // when its last connection ended, or this run began
  bool advanced = false;                   // in the batch under way
  bool answer_due = false;                 // it sent something that an ack answers, duplicates too
};

class ProducerBook {
 public:
  static constexpr std::size_t kMaxProducers = 10'000;

  void restore(const std::map<std::string, Producer>& producers, ElapsedMillis now_ms);
  // nullptr: unknown.
  BookedProducer* find(const std::string& name);
  bool is_full() const { return producers_.size() >= kMaxProducers; }
  // Forgets, of those that left at least `grace_ms` ago, the one that was active the longest ago, and returns it as it
  // was; nothing when there is none.
  std::optional<BookedProducer> forget_one(ElapsedMillis now_ms, ElapsedMillis grace_ms);
  BookedProducer& add(const std::string& name, SourceId source);
  // From now on, this is its connection; nullptr: it has none.
  void connect(BookedProducer& producer, IngestConnection* connection);
  // It comes, sends, or goes.
  void note_activity(BookedProducer& producer) { producer.last_active = ++activities_; }


  // Any thread.
  std::uint64_t known() const { return known_.get(); }
  std::uint64_t connected() const { return connected_.get(); }

 private:
  Counter known_;
  Counter connected_;
  std::map<std::string, BookedProducer> producers_;  // a map: its entries never move
  std::uint64_t activities_ = 0;
};

}  // namespace streamd
