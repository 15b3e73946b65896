#include "wire/reply_reader.h"

#include <charconv>

namespace streamd {
namespace {

std::string_view behind(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  return at == std::string_view::npos ? std::string_view() : line.substr(at + key.size());
}

std::string_view text_behind(std::string_view line, std::string_view key) {
  const std::string_view rest = behind(line, key);
  return rest.substr(0, rest.find('"'));
}

std::uint64_t number_behind(std::string_view line, std::string_view key) {
  const std::string_view rest = behind(line, key);
  std::uint64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

}  // namespace

Reply read_reply(std::string_view line) {
  Reply reply;
  reply.type = text_behind(line, "\"type\":\"");
  const bool is_welcome = reply.type == "welcome";
  if (is_welcome) reply.run_id = text_behind(line, "\"run_id\":\"");
  reply.seq = number_behind(line, is_welcome ? "\"last_seq\":" : "\"seq\":");
  return reply;
}

}  // namespace streamd
