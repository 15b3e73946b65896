// However bytes are cut into pieces, they are read as the same request, or as none (when it is refused may differ);
// and its body is bounded. The input: the number of pieces' lengths, those lengths (taken in turn), then the bytes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.h"

namespace {

using streamd::RequestReader;

constexpr std::size_t kMaxHeaderBytes = 4096;  // more than the input has: its bound is met at another byte in pieces
constexpr std::size_t kMaxBodyBytes = 64;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "the reader is wrong: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto take_byte = [&]() -> std::size_t {
    if (input.empty()) return 0;
    const auto byte = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    return byte;
  };
  std::vector<std::size_t> lengths(1 + take_byte() % 8);
  for (std::size_t& length : lengths) length = take_byte();
  lengths.push_back(1);  // or all pieces could be empty

  RequestReader whole(kMaxHeaderBytes, kMaxBodyBytes);
  const std::size_t taken = whole.take(input);
  require(taken <= input.size(), "it took more than there is");

  RequestReader reader(kMaxHeaderBytes, kMaxBodyBytes);
  std::string waiting;
  std::size_t read = 0;
  std::string_view rest = input;
  for (std::size_t i = 0; !rest.empty() && reader.state() == RequestReader::State::wants_more;
       i = (i + 1) % lengths.size()) {
    const std::string_view piece = rest.substr(0, lengths[i]);
    rest.remove_prefix(piece.size());
    waiting += piece;
    const std::size_t count = reader.take(waiting);
    waiting.erase(0, count);
    read += count;
  }
  const bool is_complete = whole.state() == RequestReader::State::complete;
  require((reader.state() == RequestReader::State::complete) == is_complete, "in pieces it is complete or it is not");
  if (!is_complete) return 0;
  require(read == taken, "in pieces it has another length");
  require(reader.fields().method == whole.fields().method && reader.fields().target == whole.fields().target &&
              reader.fields().host == whole.fields().host &&
              reader.fields().authorization == whole.fields().authorization &&
              reader.keeps_alive() == whole.keeps_alive(), "in pieces its fields are others");
  const std::string body = whole.take_body();
  require(body.size() <= kMaxBodyBytes, "the body is larger than it may be");
  require(reader.take_body() == body, "in pieces its body is another");
  return 0;
}
