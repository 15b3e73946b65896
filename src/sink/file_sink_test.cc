#include "sink/file_sink.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/failing_disk.h"
#include "support/spool_folder.h"

namespace streamd {
namespace {

class FileSinkTest : public SpoolFolder {
 protected:
  FileSinkTest() {
    open(options(1 << 20, 4096));
    begin();
  }

  void start() {
    sink_.reset();
    auto opened = FileSink::open(sinks_disk_, clock_, *spool_, {"file:" + path_, path_, cursor_path_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    sink_ = std::move(opened).value();
  }
  // As if the process had been killed, and started again.
  void restart() {
    sink_.reset();
    open(options(1 << 20, 4096));
    start();
  }
  void work() {
    while (sink_->do_work(0)) {
    }
  }
  void work_and_sync() {
    work();
    clock_.advance(1000);
    work();
  }

  std::string path_ = root_ + "/out/decisions.ndjson";
  FailingDisk sinks_disk_;
  std::unique_ptr<FileSink> sink_;
};

TEST_F(FileSinkTest, AppendsWhatWaits) {
  append(number_lines(0, 5));
  start();
  EXPECT_FALSE(sink_->delivered_all());
  work();
  append(number_lines(5, 7));
  ok(spool_->append(1000, ""));
  work();
  EXPECT_TRUE(sink_->delivered_all());
  EXPECT_EQ(content_of(path_), number_lines(0, 7));
  EXPECT_EQ(sink_->status().lines_sent, 7u);
  EXPECT_EQ(sink_->status().bytes_undelivered, 0u);
}

TEST_F(FileSinkTest, ARestartGoesOnAtTheCursor) {
  start();
  append(number_lines(0, 5));
  work();
  restart();
  append(number_lines(5, 7));
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 7));
}

TEST_F(FileSinkTest, NeverTruncatesWhatIsThere) {
  std::filesystem::create_directories(root_ + "/out");
  write_file(path_, "old\n");
  start();
  append("new\n");
  work();
  EXPECT_EQ(content_of(path_), "old\nnew\n");
}

TEST_F(FileSinkTest, ATornLastLineIsEndedAndComesAgain) {
  start();
  append(number_lines(0, 2));
  work();
  append(number_lines(2, 4));
  sink_.reset();
  write_file(path_, number_lines(0, 2) + "line 2\nlin");  // killed within the write
  restart();
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 2) + "line 2\nlin\n" + number_lines(2, 4));
}

TEST_F(FileSinkTest, AfterALossOfPowerItGoesOnWhereItWasSynced) {
  start();
  append(number_lines(0, 3));
  work_and_sync();
  append(number_lines(3, 8));
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 8));
  sink_.reset();
  write_file(root_ + "/copy", number_lines(0, 4) + "li");
  std::filesystem::resize_file(path_, content_of(root_ + "/copy").size());  // the same file, shorter
  restart();
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 4) + "li\n" + number_lines(3, 8));
}

TEST_F(FileSinkTest, TheSpoolIsTrimmedOnlyBelowWhatWasSynced) {
  start();
  append_numbers(0, 400);
  const std::size_t segments = segment_files().size();
  ASSERT_GT(segments, 2u);
  work();
  EXPECT_TRUE(sink_->delivered_all());
  EXPECT_EQ(segment_files().size(), segments);
  clock_.advance(999);
  work();
  EXPECT_EQ(segment_files().size(), segments);
  clock_.advance(1);
  work();
  EXPECT_EQ(segment_files().size(), 1u);
}

// Else a loss of power could take the whole file, and the spool would not have its lines any more.
TEST_F(FileSinkTest, TheSpoolIsTrimmedOnlyWhenTheFoldersOfTheFileWereSynced) {
  using Folders = std::vector<std::string>;
  path_ = root_ + "/out/of/decisions.ndjson";
  start();
  append_numbers(0, 400);
  const std::size_t segments = segment_files().size();
  sinks_disk_.cannot_sync_folders = true;
  work_and_sync();
  EXPECT_EQ(content_of(path_), number_lines(0, 400));
  EXPECT_EQ(segment_files().size(), segments);
  EXPECT_EQ(sink_->status().failures, 1u);
  EXPECT_FALSE(sink_->is_able());
  sinks_disk_.cannot_sync_folders = false;
  work_and_sync();
  EXPECT_TRUE(sink_->is_able());
  EXPECT_EQ(segment_files().size(), 1u);
  EXPECT_EQ(std::exchange(sinks_disk_.synced_folders, {}), (Folders{root_, root_ + "/out", root_ + "/out/of"}));
  append(number_line(400));
  work_and_sync();
  EXPECT_EQ(sinks_disk_.synced_folders, Folders());
  std::filesystem::rename(path_, path_ + ".1");
  sink_->reopen();
  append(number_line(401));
  work_and_sync();
  EXPECT_EQ(std::exchange(sinks_disk_.synced_folders, {}), Folders{root_ + "/out/of"});
  // Killed before its folder was synced: the next process does it.
  std::filesystem::rename(path_, path_ + ".2");
  sink_->reopen();
  append(number_line(402));
  work();
  restart();
  work_and_sync();
  EXPECT_EQ(sinks_disk_.synced_folders, Folders{root_ + "/out/of"});
}

