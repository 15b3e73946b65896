#include "sink/tcp_sink.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "support/failing_disk.h"
#include "support/spool_folder.h"
#include "support/test_peer.h"

namespace streamd {
namespace {

std::string decision_line(int number) {
  return R"({"timestamp":)" + std::to_string(1'700'000'000'000 + number * 1000ll) +
         R"(,"symbol":"BTCUSDT","close":100.5,"state":1,"direction":1,"target_exposure":0.05,"urgency":0.3,)"
         R"("hold":false,"actionability":1,"reason":"active_triadic","gate_open":true,"posture":"TRADE_NORMAL",)"
         R"("phase6_gate":{"open":true,"source":"capital_controls_1.jsonl","allowed_slip_bps":2,"reason":"ok",)"
         R"("timestamp":"2023-11-14T22:13:20Z"},"cost":0,"run_id":"0123456789abcdef0123456789abcdef",)"
         R"("source":"stream_daemon"})"
         "\n";
}

std::string decision_lines(int first, int end) {
  std::string lines;
  for (int number = first; number < end; ++number) lines += decision_line(number);
  return lines;
}

std::string ack(int number) {
  return R"({"type":"ack","timestamp":)" + std::to_string(1'700'000'000'000 + number * 1000ll) +
         R"(,"symbol":"BTCUSDT"})" + "\n";
}

class TcpSinkTest : public SpoolFolder {
 protected:
  TcpSinkTest() {
    open(options(64 << 20, 64 << 10));
    begin();
  }

  TcpSinkOptions sink_options() {
    TcpSinkOptions with;
    with.spec = "tcp://127.0.0.1";
    with.host = "127.0.0.1";
    with.port = peer_.port();
    with.cursor_path = cursor_path_;
    with.resend_ms = resend_ms_;
    with.resend_bytes = resend_bytes_;
    with.max_unacked_lines = max_unacked_;
    return with;
  }
  void start() {
    sink_.reset();
    auto opened = TcpSink::open(disk_, clock_, *spool_, sink_options());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    sink_ = std::move(opened).value();
  }
  // As if the process had been killed, and started again.
  void restart() {
    sink_.reset();
    open(options(64 << 20, 64 << 10));
    start();
  }
  // The clock moves on by a second each time that nothing happens, so that backoff passes.
  bool drive(const std::function<bool()>& until) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (std::chrono::steady_clock::now() < end) {
      const bool did = sink_->do_work(1);
      if (peer_reads_) peer_.poll();
      if (until()) return true;
      if (!did && !sink_->is_able()) clock_.advance(1000);
    }
    return false;
  }
  bool drive_until_received(const std::string& text) {
    return drive([&] { return peer_.received() == text; });
  }
  void drive_a_while() {
    for (int i = 0; i < 10; ++i) {
      sink_->do_work(1);
      if (peer_reads_) peer_.poll();
    }
  }

  TestPeer peer_;
  bool peer_reads_ = true;
  ElapsedMillis resend_ms_ = 5000;
  std::uint64_t resend_bytes_ = 16 << 20;
  std::size_t max_unacked_ = UnackedLines::kMaxLines;
  std::unique_ptr<TcpSink> sink_;
};

TEST_F(TcpSinkTest, DeliversWhatWaitsAndWhatComes) {
  append(decision_lines(0, 1000));
  start();
  EXPECT_FALSE(sink_->delivered_all());
  EXPECT_TRUE(drive_until_received(decision_lines(0, 1000)));
  append(decision_line(1000));
  ok(spool_->append(spool_->point()->position + 5, ""));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all() && peer_.received() == decision_lines(0, 1001); }));
  const SinkStatus status = sink_->status();
  EXPECT_EQ(status.lines_sent, 1001u);
  EXPECT_EQ(status.bytes_sent, decision_lines(0, 1001).size());
  EXPECT_EQ(status.connects, 1u);
  EXPECT_EQ(status.bytes_undelivered, 0u);
  EXPECT_TRUE(status.connected);
}

