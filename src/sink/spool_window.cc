#include "sink/spool_window.h"

#include <xxhash.h>

namespace streamd {

Result<bool> SpoolWindow::has_whole(const SpoolRecordHeader& header, std::uint64_t limit) {
  const std::uint64_t bytes = spool_record_bytes(header.payload_bytes);
  if (bytes > limit - std::min(limit, header.position)) return false;
  if (bytes <= kReadBytes) {
    auto whole = view(header.position, bytes, limit);
    if (!whole) return whole.error();
    return whole->size() == bytes &&
           spool_record_is_whole(header, whole->substr(sizeof header, header.payload_bytes));
  }
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset_withSeed(state.get(), spool_record_seed(header));
  std::uint64_t at = header.position + sizeof header;
  const std::uint64_t lines_end = at + header.payload_bytes;
  while (at < lines_end) {
    auto part = view(at, std::min<std::uint64_t>(kReadBytes, lines_end - at), limit);
    if (!part) return part.error();
    if (part->empty()) return false;
    XXH3_64bits_update(state.get(), part->data(), part->size());
    at += part->size();
  }
  auto last = view(header.position + bytes - 1, 1, limit);
  if (!last) return last.error();
  return !last->empty() && XXH3_64bits_digest(state.get()) == header.checksum;
}

}  // namespace streamd
