// The bytes of a spool's segment. All numbers are little-endian; a change of them needs a new version.
// A segment is a header and records, one behind the other. Positions are the spool's own and count the bytes of records
// (their headers and padding included, headers of segments not), so that a reader's place is one number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace streamd {

inline constexpr std::uint32_t kSpoolVersion = 1;
inline constexpr std::string_view kSpoolMagic = "SDSPOOL\n";
inline constexpr std::string_view kSpoolEnding = ".spool";
inline constexpr std::size_t kSpoolJournalIdDigits = 32;
inline constexpr std::uint64_t kMinSpoolSegmentBytes = 4096;

// Of a segment: whether a gap was open when it began. Of a record: what it does beside carrying lines.
enum SpoolFlags : std::uint32_t {
  kSpoolGapOpen = 1,   // lines are missing from the record's journal position on
  kSpoolGapClosed = 2,  // no longer, from its journal position on
};

// `checksum` is XXH3 (64 bits) of all before it. Its size, and where magic, version and checksum stand, are the same in
// all versions, so that another version is told from damage.
struct SpoolFileHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t flags;
  char journal_id[kSpoolJournalIdDigits];  // hex digits, or zeros without a journal
  std::uint64_t journal_position;  // how far the spool was when the segment began
  std::uint64_t position;          // of the first record
  std::uint64_t checksum;
};
static_assert(sizeof(SpoolFileHeader) == 72 && std::is_trivially_copyable_v<SpoolFileHeader>);

// Opens a record; its lines follow, and zeros up to a multiple of eight bytes. A record without lines and flags is a
// mark: it says only how far the journal is. `checksum` is XXH3 of the header behind it, and the lines.
struct SpoolRecordHeader {
  std::uint64_t checksum;
  std::uint64_t position;          // of this header's first byte
  std::uint64_t journal_position;  // the lines of the events before it are in the spool
  std::uint32_t payload_bytes;
  std::uint32_t flags;
};
static_assert(sizeof(SpoolRecordHeader) == 32 && std::is_trivially_copyable_v<SpoolRecordHeader>);

constexpr std::uint64_t spool_record_bytes(std::uint64_t payload_bytes) {
  return sizeof(SpoolRecordHeader) + (payload_bytes + 7) / 8 * 8;
}

template <typename Header>
std::string_view spool_bytes_of(const Header& header) {
  static_assert(std::is_trivially_copyable_v<Header>);
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

// `journal_id`: 32 hex digits, or empty.
SpoolFileHeader make_spool_file_header(const std::string& journal_id, std::uint64_t journal_position,
                                       std::uint64_t position, std::uint32_t flags);
// `bytes`: the beginning of the file. Error kinds: refused (a version that this program does not know), damaged.
Result<SpoolFileHeader> read_spool_file_header(std::string_view bytes, const std::string& path);
std::string journal_id_of(const SpoolFileHeader& header);

SpoolRecordHeader make_spool_record_header(std::uint64_t position, std::uint64_t journal_position, std::uint32_t flags,
                                           std::string_view lines);
SpoolRecordHeader spool_record_header_at(std::string_view bytes);
bool spool_record_is_whole(const SpoolRecordHeader& header, std::string_view lines);
// The seed of the checksum of its lines, for those who have them in parts.
std::uint64_t spool_record_seed(const SpoolRecordHeader& header);

// "00000000000000001234.spool": names sort by position. Nothing for a name of another form.
std::string spool_segment_name(std::uint64_t position);
bool position_of_spool_segment(std::string_view name, std::uint64_t& position);

}  // namespace streamd