// As the last snapshot of a daemon that stops leaves one.
TEST_F(TcpSinkTest, AMarkBehindAllLinesIsNothingThatWaits) {
  start();
  append(decision_lines(0, 10));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 10)));
  ok(spool_->append(spool_->point()->position + 5, ""));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all(); }));
  EXPECT_EQ(sink_->status().bytes_undelivered, 0u);
}

TEST_F(TcpSinkTest, BeginsBehindTheLastAcknowledgedLine) {
  start();
  append(decision_lines(0, 10));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 10)));
  EXPECT_TRUE(sink_->delivered_all()) << "nobody acknowledges yet";
  peer_.send(ack(3) + ack(6));
  EXPECT_TRUE(drive([&] { return !sink_->delivered_all(); }));
  peer_.reset();
  EXPECT_TRUE(drive_until_received(decision_lines(7, 10)));
  EXPECT_EQ(peer_.connections(), 2);
  peer_.send(ack(9));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all(); }));
  append(decision_lines(10, 12));
  EXPECT_TRUE(drive_until_received(decision_lines(7, 12)));
  EXPECT_GT(sink_->status().bytes_undelivered, 0u);
}

TEST_F(TcpSinkTest, ARestartGoesOnBehindTheLastAck) {
  start();
  append(decision_lines(0, 10));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 10)));
  peer_.send(ack(4));
  EXPECT_TRUE(drive([&] { return !sink_->delivered_all(); }));
  restart();
  peer_.close();
  EXPECT_TRUE(drive_until_received(decision_lines(5, 10)));
  peer_.send(ack(9));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all(); }));
  sink_->close();
  restart();
  peer_.close();
  append(decision_line(10));
  EXPECT_TRUE(drive_until_received(decision_line(10)));
  drive_a_while();
  EXPECT_EQ(peer_.received(), decision_line(10));
}

TEST_F(TcpSinkTest, AcksTrimTheSpool) {
  start();
  for (int i = 0; i < 400; ++i) append(decision_line(i));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 400)));
  const std::size_t segments = segment_files().size();
  ASSERT_GT(segments, 1u);
  peer_.send(ack(399));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all(); }));
  EXPECT_EQ(segment_files().size(), 1u);
}

TEST_F(TcpSinkTest, UnknownAndStaleAcksAndJunkAreIgnoredAndCounted) {
  start();
  append(decision_lines(0, 5));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 5)));
  peer_.send(ack(77) + "junk\n{}\n" + std::string(9000, 'x') + "\n");
  EXPECT_TRUE(drive([&] { return sink_->status().peer_lines_ignored == 4; }));
  peer_.send(ack(2) + ack(1) + ack(2));
  EXPECT_TRUE(drive([&] { return sink_->status().peer_lines_ignored == 6; }));
  peer_.reset();
  EXPECT_TRUE(drive_until_received(decision_lines(3, 5)));
}

TEST_F(TcpSinkTest, ManyUnknownAcksDoNotHoldUpSending) {
  start();
  EXPECT_TRUE(drive([&] { return peer_.is_connected(); }));
  std::string junk;
  for (int i = 0; i < 200; ++i) junk += ack(1000 + i);
  peer_.send(junk);
  append(decision_lines(0, 5));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 5)));
  EXPECT_TRUE(drive([&] { return sink_->status().peer_lines_ignored == 200; }));
}

TEST_F(TcpSinkTest, ToAnAcknowledgingPeerItPausesWhenTooManyLinesAreUnderWay) {
  max_unacked_ = 10;
  start();
  append(decision_line(0));
  EXPECT_TRUE(drive_until_received(decision_line(0)));
  peer_.send(ack(0));
  EXPECT_TRUE(drive([&] { return !segment_files().empty() && sink_->status().bytes_undelivered == 0; }));
  append(decision_lines(1, 12));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 12)));
  append(decision_lines(12, 14));
  drive_a_while();
  EXPECT_EQ(peer_.received(), decision_lines(0, 12));
  peer_.send(ack(1));
  drive_a_while();
  EXPECT_EQ(peer_.received(), decision_lines(0, 12));
  peer_.send(ack(5));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 14)));
}

