#include "sink/peer_lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace streamd {
namespace {

TEST(PeerLinesTest, LinesComeWholeHoweverTheyWereCut) {
  const std::string long_line(10'000, 'x');
  const std::string limit(PeerLines::kMaxLineBytes, 'y');
  const std::string text = "a\n\n" + limit + "\n" + limit + "z\n" + long_line + "\nlast\nrest";
  for (std::size_t size : {1u, 2u, 7u, 4096u, 100'000u}) {
    PeerLines peer;
    std::uint64_t skipped = 0;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += size) {
      peer.add(std::string_view(text).substr(at, size));
      while (auto line = peer.next(skipped)) lines.emplace_back(*line);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"a", "", limit, "last"})) << size;
    EXPECT_EQ(skipped, 2u) << size;
  }
}

}  // namespace
}  // namespace streamd
