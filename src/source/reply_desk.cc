#include "source/reply_desk.h"

#include <algorithm>
#include <utility>

#include "source/ingest_connection.h"

namespace streamd {

void ReplyDesk::when_kept(IngestConnection& connection, std::uint64_t number, std::string text) {
  connection.expect_answer();
  kept_.push_back({number, &connection, std::move(text)});
}

void ReplyDesk::when_committed(IngestConnection& connection, std::uint64_t number, std::string text) {
  connection.expect_answer();
  committed_.push_back({number, &connection, std::move(text)});
}

void ReplyDesk::deliver(std::deque<Waiting>& queue, std::uint64_t reached) {
  for (; !queue.empty() && queue.front().number <= reached; queue.pop_front()) {
    if (queue.front().connection != nullptr) queue.front().connection->give_answer(queue.front().text);
  }
}

void ReplyDesk::deliver() {
  const std::uint64_t synced = progress_.synced.get();
  deliver(kept_, never_synced_ ? progress_.journalled.get() : synced);
  deliver(committed_, std::min(synced, progress_.committed.get()));
}

void ReplyDesk::forget(const IngestConnection& connection) {
  for (std::deque<Waiting>* queue : {&kept_, &committed_}) {
    for (Waiting& waiting : *queue) {
      if (waiting.connection == &connection) waiting.connection = nullptr;
    }
  }
}

}  // namespace streamd