TEST_F(TcpSinkTest, ToOneThatNeverAcknowledgesTheOldestAreForgotten) {
  max_unacked_ = 10;
  start();
  append(decision_lines(0, 50));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 50)));
  peer_.send(ack(5));
  EXPECT_TRUE(drive([&] { return sink_->status().peer_lines_ignored == 1; }));
  peer_.send(ack(45));
  EXPECT_TRUE(drive([&] { return !sink_->delivered_all(); }));
  peer_.reset();
  EXPECT_TRUE(drive_until_received(decision_lines(46, 50)));
}

TEST_F(TcpSinkTest, WithoutAcksTheLastBytesComeAgain) {
  resend_ms_ = 0;
  resend_bytes_ = 10 * decision_line(0).size();
  start();
  for (int i = 0; i < 100; ++i) {
    append(decision_line(i));
    EXPECT_TRUE(drive_until_received(decision_lines(0, i + 1)));
  }
  peer_.reset();
  EXPECT_TRUE(drive_until_received(decision_lines(90, 100)));
  restart();  // as often as it is started again
  peer_.close();
  EXPECT_TRUE(drive_until_received(decision_lines(90, 100)));
}

// It reads nothing, and its system has room for a part: the rest would be lost with the connection.
TEST_F(TcpSinkTest, WithoutAcksWhatIsNotConfirmedComesAgainInAnyCase) {
  resend_ms_ = 0;
  resend_bytes_ = 1;
  const std::string all = decision_lines(0, 900);
  for (const bool killed : {false, true}) {
    sink_.reset();
    std::filesystem::remove_all(folder_);
    open(options(64 << 20));
    begin();
    TestPeer peer(4096);
    auto with = sink_options();
    with.port = peer.port();
    const auto open_sink = [&] {
      sink_.reset();
      auto opened = TcpSink::open(disk_, clock_, *spool_, with);
      ASSERT_TRUE(opened.ok());
      sink_ = std::move(opened).value();
    };
    open_sink();
    for (int i = 0; i < 900; i += 30) append(decision_lines(i, i + 30));
    ASSERT_TRUE(drive([&] { return sink_->delivered_all(); }));
    drive_a_while();
    peer.accept_only();
    peer.reset();
    if (killed) open_sink();
    ASSERT_TRUE(drive([&] {
      peer.poll();
      return all.ends_with(peer.received()) && peer.received().size() > all.size() - (64 << 10);
    })) << killed << " " << peer.received().size() << " of " << all.size();
  }
}

TEST_F(TcpSinkTest, WithoutAcksASmallSpoolNeverStaysFull) {
  resend_ms_ = 5000;
  for (const std::size_t lines_at_once : {1u, 10u, 200u, 400u}) {
    resend_bytes_ = lines_at_once == 200 ? 16 << 10 : 32 << 10;  // a record may be larger than the spool
    sink_.reset();
    std::filesystem::remove_all(folder_);
    open(options(64 << 10));
    begin();
    start();
    peer_.close();
    std::string all;
    EXPECT_TRUE(drive([&] {  // within no time
      if (spool_->has_room()) {
        const int next = static_cast<int>(all.size() / decision_line(0).size());
        append(decision_lines(next, next + static_cast<int>(lines_at_once)));
        all += decision_lines(next, next + static_cast<int>(lines_at_once));
      }
      return all.size() > (1 << 20);
    })) << lines_at_once;
    EXPECT_TRUE(drive([&] { return sink_->delivered_all() && spool_->has_much_room(); })) << lines_at_once;
    EXPECT_TRUE(drive([&] { return peer_.received().size() >= all.size(); }));
    EXPECT_TRUE(peer_.received() == all) << lines_at_once;
    peer_.reset();
    EXPECT_TRUE(drive([&] { return !peer_.received().empty() && peer_.received().size() < all.size(); }));
    drive_a_while();
    EXPECT_TRUE(all.ends_with(peer_.received()));
    EXPECT_GE(peer_.received().size(), resend_bytes_) << lines_at_once;
    EXPECT_LE(peer_.received().size(), resend_bytes_ + 2048) << lines_at_once;
  }
}

