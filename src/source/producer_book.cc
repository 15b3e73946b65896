#include "source/producer_book.h"

#include <algorithm>

namespace streamd {

void ProducerBook::restore(const std::map<std::string, Producer>& producers) {
  for (const auto& [name, producer] : producers) {
    BookedProducer& booked = add(name, producer.source);
    booked.session = producer.session;
    booked.last_seq = producer.last_seq;
    booked.started = producer.started;
    starts_ = std::max(starts_, producer.started);
  }
}

BookedProducer* ProducerBook::find(const std::string& name) {
  const auto found = producers_.find(name);
  return found == producers_.end() ? nullptr : &found->second;
}

std::optional<SourceId> ProducerBook::forget_one() {
  auto oldest = producers_.end();
  for (auto producer = producers_.begin(); producer != producers_.end(); ++producer) {
    if (producer->second.connection != nullptr || producer->second.advanced) continue;
    if (oldest == producers_.end() || producer->second.started < oldest->second.started) oldest = producer;
  }
  if (oldest == producers_.end()) return std::nullopt;
  const SourceId source = oldest->second.source;
  producers_.erase(oldest);
  return source;
}

BookedProducer& ProducerBook::add(const std::string& name, SourceId source) {
  BookedProducer& producer = producers_[name];
  producer.name = name;
  producer.source = source;
  return producer;
}

}  // namespace streamd
