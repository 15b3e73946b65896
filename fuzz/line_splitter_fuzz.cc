// However a stream of bytes is cut into pieces, the splitter gives the lines, offsets and long lines that a splitter
// too simple to be wrong gives. The input: the limit, the number of pieces' lengths, those lengths (taken in turn),
// then the stream.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/line_splitter.h"

namespace {

using streamd::kReadSlack;
using streamd::LineSplitter;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "the splitter is wrong: %s\n", what);
  std::abort();
}

struct Event {
  enum Kind { line, fast, long_line } kind;
  std::uint64_t offset;  // of a line that the fast path took it is not told
  std::string text;
  friend bool operator==(const Event&, const Event&) = default;
};

// The fast path of this test knows lines that begin with f.
struct Recorder {
  explicit Recorder(std::size_t limit) : max_line_bytes(limit) {}

  const std::size_t max_line_bytes;
  std::vector<Event> events;
  bool long_open = false;
  unsigned slack_sum = 0;

  const char* take_fast(const char* line) {
    if (*line != 'f') return nullptr;
    const auto* newline = static_cast<const char*>(std::memchr(line, '\n', max_line_bytes + 1));
    if (newline == nullptr) return nullptr;
    touch_slack({line, static_cast<std::size_t>(newline - line) + 1});
    events.push_back({Event::fast, 0, std::string(line, newline)});
    return newline + 1;
  }
  void on_line(std::string_view text, std::uint64_t offset) {
    require(!long_open, "a line within a long line");
    require(text.size() <= max_line_bytes, "a line beyond the limit");
    touch_slack(text);
    events.push_back({Event::line, offset, std::string(text)});
  }
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last) {
    touch_slack(piece);
    if (!long_open) events.push_back({Event::long_line, offset, ""});
    require(events.back().offset == offset, "the pieces of a long line have different offsets");
    events.back().text += piece;
    long_open = !last;
  }
  // For the address sanitizer to see.
  void touch_slack(std::string_view text) {
    if (text.empty()) return;
    for (std::size_t i = 0; i < kReadSlack; ++i) slack_sum += static_cast<unsigned char>(text.data()[text.size() + i]);
  }
};

void feed(LineSplitter& splitter, Recorder& recorder, std::string_view piece) {
  const auto memory = std::make_unique<char[]>(piece.size() + kReadSlack);
  std::memset(memory.get(), 'f', piece.size() + kReadSlack);
  if (!piece.empty()) std::memcpy(memory.get(), piece.data(), piece.size());
  splitter.feed({memory.get(), piece.size()}, recorder);
}

std::vector<Event> split_naively(std::string_view text, std::size_t max_line_bytes) {
  std::vector<Event> events;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t newline = text.find('\n', start);
    const std::string line(text.substr(start, newline - start));
    if (line.size() > max_line_bytes) {
      events.push_back({Event::long_line, start, line});
    } else if (newline != std::string_view::npos && !line.empty() && line[0] == 'f') {
      events.push_back({Event::fast, 0, line});
    } else {
      events.push_back({Event::line, start, line});
    }
    start += line.size() + 1;
  }
  return events;
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
  const std::size_t max_line_bytes = take_byte() % 64;
  std::vector<std::size_t> lengths(1 + take_byte() % 16);
  for (std::size_t& length : lengths) length = take_byte();
  lengths.push_back(1);  // or all pieces could be empty

  const std::vector<Event> expected = split_naively(input, max_line_bytes);

  Recorder whole(max_line_bytes);
  LineSplitter whole_splitter(max_line_bytes);
  feed(whole_splitter, whole, input);
  whole_splitter.finish(whole);
  require(whole.events == expected, "the whole at once");
  require(!whole.long_open && !whole_splitter.has_unfinished(), "something is left after the end");
  require(whole_splitter.line_offset() == input.size(), "the offset after the end");

  Recorder pieces(max_line_bytes);
  LineSplitter splitter(max_line_bytes);
  std::string_view rest = input;
  for (std::size_t i = 0; !rest.empty(); i = (i + 1) % lengths.size()) {
    const std::string_view piece = rest.substr(0, lengths[i]);
    feed(splitter, pieces, piece);
    rest.remove_prefix(piece.size());
    require(splitter.unfinished_bytes() <= max_line_bytes, "more is kept than a line may have");
    const std::size_t read = input.size() - rest.size();
    const std::size_t newline = read == 0 ? std::string_view::npos : input.rfind('\n', read - 1);
    require(splitter.line_offset() == (newline == std::string_view::npos ? 0 : newline + 1), "the offset of a piece");
  }
  // A stream that is torn off here begins anew at the offset of the line that was torn.
  LineSplitter torn = splitter;
  const std::uint64_t offset = torn.line_offset();
  torn.discard_unfinished();
  Recorder after(max_line_bytes);
  feed(torn, after, "\n");
  require(after.events == std::vector<Event>{{Event::line, offset, ""}}, "a discarded line leaves something behind");

  splitter.finish(pieces);
  require(pieces.events == expected, "in pieces");
  require(!pieces.long_open && splitter.line_offset() == input.size(), "the end of the pieces");
  return 0;
}