TEST_F(TcpSinkTest, WithoutAcksTheLastSecondsComeAgain) {
  resend_ms_ = 5000;
  resend_bytes_ = 1;
  start();
  for (int i = 0; i < 20; ++i) {
    append(decision_line(i));
    EXPECT_TRUE(drive_until_received(decision_lines(0, i + 1)));
    clock_.advance(1000);
  }
  clock_.advance(3'600'000);  // it counts from the last sending
  peer_.reset();
  EXPECT_TRUE(drive_until_received(decision_lines(15, 20)));
}

TEST_F(TcpSinkTest, AResetInMidStreamLosesNothing) {
  start();
  for (int i = 0; i < 2000; i += 50) append(decision_lines(i, i + 50));
  int resets = 0;
  const std::string all = decision_lines(0, 2000);
  EXPECT_TRUE(drive([&] {
    if (resets < 5 && peer_.received().size() > 50'000) {
      ++resets;
      peer_.reset();
    }
    return peer_.received() == all;
  }));
  EXPECT_EQ(resets, 5);
}

TEST_F(TcpSinkTest, APeerThatHangsIsWaitedForAndThenConnectedAnew) {
  peer_reads_ = false;
  start();
  for (int i = 0; i < 20'000; i += 1000) append(decision_lines(i, i + 1000));
  EXPECT_TRUE(drive([&] { return sink_->is_able(); }));
  peer_.accept_only();
  std::uint64_t before = 0;
  EXPECT_TRUE(drive([&] {
    const std::uint64_t now = sink_->status().bytes_sent;
    return now > 0 && std::exchange(before, now) == now;
  }));
  EXPECT_FALSE(sink_->delivered_all());
  peer_.reset();
  peer_reads_ = true;
  const std::string all = decision_lines(0, 20'000);
  EXPECT_TRUE(drive([&] { return peer_.received().size() == all.size(); }));
  EXPECT_TRUE(peer_.received() == all);
}

TEST_F(TcpSinkTest, APeerThatClosesItsHalfGetsMore) {
  start();
  append(decision_line(0));
  EXPECT_TRUE(drive_until_received(decision_line(0)));
  peer_.half_close();
  drive_a_while();
  append(decision_lines(1, 5));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 5)));
  EXPECT_EQ(peer_.connections(), 1);
}

TEST_F(TcpSinkTest, APeerThatHasEndedIsConnectedAnewWhenNothingIsLeftToSend) {
  start();
  append(decision_line(0));
  EXPECT_TRUE(drive_until_received(decision_line(0)));
  clock_.advance(5000);
  peer_.half_close();
  drive_a_while();
  EXPECT_TRUE(sink_->status().connected);
  clock_.advance(999);
  drive_a_while();
  append(decision_line(1));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 2)));
  clock_.advance(999);
  drive_a_while();
  EXPECT_TRUE(sink_->status().connected);
  clock_.advance(1);
  EXPECT_TRUE(drive([&] { return !sink_->status().connected; }));
  peer_.close();
  EXPECT_TRUE(drive([&] { return sink_->status().connected && peer_.connections() == 2; }));
}

