// The named producers as the intake knows them: one source a name, and how far each is in. The core has the same by
// events (core/core.h); at a start the book goes on from there. The intake's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/core.h"

namespace streamd {

class IngestConnection;

struct BookedProducer {
  std::string name;
  SourceId source = 0;
  std::string session;
  std::uint64_t last_seq = 0;              // the highest that was taken
  IngestConnection* connection = nullptr;  // its only one
  std::uint64_t started = 0;               // its latest start: the how-manieth of all producers'
  bool advanced = false;                   // in the batch under way
  bool answer_due = false;                 // it sent something that an ack answers, duplicates too
};

class ProducerBook {
 public:
  static constexpr std::size_t kMaxProducers = 10'000;

  void restore(const std::map<std::string, Producer>& producers);
  // nullptr: unknown.
  BookedProducer* find(const std::string& name);
  bool is_full() const { return producers_.size() >= kMaxProducers; }
  // Forgets, of those that are not connected, the one that came last the longest ago, and returns its source;
  // nothing when all are connected.
  std::optional<SourceId> forget_one();
  BookedProducer& add(const std::string& name, SourceId source);
  // It connects.
  void start(BookedProducer& producer) { producer.started = ++starts_; }

 private:
  std::map<std::string, BookedProducer> producers_;  // a map: its entries never move
  std::uint64_t starts_ = 0;
};

}  // namespace streamd
