#include "sink/cursor_file.h"

#include "support/spool_folder.h"

namespace streamd {
namespace {

class CursorFileTest : public SpoolFolder {
 protected:
  const std::string path_ = root_ + "/cursor";
  std::optional<SinkCursor> kept() { return CursorFile::open(disk_, path_)->kept(); }
};

TEST_F(CursorFileTest, TheNewestIsKept) {
  EXPECT_FALSE(kept().has_value());
  auto file = CursorFile::open(disk_, path_);
  ASSERT_TRUE(file.ok());
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const SinkCursor cursor{i * 1000, i * 900, i % 2 == 0, {1, i, 3}};
    ok(file->keep(cursor));
    EXPECT_EQ(kept(), cursor);
  }
  auto again = CursorFile::open(disk_, path_);
  ok(again->keep({1, 2, false, {}}));
  EXPECT_EQ(kept()->position, 1u);
}

TEST_F(CursorFileTest, ATornWriteLeavesTheOneBefore) {
  auto file = CursorFile::open(disk_, path_);
  ok(file->keep({1, 0, false, {}}));
  ok(file->keep({2, 0, false, {}}));  // in the first slot
  const std::string whole = content_of(path_);
  for (std::size_t i = 0; i < 72; ++i) {
    std::string torn = whole;
    torn[i] = static_cast<char>(torn[i] ^ 8);
    write_file(path_, torn);
    ASSERT_EQ(kept()->position, 1u) << i;
  }
  write_file(path_, std::string(5000, '\0'));
  EXPECT_FALSE(kept().has_value());
}

}  // namespace
}  // namespace streamd
