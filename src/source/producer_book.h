// The named producers as the intake knows them: one source a name, and how far each is in. The core has the same by
// events (core/core.h); at a start the book goes on from there. The intake's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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
  bool advanced = false;                   // in the batch under way
  bool answer_due = false;                 // it sent something that an ack answers, duplicates too
};

class ProducerBook {
 public:
  static constexpr std::size_t kMaxProducers = 65'536;

  void restore(const std::map<std::string, Producer>& producers);
  // nullptr: unknown.
  BookedProducer* find(const std::string& name);
  // nullptr: there are too many.
  BookedProducer* add(const std::string& name, SourceId source);

 private:
  std::map<std::string, BookedProducer> producers_;  // a map: its entries never move
};

}  // namespace streamd