TEST_F(TcpSinkTest, AnAcknowledgingPeerThatClosesItsHalfIsConnectedAnew) {
  start();
  append(decision_lines(0, 3));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 3)));
  peer_.send(ack(0));
  EXPECT_TRUE(drive([&] { return !sink_->delivered_all(); }));
  peer_.half_close();
  EXPECT_TRUE(drive([&] { return !sink_->is_able(); }));
  peer_.close();
  EXPECT_TRUE(drive_until_received(decision_lines(1, 3)));
}

TEST_F(TcpSinkTest, AttemptsAreMadeEverMoreSeldom) {
  peer_.stop_listening();
  start();
  std::vector<ElapsedMillis> waits;
  std::uint64_t failures = 0;
  ElapsedMillis last_ms = clock_.elapsed_ms();
  while (waits.size() < 12 && clock_.elapsed_ms() < 200'000) {
    sink_->do_work(0);
    if (sink_->status().failures > failures) {
      failures = sink_->status().failures;
      waits.push_back(clock_.elapsed_ms() - last_ms);
      last_ms = clock_.elapsed_ms();
    }
    clock_.advance(10);
  }
  ASSERT_EQ(waits.size(), 12u);
  EXPECT_GE(waits[1], 100);
  EXPECT_LE(waits[1], 220);
  EXPECT_GE(waits[5], 1600);
  for (ElapsedMillis wait : waits) EXPECT_LE(wait, 10'020);
  EXPECT_GE(waits[11], 5000);
  EXPECT_FALSE(sink_->is_able());
  EXPECT_FALSE(sink_->status().connected);
}

TEST_F(TcpSinkTest, ClosingLetsThePeerHaveWhatWasSent) {
  start();
  append(decision_lines(0, 100));
  EXPECT_TRUE(drive([&] { return sink_->delivered_all() && peer_.is_connected(); }));
  peer_.send("junk\n");
  sink_->close();
  for (int i = 0; i < 100 && peer_.received().size() < decision_lines(0, 100).size(); ++i) peer_.poll();
  EXPECT_EQ(peer_.received(), decision_lines(0, 100));
}

TEST_F(TcpSinkTest, ASpoolThatCannotBeReadIsToldThoughTheConnectionWasLostBefore) {
  FailingDisk disk;
  spool_.reset();
  spool_ = std::move(Spool::open(disk, options(64 << 20, 64 << 10))).value();
  start();
  EXPECT_TRUE(drive([&] { return peer_.is_connected(); }));
  configure_log(LogLevel::warn, LogFormat::text);
  testing::internal::CaptureStderr();
  peer_.reset();
  EXPECT_TRUE(drive([&] { return sink_->status().failures == 1; }));
  EXPECT_TRUE(drive([&] { return peer_.is_connected() && sink_->is_able(); }));
  append(decision_lines(0, 5));
  disk.cannot_read = true;
  EXPECT_TRUE(drive([&] { return sink_->status().failures == 2; }));
  const std::string said = testing::internal::GetCapturedStderr();
  configure_log(LogLevel::off, LogFormat::text);
  EXPECT_NE(said.find("reset"), std::string::npos) << said;
  EXPECT_NE(said.find("cannot read"), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;
  disk.cannot_read = false;
  peer_.close();
  EXPECT_TRUE(drive_until_received(decision_lines(0, 5)));
  sink_.reset();
  spool_.reset();
}

TEST_F(TcpSinkTest, ACursorBeyondWhatALossOfPowerLeftGoesBack) {
  start();
  append(decision_lines(0, 10));
  EXPECT_TRUE(drive_until_received(decision_lines(0, 10)));
  peer_.send(ack(9));
  EXPECT_TRUE(drive([&] { return sink_->status().bytes_undelivered == 0; }));
  sink_.reset();
  spool_.reset();
  const std::string file = segment_files().at(0);
  write_file(file, content_of(file).substr(0, 72));
  open(options(64 << 20, 64 << 10));
  append(decision_lines(20, 60));
  start();
  peer_.close();
  EXPECT_TRUE(drive_until_received(decision_lines(20, 60)));
}

}  // namespace
}  // namespace streamd
