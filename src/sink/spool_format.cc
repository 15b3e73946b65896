#include "sink/spool_format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace streamd {
namespace {

constexpr std::size_t kPositionDigits = 20;

std::uint64_t file_header_checksum(const SpoolFileHeader& header) {
  return XXH3_64bits(&header, offsetof(SpoolFileHeader, checksum));
}

std::uint64_t spool_record_checksum(const SpoolRecordHeader& header, std::string_view lines) {
  return XXH3_64bits_withSeed(lines.data(), lines.size(), spool_record_seed(header));
}

}  // namespace

SpoolFileHeader make_spool_file_header(const std::string& journal_id, std::uint64_t journal_position,
                                       std::uint64_t position, std::uint32_t flags) {
  STREAMD_CHECK(journal_id.empty() || journal_id.size() == kSpoolJournalIdDigits);
  SpoolFileHeader header{};
  kSpoolMagic.copy(header.magic, sizeof header.magic);
  header.version = kSpoolVersion;
  header.flags = flags;
  journal_id.copy(header.journal_id, kSpoolJournalIdDigits);
  header.journal_position = journal_position;
  header.position = position;
  header.checksum = file_header_checksum(header);
  return header;
}

Result<SpoolFileHeader> read_spool_file_header(std::string_view bytes, const std::string& path) {
  SpoolFileHeader header{};
  const Error damaged{path + ": its header is damaged", ErrorKind::damaged};
  if (bytes.size() < sizeof header || bytes.substr(0, kSpoolMagic.size()) != kSpoolMagic) return damaged;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.checksum != file_header_checksum(header)) return damaged;
  if (header.version != kSpoolVersion) {
    return Error{fmt::format("{} has format version {}, this program knows {}; start the version of stream_daemon that "
                             "wrote it, or choose another --state-dir",
                             path, header.version, kSpoolVersion),
                 ErrorKind::refused};
  }
  return header;
}

std::string journal_id_of(const SpoolFileHeader& header) {
  return header.journal_id[0] == '\0' ? std::string() : std::string(header.journal_id, kSpoolJournalIdDigits);
}

SpoolRecordHeader make_spool_record_header(std::uint64_t position, std::uint64_t journal_position, std::uint32_t flags,
                                           std::string_view lines) {
  SpoolRecordHeader header{};
  header.position = position;
  header.journal_position = journal_position;
  header.payload_bytes = static_cast<std::uint32_t>(lines.size());
  header.flags = flags;
  header.checksum = spool_record_checksum(header, lines);
  return header;
}

SpoolRecordHeader spool_record_header_at(std::string_view bytes) {
  SpoolRecordHeader header;
  STREAMD_CHECK(bytes.size() >= sizeof header);
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

bool spool_record_is_whole(const SpoolRecordHeader& header, std::string_view lines) {
  return lines.size() == header.payload_bytes && spool_record_checksum(header, lines) == header.checksum;
}

std::uint64_t spool_record_seed(const SpoolRecordHeader& header) {
  const std::string_view covered = spool_bytes_of(header).substr(sizeof header.checksum);
  return XXH3_64bits(covered.data(), covered.size());
}

std::string spool_segment_name(std::uint64_t position) {
  return fmt::format("{:0{}}{}", position, kPositionDigits, kSpoolEnding);
}

bool position_of_spool_segment(std::string_view name, std::uint64_t& position) {
  if (name.size() != kPositionDigits + kSpoolEnding.size() || !name.ends_with(kSpoolEnding)) return false;
  const char* end = name.data() + kPositionDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, position);
  return error == std::errc() && stop == end;
}

}  // namespace streamd
