// The bytes of a journal's segment and of a snapshot. docs/journal_format.md has them as a page; change both together,
// with a new version. All numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace streamd {

inline constexpr std::uint32_t kJournalVersion = 3;
inline constexpr std::uint64_t kSegmentBytes = 64 << 20;  // a segment that has reached it is closed
inline constexpr std::string_view kSegmentMagic = "SDJRNL\r\n";
inline constexpr std::string_view kSnapshotMagic = "SDSNAP\r\n";
inline constexpr std::string_view kSegmentEnding = ".journal";
inline constexpr std::string_view kSnapshotEnding = ".snapshot";
inline constexpr std::size_t kIdDigits = 32;

// Opens a segment or a snapshot. `checksum` is XXH3 (64 bits) of all before it. Its size, and where magic, version and
// checksum stand, are the same in all versions, so that another version is told from damage.
struct FileHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t reserved;
  char journal_id[kIdDigits];   // hex digits
  std::uint64_t position;       // segment: of its first record; snapshot: the events before it are in the state
  std::int64_t created_wall_ms;
  std::uint64_t content_bytes;  // snapshot: of the state that follows; segment: 0, its end is the file's
  std::uint64_t content_checksum;  // snapshot: XXH3 of the state; segment: 0
  std::uint64_t checksum;
};
static_assert(sizeof(FileHeader) == 88 && std::is_trivially_copyable_v<FileHeader>);

// Opens a record; its payload follows (event_codec.h), and zeros up to a multiple of eight bytes.
// `checksum` is XXH3 of position, payload_bytes and reserved as they stand, and the payload.
struct RecordHeader {
  std::uint64_t checksum;
  std::uint64_t position;  // of this header's first byte, counted over all records of the journal (without file headers)
  std::uint32_t payload_bytes;
  std::uint32_t reserved;
};
static_assert(sizeof(RecordHeader) == 24 && std::is_trivially_copyable_v<RecordHeader>);

constexpr std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return sizeof(RecordHeader) + (payload_bytes + 7) / 8 * 8;
}

template <typename Header>
std::string_view bytes_of(const Header& header) {
  static_assert(std::is_trivially_copyable_v<Header>);
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

}  // namespace streamd
