// What a producer needs of the daemon's answers (wire/reply_writer.h), read by sight: in the form in which they are
// written.
#pragma once

#include <cstdint>
#include <string_view>

namespace streamd {

// Texts are within the line.
struct Reply {
  std::string_view type;    // empty: the line is no answer
  std::string_view run_id;  // of a welcome
  std::uint64_t seq = 0;    // of an ack or reject; the last one, of a welcome; 0: none
};

// A line without its newline.
Reply read_reply(std::string_view line);

}  // namespace streamd
