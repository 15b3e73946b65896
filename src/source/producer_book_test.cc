#include "source/producer_book.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

class ProducerBookTest : public testing::Test {
 protected:
  BookedProducer& start(const std::string& name) {
    BookedProducer* producer = book.find(name);
    if (producer == nullptr) producer = &book.add(name, next_source++);
    book.start(*producer);
    return *producer;
  }

  ProducerBook book;
  SourceId next_source = 1;
};

TEST_F(ProducerBookTest, TheOneThatCameLastTheLongestAgoIsForgotten) {
  start("a");
  start("b");
  start("c");
  start("a");
  EXPECT_EQ(book.forget_one(), 2u);
  EXPECT_EQ(book.find("b"), nullptr);
  EXPECT_EQ(book.forget_one(), 3u);
  EXPECT_EQ(book.forget_one(), 1u);
  EXPECT_EQ(book.forget_one(), std::nullopt);
}

TEST_F(ProducerBookTest, WhoIsConnectedOrHasJustSentIsNotForgotten) {
  start("a").connection = reinterpret_cast<IngestConnection*>(8);
  start("b").advanced = true;
  EXPECT_EQ(book.forget_one(), std::nullopt);
}

TEST_F(ProducerBookTest, AfterARestartTheOrderIsTheSame) {
  book.restore({{"a", {1, "s", 7, 20}}, {"b", {2, "", 0, 10}}});
  EXPECT_EQ(book.find("a")->session, "s");
  EXPECT_EQ(book.find("a")->last_seq, 7u);
  start("b");
  EXPECT_EQ(book.forget_one(), 1u);
}

}  // namespace
}  // namespace streamd