TEST_F(FileSinkTest, BehindALinkTheFolderOfTheFileItselfIsSynced) {
  std::filesystem::create_directories(root_ + "/far");
  std::filesystem::create_directories(root_ + "/out");
  std::filesystem::create_symlink("../far/file", path_);
  start();
  append(number_line(0));
  work_and_sync();
  EXPECT_EQ(content_of(root_ + "/far/file"), number_line(0));
  EXPECT_EQ(sinks_disk_.synced_folders, std::vector<std::string>{root_ + "/far"});
}

TEST_F(FileSinkTest, ReopensARotatedFileBetweenLines) {
  start();
  append(number_lines(0, 3));
  work();
  std::filesystem::rename(path_, path_ + ".1");
  append(number_lines(3, 5));
  work();
  sink_->reopen();
  append(number_lines(5, 8));
  work();
  sink_->do_work(0);
  work();
  EXPECT_EQ(content_of(path_ + ".1"), number_lines(0, 5));
  EXPECT_EQ(content_of(path_), number_lines(5, 8));
  EXPECT_EQ(sink_->status().connects, 2u);
}

TEST_F(FileSinkTest, ARotationWhileItWasDownLosesAndDoublesNothing) {
  start();
  append(number_lines(0, 3));
  work();
  append(number_lines(3, 5));
  sink_.reset();
  std::filesystem::rename(path_, path_ + ".1");
  restart();
  work();
  EXPECT_EQ(content_of(path_ + ".1"), number_lines(0, 3));
  EXPECT_EQ(content_of(path_), number_lines(3, 5));
}

TEST_F(FileSinkTest, AFullDeviceIsTriedAgainWithBackoff) {
  path_ = "/dev/full";
  start();
  append(number_lines(0, 3));
  EXPECT_FALSE(sink_->do_work(0));
  EXPECT_FALSE(sink_->is_able());
  EXPECT_EQ(sink_->status().failures, 1u);
  EXPECT_FALSE(sink_->do_work(0));
  EXPECT_EQ(sink_->status().failures, 1u);
  clock_.advance(200);
  sink_->do_work(0);
  EXPECT_EQ(sink_->status().failures, 2u);
  EXPECT_FALSE(sink_->delivered_all());
  path_ = root_ + "/out/decisions.ndjson";
  restart();
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 3));
}

// The largest size of a file stands for a full disk: a write is cut off at it, the next one fails.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit less{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    ::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int) = nullptr;
};

