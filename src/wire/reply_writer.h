// The daemon's answers on an ingest connection. Each function appends one line of JSON with its newline (but for the
// answer to who speaks HTTP); nothing is sent here. What is not known is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamd {

void append_welcome(std::string& out, std::string_view run_id, std::optional<std::uint64_t> last_seq);
void append_ack(std::string& out, std::uint64_t seq);
void append_reject(std::string& out, std::optional<std::uint64_t> seq, std::uint64_t line, std::string_view reason);
void append_synced(std::string& out, std::string_view id);
void append_pong(std::string& out);
void append_unauthorized(std::string& out);
// A whole answer in HTTP, as curl and browsers show it: this is not the port for them.
void append_wrong_port(std::string& out);

}  // namespace streamd
