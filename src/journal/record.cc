#include "journal/record.h"

#include <xxhash.h>

namespace streamd {
namespace {

struct ChecksumState {
  XXH3_state_t* state = XXH3_createState();
  ~ChecksumState() { XXH3_freeState(state); }
};

std::uint64_t record_checksum(const RecordHeader& header, std::span<const std::string_view> payload) {
  thread_local ChecksumState checksum;
  XXH3_64bits_reset(checksum.state);
  const std::string_view covered = bytes_of(header).substr(sizeof header.checksum);
  XXH3_64bits_update(checksum.state, covered.data(), covered.size());
  for (std::string_view piece : payload) XXH3_64bits_update(checksum.state, piece.data(), piece.size());
  return XXH3_64bits_digest(checksum.state);
}

}  // namespace

RecordHeader make_record_header(std::uint64_t position, std::span<const std::string_view> payload) {
  RecordHeader header{};
  header.position = position;
  for (std::string_view piece : payload) header.payload_bytes += static_cast<std::uint32_t>(piece.size());
  header.checksum = record_checksum(header, payload);
  return header;
}

std::uint64_t whole_record_bytes(std::string_view bytes, std::uint64_t position) {
  RecordHeader header;
  if (bytes.size() < sizeof header) return 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.position != position || header.payload_bytes == 0) return 0;
  const std::uint64_t size = record_bytes(header.payload_bytes);
  if (size > bytes.size()) return 0;
  const std::string_view payload = bytes.substr(sizeof header, header.payload_bytes);
  const std::string_view padding = bytes.substr(0, size).substr(sizeof header + header.payload_bytes);
  if (padding.find_first_not_of('\0') != std::string_view::npos) return 0;
  return record_checksum(header, {&payload, 1}) == header.checksum ? size : 0;
}

}  // namespace streamd
