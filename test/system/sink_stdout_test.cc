// Decisions on stdout, a pipe, through kills and a reader that goes away.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "system/sink_fixture.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

class SinkStdoutTest : public SinkTest {
 protected:
  SinkStdoutTest() {
    std::erase(arguments_, "--no-decision-stdout");
    EXPECT_EQ(::mkfifo(pipe_.c_str(), 0600), 0);
    reader_.reset(::open(pipe_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }

  // What is in the pipe; at most so many bytes of it.
  void take(std::size_t at_most = 1 << 20) {
    std::string buffer(at_most, '\0');
    const ssize_t count = ::read(reader_.get(), buffer.data(), buffer.size());
    if (count > 0) got_.append(buffer, 0, static_cast<std::size_t>(count));
  }
  bool take_lines(std::size_t lines) {
    return eventually([&] {
      take();
      return distinct_lines(got_).distinct() >= lines;
    });
  }
  static DeliveredLines distinct_lines(const std::string& text) {
    DeliveredLines lines;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      lines.add(text.substr(begin, end - begin));
    }
    return lines;
  }

  const std::string pipe_ = folder_ / "pipe";
  Arguments arguments_ = feed_.arguments({});
  FileDescriptor reader_;
  std::string got_;
};

TEST_F(SinkStdoutTest, AReaderThatOutlivesTheDaemonGetsWholeLines) {
  constexpr std::size_t kPart = 1'000;
  for (int i = 0; i < 4; ++i) {
    DaemonProcess daemon(folder_, arguments_, DaemonProcess::OutputTo{pipe_});
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    for (std::size_t grown = 0; grown < kPart; grown += 100) {
      grow(100);
      take(random_() % 60'000 + 1);  // less than comes: it waits for room when it is killed
    }
    kill(daemon);
  }
  DaemonProcess daemon(folder_, arguments_, DaemonProcess::OutputTo{pipe_});
  EXPECT_TRUE(take_lines(4 * kPart));
  stop(daemon);
  take();
  const DeliveredLines lines = distinct_lines(got_);
  EXPECT_EQ(lines.torn(), std::vector<std::string>());
  expect_every_decision(db_, lines, 4 * kPart);
}

TEST_F(SinkStdoutTest, WhatWasDiscardedIsNotPrintedByALaterStart) {
  constexpr std::size_t kPart = 1'000;
  {
    DaemonProcess daemon(folder_, arguments_, DaemonProcess::OutputTo{pipe_});
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    grow(kPart);
    ASSERT_TRUE(take_lines(kPart));
    reader_.reset();
    grow(kPart, 100);
    ASSERT_TRUE(daemon.wait_errors("stdout was closed"));
    grow(kPart, 100);
    EXPECT_TRUE(eventually([&] {
      return read_table(db_, "SELECT count(*) FROM stream_actions")[0][0] == std::to_string(3 * kPart);
    }));
    stop(daemon);
  }
  DaemonProcess daemon(folder_, arguments_, DaemonProcess::OutputTo{file_});
  ASSERT_TRUE(daemon.wait_errors("storing in"));
  grow(kPart);
  EXPECT_TRUE(file_has(file_, kPart));
  stop(daemon);
  const DeliveredLines lines = lines_of_file(file_);
  ASSERT_FALSE(lines.order().empty());
  EXPECT_EQ(lines.order().front(), DecisionFeed::key(3 * kPart));
  EXPECT_EQ(lines.distinct(), kPart);
}

}  // namespace
}  // namespace streamd
