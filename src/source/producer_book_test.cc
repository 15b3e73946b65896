#include "source/producer_book.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

class ProducerBookTest : public testing::Test {
 protected:
  BookedProducer& come(const std::string& name) {
    BookedProducer* producer = book.find(name);
    if (producer == nullptr) producer = &book.add(name, next_source++);
    book.note_activity(*producer);
    return *producer;
  }
  std::string forget(ElapsedMillis now_ms = 100'000) {
    const auto forgotten = book.forget_one(now_ms, 10'000);
    return forgotten ? forgotten->name : "nobody";
  }

  ProducerBook book;
  SourceId next_source = 1;
};

TEST_F(ProducerBookTest, TheOneThatWasActiveTheLongestAgoIsForgotten) {
  come("a");
  come("b");
  come("c");
  come("a");
  EXPECT_EQ(forget(), "b");
  EXPECT_EQ(book.find("b"), nullptr);
  EXPECT_EQ(forget(), "c");
  EXPECT_EQ(forget(), "a");
  EXPECT_EQ(forget(), "nobody");
}

TEST_F(ProducerBookTest, WhoIsConnectedOrHasJustSentOrLeftIsNotForgotten) {
  book.connect(come("a"), reinterpret_cast<IngestConnection*>(8));
  come("b").advanced = true;
  come("c").left_ms = 95'000;
  EXPECT_EQ(forget(), "nobody");
  EXPECT_EQ(forget(105'000), "c");
}

TEST_F(ProducerBookTest, AfterARestartTheOrderIsTheSame) {
  book.restore({{"a", {1, "s", 7, 20}}, {"b", {2, "", 0, 10}}}, 0);
  EXPECT_EQ(book.find("a")->session, "s");
  EXPECT_EQ(book.find("a")->last_seq, 7u);
  come("b");
  EXPECT_EQ(forget(), "a");
}

TEST_F(ProducerBookTest, CountsWhoIsKnownAndWhoIsConnected) {
  auto* const one = reinterpret_cast<IngestConnection*>(8);
  auto* const other = reinterpret_cast<IngestConnection*>(16);
  BookedProducer& a = come("a");
  BookedProducer& b = come("b");
  EXPECT_EQ(book.known(), 2u);
  EXPECT_EQ(book.connected(), 0u);
  book.connect(a, one);
  book.connect(b, one);
  book.connect(a, other);
  EXPECT_EQ(book.connected(), 2u);
  book.connect(b, nullptr);
  book.connect(b, nullptr);
  EXPECT_EQ(book.connected(), 1u);
  EXPECT_EQ(forget(), "b");
  EXPECT_EQ(book.known(), 1u);
}

}  // namespace
}  // namespace streamd
