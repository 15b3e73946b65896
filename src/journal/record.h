// One record of the journal: header, payload, padding.
#pragma once

#include <span>
#include <string_view>

#include "journal/journal_format.h"

namespace streamd {

// For a payload that is given in pieces.
RecordHeader make_record_header(std::uint64_t position, std::span<const std::string_view> payload);

// How many bytes at the beginning of `bytes` are a whole record of that position; 0: none.
std::uint64_t whole_record_bytes(std::string_view bytes, std::uint64_t position);

}  // namespace streamd
