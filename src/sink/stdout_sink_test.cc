#include "sink/stdout_sink.h"

#include <fcntl.h>
#include <signal.h>

#include <chrono>

#include "support/spool_folder.h"

namespace streamd {
namespace {

class StdoutSinkTest : public SpoolFolder {
 protected:
  StdoutSinkTest() {
    ::signal(SIGPIPE, SIG_IGN);
    open(options(8 << 20, 4096));
    begin();
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
  }
  ~StdoutSinkTest() override { ::signal(SIGPIPE, SIG_DFL); }

  void start(int fd) {
    sink_.reset();
    StdoutSinkOptions with;
    with.fd = fd;
    with.cursor_path = cursor_path_;
    auto opened = StdoutSink::open(disk_, clock_, *spool_, with);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    sink_ = std::move(opened).value();
  }
  void work() {
    while (sink_->do_work(0)) {
    }
  }
  std::string read_pipe() {
    std::string got;
    char buffer[65536];
    for (;;) {
      const ssize_t count = ::read(reader_.get(), buffer, sizeof buffer);
      if (count <= 0) return got;
      got.append(buffer, static_cast<std::size_t>(count));
    }
  }

  FileDescriptor reader_;
  FileDescriptor writer_;
  std::unique_ptr<StdoutSink> sink_;
};

TEST_F(StdoutSinkTest, WritesWhatWaits) {
  start(writer_.get());
  append(number_lines(0, 5));
  ok(spool_->append(1000, ""));
  work();
  EXPECT_EQ(read_pipe(), number_lines(0, 5));
  work();
  EXPECT_TRUE(sink_->delivered_all());
  EXPECT_EQ(sink_->status().lines_sent, 5u);
  EXPECT_EQ(::fcntl(writer_.get(), F_GETFL) & O_NONBLOCK, 0) << "others share it";
}

TEST_F(StdoutSinkTest, ARestartGoesOnAtTheCursor) {
  start(writer_.get());
  append(number_lines(0, 5));
  work();
  sink_->close();
  sink_.reset();
  open(options(8 << 20, 4096));
  start(writer_.get());
  append(number_lines(5, 6));
  work();
  EXPECT_EQ(read_pipe(), number_lines(0, 6));
}

TEST_F(StdoutSinkTest, ABlockedPipeBlocksNobodyAndLosesNothing) {
  start(writer_.get());
  append(number_lines(0, 20'000));  // more than a pipe holds
  const auto begun = std::chrono::steady_clock::now();
  work();
  sink_->do_work(20);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_FALSE(sink_->delivered_all());
  EXPECT_FALSE(sink_->is_able());
  EXPECT_FALSE(sink_->is_closed());
  EXPECT_FALSE(sink_->do_work(0));
  std::string got;
  for (int i = 0; i < 1000 && !sink_->delivered_all(); ++i) {
    got += read_pipe();
    sink_->do_work(0);
  }
  got += read_pipe();
  EXPECT_TRUE(got == number_lines(0, 20'000));
  EXPECT_TRUE(sink_->is_able());
}

// A reader that outlives the daemon: whatever it has got when the process is killed ends with a line.
TEST_F(StdoutSinkTest, APipeGetsWholeLinesSoThatAKillTearsNone) {
  ::fcntl(writer_.get(), F_SETPIPE_SZ, 4096);
  append(number_lines(0, 2'000, 90));
  std::string got;
  for (int i = 0; i < 1000 && got.find(number_line(1'999, 90)) == std::string::npos; ++i) {
    if (i % 3 == 0) {  // killed while it waits for room, and started again
      sink_.reset();
      open(options(8 << 20, 4096));
      start(writer_.get());
    }
    sink_->do_work(0);
    got += read_pipe();
    ASSERT_TRUE(got.ends_with('\n'));
  }
  EXPECT_TRUE(got == number_lines(0, 2'000, 90));
}

TEST_F(StdoutSinkTest, OnlyALineThatIsTooLongForAPipeGoesInParts) {
  ::fcntl(writer_.get(), F_SETPIPE_SZ, 4096);
  const std::string all = number_lines(0, 10) + number_line(10, 10'000) + number_lines(11, 500);
  start(writer_.get());
  append(all);
  std::string got;
  for (int i = 0; i < 1000 && got.size() < all.size(); ++i) {
    sink_->do_work(0);
    got += read_pipe();
    const std::string_view rest = std::string_view(got).substr(got.rfind('\n') + 1);
    ASSERT_TRUE(rest.empty() || rest.starts_with("line 10.")) << rest;
  }
  EXPECT_TRUE(got == all);
}

TEST_F(StdoutSinkTest, WakingEndsTheWaitForABlockedPipe) {
  start(writer_.get());
  append(number_lines(0, 20'000));
  work();
  spool_->wake();
  const auto begun = std::chrono::steady_clock::now();
  sink_->do_work(60'000);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(StdoutSinkTest, AClosedPipeEndsIt) {
  start(writer_.get());
  append_numbers(0, 300);
  ASSERT_GT(segment_files().size(), 1u);
  reader_.reset();
  work();
  EXPECT_TRUE(sink_->is_closed());
  EXPECT_FALSE(sink_->is_able());
  EXPECT_TRUE(sink_->delivered_all());
  EXPECT_EQ(segment_files().size(), 1u);
  EXPECT_FALSE(sink_->status().connected);
  append("x\n");  // before its owner saw it
  sink_->do_work(0);
  EXPECT_TRUE(sink_->delivered_all());
  EXPECT_EQ(sink_->status().failures, 1u);
}

TEST_F(StdoutSinkTest, APipeClosedWhileItIsBlockedEndsIt) {
  start(writer_.get());
  append(number_lines(0, 20'000));
  work();
  EXPECT_FALSE(sink_->is_closed());
  reader_.reset();
  sink_->do_work(1000);
  EXPECT_TRUE(sink_->is_closed());
}

TEST_F(StdoutSinkTest, ADescriptorThatIsNotOpenEndsIt) {
  start(9999);
  append("x\n");
  work();
  EXPECT_TRUE(sink_->is_closed());
}

TEST_F(StdoutSinkTest, AFileIsWrittenAsItIs) {
  auto file = open_for_appending(root_ + "/out");
  start(file->get());
  append(number_lines(0, 20'000));
  work();
  EXPECT_TRUE(content_of(root_ + "/out") == number_lines(0, 20'000));
}

TEST_F(StdoutSinkTest, AFullDeviceIsTriedAgainWithBackoff) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  start(full.get());
  append("x\n");
  sink_->do_work(0);
  sink_->do_work(0);
  EXPECT_EQ(sink_->status().failures, 1u);
  clock_.advance(200);
  sink_->do_work(0);
  EXPECT_EQ(sink_->status().failures, 2u);
  EXPECT_FALSE(sink_->delivered_all());
  EXPECT_FALSE(sink_->is_closed());
}

}  // namespace
}  // namespace streamd
