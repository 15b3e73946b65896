#include "source/producer_book.h"

#include <algorithm>
#include <utility>

namespace streamd {

void ProducerBook::restore(const std::map<std::string, Producer>& producers, ElapsedMillis now_ms) {
  for (const auto& [name, producer] : producers) {
    BookedProducer& booked = add(name, producer.source);
    booked.session = producer.session;
    booked.last_seq = producer.last_seq;
    booked.last_active = producer.last_active;
    booked.left_ms = now_ms;
    activities_ = std::max(activities_, producer.last_active);
  }
}

BookedProducer* ProducerBook::find(const std::string& name) {
  const auto found = producers_.find(name);
  return found == producers_.end() ? nullptr : &found->second;
}

std::optional<BookedProducer> ProducerBook::forget_one(ElapsedMillis now_ms, ElapsedMillis grace_ms) {
  auto oldest = producers_.end();
  for (auto producer = producers_.begin(); producer != producers_.end(); ++producer) {
    const BookedProducer& one = producer->second;
    if (one.connection != nullptr || one.advanced || now_ms - one.left_ms < grace_ms) continue;
    if (oldest == producers_.end() || one.last_active < oldest->second.last_active) oldest = producer;
  }
  if (oldest == producers_.end()) return std::nullopt;
  BookedProducer forgotten = std::move(oldest->second);
  producers_.erase(oldest);
  known_.set(producers_.size());
  return forgotten;
}

BookedProducer& ProducerBook::add(const std::string& name, SourceId source) {
  BookedProducer& producer = producers_[name];
  producer.name = name;
  producer.source = source;
  known_.set(producers_.size());
  return producer;
}

void ProducerBook::connect(BookedProducer& producer, IngestConnection* connection) {
  const bool was_connected = producer.connection != nullptr;
  producer.connection = connection;
  const bool is_connected = connection != nullptr;
  if (is_connected != was_connected) connected_.set(connected_.get() + (is_connected ? 1 : -1));
}

}  // namespace streamd
