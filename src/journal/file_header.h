// Makes and reads the header of a segment or snapshot.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "journal/journal_format.h"

namespace streamd {

// `journal_id`: kIdDigits hex digits. `content`: of a snapshot, empty for a segment.
FileHeader make_header(std::string_view magic, const std::string& journal_id, std::uint64_t position,
                       UnixMillis wall_ms, std::string_view content);

// `bytes`: the beginning of the file. Error kinds: refused (a version that this program does not know), other (damaged).
Result<FileHeader> read_header(std::string_view magic, std::string_view bytes, const std::string& path);

inline std::string journal_id_of(const FileHeader& header) { return {header.journal_id, kIdDigits}; }

// "00000000000000001234.journal": names sort by position. Nothing for a name of another form.
std::string name_of_position(std::uint64_t position, std::string_view ending);
bool position_of_name(std::string_view name, std::string_view ending, std::uint64_t& position);

}  // namespace streamd
