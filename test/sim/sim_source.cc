#include "sim/sim_source.h"

#include <algorithm>

namespace streamd::sim {

SimSource::~SimSource() {
  for (const auto& connection : connections_) connection->ingest.reset();
}

std::vector<SourceId> SimSource::follow(const std::vector<SimFile*>& files, const Core& core) {
  std::vector<SourceId> gone_on;
  for (SimFile* file : files) {
    std::uint64_t offset = 0;
    for (const TailPosition& position : core.tail_ledger().positions()) {
      if (position.inode == file->inode) offset = position.offset;
    }
    Tail& tail = tails_.emplace_back(Tail{file, LineStream(file->path, 1 << 16, offset), offset});
    for (const auto& [source, path] : core.tails()) {
      if (path != file->path) continue;
      tail.stream.source = source;
      gone_on.push_back(source);
    }
  }
  return gone_on;
}

template <typename Feed>
void SimSource::feed_bytes(std::string_view bytes, Feed feed) {
  std::string buffer(bytes);
  buffer.append(kReadSlack, '9');
  feed(std::string_view(buffer).substr(0, bytes.size()));
}

bool SimSource::read_connection(SimConnection& connection) {
  if (connection.ingest == nullptr) {
    connection.ingest = std::make_unique<IngestConnection>(protocol_, "simulated");
  }
  if (!connection.ingest->may_read() || connection.ingest->is_superseded()) return false;
  if (connection.inbox.empty()) {
    if (!connection.peer_closed) return false;
    connection.ingest->end();
    connection.daemon_closed = true;
    return true;
  }
  const auto count = static_cast<std::size_t>(
      between(random_, 1, std::min<std::int64_t>(static_cast<std::int64_t>(connection.inbox.size()), 900)));
  feed_bytes(connection.inbox.substr(0, count), [&](std::string_view bytes) { connection.ingest->feed(bytes); });
  connection.inbox.erase(0, count);
  return true;
}

bool SimSource::read_file(Tail& tail) {
  const std::size_t left = tail.file->text.size() - tail.taken;
  if (left == 0 || stopping_) return false;
  if (tail.stream.source == 0) tail.stream.source = intake_.start_source("tail:" + tail.file->path, tail.file->path);
  const auto count =
      static_cast<std::size_t>(between(random_, 1, std::min<std::int64_t>(static_cast<std::int64_t>(left), 900)));
  feed_bytes(std::string_view(tail.file->text).substr(tail.taken, count),
             [&](std::string_view bytes) { intake_.feed(tail.stream, bytes); });
  tail.taken += count;
  tail.advanced = true;
  return true;
}

bool SimSource::read() {
  bool any = false;
  for (const auto& connection : connections_) {
    if (!connection->daemon_closed && chance(random_, stopping_ ? 1 : 0.6)) any |= read_connection(*connection);
  }
  for (Tail& tail : tails_) {
    if (chance(random_, 0.6)) any |= read_file(tail);
  }
  remove_closed();
  return any;
}

void SimSource::add_undrained(std::vector<BusySource>& busy) const {
  for (const auto& connection : connections_) {
    if (connection->ingest != nullptr && connection->ingest->source() != 0 && !connection->inbox.empty()) {
      busy.push_back({connection->ingest->source(), false, true});
    }
  }
  for (const Tail& tail : tails_) {
    if (tail.stream.source != 0 && tail.taken < tail.file->text.size()) busy.push_back({tail.stream.source, false, true});
  }
}

void SimSource::end_batch() {
  protocol_.end_batch();
  for (Tail& tail : tails_) {
    if (!std::exchange(tail.advanced, false)) continue;
    intake_.batch().add_tail_position(
        {tail.stream.source, tail.file->path, 1, tail.file->inode, 0, 0, tail.stream.splitter.line_offset(), false});
  }
}

void SimSource::answer() {
  protocol_.desk.deliver();
  for (const auto& connection : connections_) {
    if (connection->ingest == nullptr) continue;
    connection->outbox += std::exchange(connection->ingest->output(), {});
    connection->daemon_closed |= connection->ingest->is_superseded();
  }
  remove_closed();
}

void SimSource::remove_closed() {
  std::erase_if(connections_, [](const auto& connection) {
    if (connection->daemon_closed) connection->ingest.reset();
    return connection->daemon_closed;
  });
}

bool SimSource::has_answers() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& connection) {
    return connection->ingest != nullptr && connection->ingest->has_answers();
  });
}

std::uint64_t SimSource::bytes_to_read() const {
  std::uint64_t sum = 0;
  for (const auto& connection : connections_) {
    if (connection->ingest != nullptr && !connection->ingest->is_superseded()) sum += connection->inbox.size();
  }
  return sum;
}

void SimSource::finish() {
  for (const auto& connection : connections_) {
    if (connection->ingest != nullptr) connection->ingest->finish_lines();
  }
}

bool SimSource::all_files_read() const {
  return std::all_of(tails_.begin(), tails_.end(), [](const Tail& tail) { return tail.taken == tail.file->text.size(); });
}

}  // namespace streamd::sim
