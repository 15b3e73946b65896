// The core's state ↔ bytes. A change here, or of what a part of the core writes, is a new kStateVersion.
#include "core/core.h"

#include <algorithm>

#include "core/tail_position_bytes.h"

namespace streamd {
namespace {

void put_names(const std::vector<std::string>& names, ByteSink& bytes) {
  bytes.put(static_cast<std::uint32_t>(names.size()));
  for (const std::string& name : names) bytes.put_text(name);
}

std::vector<std::string> get_names(ByteSource& bytes) {
  std::vector<std::string> names(bytes.get_count(sizeof(std::uint32_t)));
  for (std::string& name : names) name = bytes.get_text();
  return names;
}

}  // namespace

void Core::save(ByteSink& bytes) const {
  bytes.put(kStateVersion);
  bytes.put_text(run_id_);
  put_names(symbols_, bytes);
  put_names(labels_, bytes);
  bytes.put(next_source_);
  bytes.put(static_cast<std::uint32_t>(connections_.size()));
  for (SourceId source : connections_) bytes.put(source);
  bytes.put(static_cast<std::uint32_t>(tails_.size()));
  for (const auto& [source, path] : tails_) {
    bytes.put(source);
    bytes.put_text(path);
  }
  bytes.put(static_cast<std::uint32_t>(producers_.size()));
  for (const auto& [name, producer] : producers_) {
    bytes.put_text(name);
    bytes.put(producer.source);
    bytes.put_text(producer.session);
    bytes.put(producer.last_seq);
    bytes.put(producer.last_active);
  }
  bytes.put(static_cast<std::uint32_t>(tail_ledger_.positions().size()));
  for (const TailPosition& position : tail_ledger_.positions()) put_position(position, bytes);
  aggregator_.save(bytes);
  recent_bars_.save(bytes);
  summariser_.save(bytes);
  bytes.put(static_cast<std::uint8_t>(emits_decisions_));
  engine_.save(bytes);
}

bool Core::load(ByteSource& bytes) {
  if (bytes.get<std::uint32_t>() != kStateVersion) return false;
  run_id_ = bytes.get_text();
  for (const std::string& name : get_names(bytes)) add_symbol(name);
  labels_ = get_names(bytes);
  if (labels_.empty() || !labels_.front().empty()) return false;
  for (std::size_t i = 1; i < labels_.size(); ++i) label_ids_.emplace(labels_[i], static_cast<LabelId>(i));
  next_source_ = bytes.get<SourceId>();
  connections_.resize(bytes.get_count(sizeof(SourceId)));
  for (SourceId& source : connections_) source = bytes.get<SourceId>();
  const std::size_t tails = bytes.get_count(sizeof(SourceId) + sizeof(std::uint32_t));
  for (std::size_t i = 0; i < tails; ++i) {
    const auto source = bytes.get<SourceId>();
    tails_[source] = bytes.get_text();
  }
  const std::size_t producers = bytes.get_count(sizeof(std::uint32_t));
  for (std::size_t i = 0; i < producers; ++i) {
    Producer& producer = producers_[std::string(bytes.get_text())];
    producer.source = bytes.get<SourceId>();
    producer.session = bytes.get_text();
    producer.last_seq = bytes.get<std::uint64_t>();
    producer.last_active = bytes.get<std::uint64_t>();
    producer_activities_ = std::max(producer_activities_, producer.last_active);
    producer_of_source_[producer.source] = &producer;
  }
  const std::size_t positions = bytes.get_count(sizeof(SourceId));
  for (std::size_t i = 0; i < positions; ++i) tail_ledger_.record(get_position(bytes));
  if (!aggregator_.load(bytes) || !recent_bars_.load(bytes) || !summariser_.load(bytes)) return false;
  emits_decisions_ = bytes.get<std::uint8_t>() != 0;
  choose_what_bars_tell();
  return engine_.load(bytes) && bytes.ok() && bytes.at_end();
}

}  // namespace streamd
