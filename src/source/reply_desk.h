// Answers that wait until their batch has got so far: journalled or synced (welcome, ack), synced and committed
// (synced). The intake's thread only; the progress is moved by others.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/batch_progress.h"

namespace streamd {

class IngestConnection;

class ReplyDesk {
 public:
  // `never_synced`: the journal is not synced by itself (--journal-sync never), so being journalled has to do.
  ReplyDesk(const BatchProgress& progress, bool never_synced) : progress_(progress), never_synced_(never_synced) {}

  // `number`: of the batch that it waits for; they come in ascending order.
  void when_kept(IngestConnection& connection, std::uint64_t number, std::string text);
  void when_committed(IngestConnection& connection, std::uint64_t number, std::string text);

  // Gives the connections what is due.
  void deliver();
  // The connection goes; nobody waits any more.
  void forget(const IngestConnection& connection);

 private:
  struct Waiting {
    std::uint64_t number;
    IngestConnection* connection;  // null: forgotten
    std::string text;
  };
  static void deliver(std::deque<Waiting>& queue, std::uint64_t reached);

  const BatchProgress& progress_;
  const bool never_synced_;
  std::deque<Waiting> kept_;
  std::deque<Waiting> committed_;
};

}  // namespace streamd
