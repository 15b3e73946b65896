#include "journal/file_header.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>

namespace streamd {
namespace {

constexpr std::size_t kPositionDigits = 20;

std::uint64_t header_checksum(const FileHeader& header) {
  return XXH3_64bits(&header, offsetof(FileHeader, checksum));
}

}  // namespace

FileHeader make_header(std::string_view magic, const std::string& journal_id, std::uint64_t position,
                       UnixMillis wall_ms, std::string_view content) {
  STREAMD_CHECK(magic.size() == sizeof(FileHeader::magic) && journal_id.size() == kIdDigits);
  FileHeader header{};
  magic.copy(header.magic, sizeof header.magic);
  header.version = kJournalVersion;
  journal_id.copy(header.journal_id, kIdDigits);
  header.position = position;
  header.created_wall_ms = wall_ms;
  header.content_bytes = content.size();
  header.content_checksum = content.empty() ? 0 : XXH3_64bits(content.data(), content.size());
  header.checksum = header_checksum(header);
  return header;
}

Result<FileHeader> read_header(std::string_view magic, std::string_view bytes, const std::string& path) {
  FileHeader header{};
  const Error damaged{path + ": its header is damaged"};
  if (bytes.size() < sizeof header || bytes.substr(0, magic.size()) != magic) return damaged;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.checksum != header_checksum(header)) return damaged;
  if (header.version != kJournalVersion) {
    return Error{fmt::format("{} has format version {}, this program knows {}; start the version of stream_daemon that "
                             "wrote it, or choose another --state-dir",
                             path, header.version, kJournalVersion),
                 ErrorKind::refused};
  }
  return header;
}

std::string name_of_position(std::uint64_t position, std::string_view ending) {
  return fmt::format("{:0{}}{}", position, kPositionDigits, ending);
}

bool position_of_name(std::string_view name, std::string_view ending, std::uint64_t& position) {
  if (name.size() != kPositionDigits + ending.size() || !name.ends_with(ending)) return false;
  const char* end = name.data() + kPositionDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, position);
  return error == std::errc() && stop == end;
}

}  // namespace streamd