TEST_F(FileSinkTest, AfterAFullDiskItGoesOnAtTheByte) {
  start();
  append(number_lines(0, 2000));
  const std::string all = number_lines(0, 2000);
  {
    const SizeLimit limit(10'001);  // within a line; larger than the cursor
    work();
    EXPECT_EQ(content_of(path_), all.substr(0, 10'001));
    EXPECT_FALSE(sink_->is_able());
    EXPECT_EQ(sink_->status().failures, 1u);
  }
  clock_.advance(200);
  work();
  EXPECT_EQ(content_of(path_), all);
  EXPECT_TRUE(sink_->is_able());
}

TEST_F(FileSinkTest, AfterAFullDiskAnotherProcessBeginsTheTornLineAnew) {
  start();
  append(number_lines(0, 2000));
  const std::string all = number_lines(0, 2000);
  {
    const SizeLimit limit(10'001);
    work();
  }
  restart();
  work();
  const std::size_t line = all.rfind('\n', 10'000) + 1;
  EXPECT_EQ(content_of(path_), all.substr(0, 10'001) + "\n" + all.substr(line));
}

// There is no room for the newline that ends the torn line: it is waited for, as for any line.
TEST_F(FileSinkTest, ATornLineOnAFullDiskRefusesNoStart) {
  start();
  append(number_lines(0, 2000));
  const std::string all = number_lines(0, 2000);
  {
    const SizeLimit limit(10'001);
    work();
    restart();
    work();
    EXPECT_EQ(content_of(path_), all.substr(0, 10'001));
    EXPECT_FALSE(sink_->is_able());
    EXPECT_EQ(sink_->status().failures, 1u);
    work();
    EXPECT_EQ(sink_->status().failures, 1u) << "without backoff";
    clock_.advance(200);
    work();
    EXPECT_EQ(sink_->status().failures, 2u);
  }
  clock_.advance(400);
  work();
  EXPECT_TRUE(sink_->is_able());
  EXPECT_EQ(content_of(path_), all.substr(0, 10'001) + "\n" + all.substr(all.rfind('\n', 10'000) + 1));
}

TEST_F(FileSinkTest, APathThatCannotBeOpenedIsSaidAtTheStart) {
  const std::string folder = root_ + "/folder";
  std::filesystem::create_directories(folder);
  const auto opened = FileSink::open(disk_, clock_, *spool_, {"file:" + folder, folder, cursor_path_});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "cannot write " + folder + ": Is a directory; make it writable, or choose another "
                                    "path for file:" + folder);
}

TEST_F(FileSinkTest, AFileThatCannotBeReopenedIsTriedAgain) {
  start();
  std::filesystem::rename(root_ + "/out", root_ + "/away");
  write_file(root_ + "/out", "in the way");
  sink_->reopen();
  append(number_lines(0, 3));
  work();
  EXPECT_FALSE(sink_->is_able());
  std::filesystem::remove(root_ + "/out");
  clock_.advance(10'000);
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 3));
}

TEST_F(FileSinkTest, ClosingSyncsAndKeepsTheCursor) {
  start();
  append_numbers(0, 400);
  work();
  sink_->close();
  EXPECT_EQ(segment_files().size(), 1u);
  restart();
  work();
  EXPECT_EQ(content_of(path_), number_lines(0, 400));
}

class FileSinkPipeTest : public FileSinkTest {
 protected:
  FileSinkPipeTest() {
    ::signal(SIGPIPE, SIG_IGN);
    path_ = root_ + "/pipe";
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  }
  ~FileSinkPipeTest() override { ::signal(SIGPIPE, SIG_DFL); }

  void attach() { reader_.reset(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)); }
  // All that comes, until it ends with `last`.
  std::string read_until(const std::string& last) {
    std::string got;
    std::vector<char> buffer(65536);
    for (int i = 0; i < 1000 && !got.ends_with(last); ++i) {
      sink_->do_work(0);
      clock_.advance(100);
      const ssize_t count = ::read(reader_.get(), buffer.data(), buffer.size());
      if (count > 0) got.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return got;
  }

  FileDescriptor reader_;
};

TEST_F(FileSinkPipeTest, APipeIsWrittenToo) {
  attach();
  start();
  append(number_lines(0, 20'000));
  EXPECT_TRUE(read_until(number_line(19'999)) == number_lines(0, 20'000));
}

TEST_F(FileSinkPipeTest, ThatNobodyReadsItIsSaidAtTheStart) {
  const auto opened = FileSink::open(disk_, clock_, *spool_, {"file:" + path_, path_, cursor_path_});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "cannot write " + path_ + ": nobody reads this pipe; start its reader before the "
                                    "daemon, or choose another path for file:" + path_);
}

TEST_F(FileSinkPipeTest, TheNextReaderBeginsWithALine) {
  attach();
  start();
  const std::string line = number_line(0, 100'000);  // more than a pipe holds
  append(line + number_line(1));
  work();
  char some[6];
  ASSERT_EQ(::read(reader_.get(), some, 6), 6);
  reader_.reset();
  clock_.advance(10);
  work();
  EXPECT_EQ(sink_->status().failures, 1u);
  EXPECT_FALSE(sink_->is_able());
  testing::internal::CaptureStderr();
  configure_log(LogLevel::info, LogFormat::text);
  clock_.advance(10'000);
  work();  // it is still away
  configure_log(LogLevel::off, LogFormat::text);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("nobody reads this pipe; start its reader; it is tried again"), std::string::npos) << log;
  EXPECT_EQ(sink_->status().failures, 2u);
  attach();
  clock_.advance(10'000);
  EXPECT_TRUE(read_until(number_line(1)) == line + number_line(1));
  EXPECT_TRUE(sink_->is_able());
}

// A reader that outlives the daemon.
TEST_F(FileSinkPipeTest, AKillTearsNoLine) {
  attach();
  start();
  append(number_lines(0, 20'000));
  work();
  EXPECT_FALSE(sink_->delivered_all());
  restart();
  EXPECT_TRUE(read_until(number_line(19'999)) == number_lines(0, 20'000));
}

}  // namespace
}  // namespace streamd
