#include "source/producer_book.h"

namespace streamd {

void ProducerBook::restore(const std::map<std::string, Producer>& producers) {
  for (const auto& [name, producer] : producers) {
    producers_[name] = {name, producer.source, producer.session, producer.last_seq, nullptr, false, false};
  }
}

BookedProducer* ProducerBook::find(const std::string& name) {
  const auto found = producers_.find(name);
  return found == producers_.end() ? nullptr : &found->second;
}

BookedProducer* ProducerBook::add(const std::string& name, SourceId source) {
  if (producers_.size() >= kMaxProducers) return nullptr;
  BookedProducer& producer = producers_[name];
  producer.name = name;
  producer.source = source;
  return &producer;
}

}  // namespace streamd
