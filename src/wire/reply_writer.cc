#include "wire/reply_writer.h"

#include <charconv>
#include <limits>
#include <string_view>

#include "wire/json_text.h"

namespace streamd {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
  out.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

}  // namespace

void append_welcome(std::string& out, std::string_view run_id, std::optional<std::uint64_t> last_seq) {
  out.append(R"({"type":"welcome","run_id":)");
  append_json_string(out, run_id);
  if (last_seq) {
    out.append(R"(,"last_seq":)");
    append_number(out, *last_seq);
  }
  out.append("}\n");
}

void append_ack(std::string& out, std::uint64_t seq) {
  out.append(R"({"type":"ack","seq":)");
  append_number(out, seq);
  out.append("}\n");
}

void append_reject(std::string& out, std::optional<std::uint64_t> seq, std::uint64_t line, std::string_view reason) {
  out.append(R"({"type":"reject",)");
  if (seq) {
    out.append(R"("seq":)");
    append_number(out, *seq);
    out.append(",");
  }
  out.append(R"("line":)");
  append_number(out, line);
  out.append(R"(,"reason":)");
  append_json_string(out, reason);
  out.append("}\n");
}

void append_synced(std::string& out, std::string_view id) {
  out.append(R"({"type":"synced","id":)");
  append_json_string(out, id);
  out.append("}\n");
}

void append_pong(std::string& out) {
  out.append("{\"type\":\"pong\"}\n");
}

void append_unauthorized(std::string& out) {
  out.append("{\"type\":\"error\",\"reason\":\"unauthorized\"}\n");
}

void append_wrong_port(std::string& out) {
  constexpr std::string_view kText =
      "This port takes NDJSON. For dashboard, metrics and SQL start stream_daemon with --metrics-port; ask that one.\n";
  out.append("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n");
  out.append("Connection: close\r\nContent-Length: ");
  append_number(out, kText.size());
  out.append("\r\n\r\n").append(kText);
}

}  // namespace streamd
