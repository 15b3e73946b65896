// One producer's connection, apart from its socket: bytes in, events into the batch, answers out. It knows the ingest
// protocol: who the producer is, which of its lines are in already, what it is owed. docs/operations.md has the
// protocol. The intake's thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "source/line_intake.h"
#include "source/producer_book.h"
#include "source/reply_desk.h"

namespace streamd {

struct ProtocolOptions {
  std::string token;    // empty: everybody may send
  bool acks = true;     // the journal is synced, so that there is something to say
  ElapsedMillis producer_grace_ms = 10'000;
};

// What the connections of a daemon share.
struct Protocol {
  ProtocolOptions options;
  LineIntake& intake;
  ProducerBook& book;
  ReplyDesk& desk;
  const Clock& clock;
  std::string run_id;
  std::vector<IngestConnection*> acking;  // connections that asked for acks
  RateLimit forget_log{10'000};

  // Before a batch is given: adds the acks that its lines are owed.
  void end_batch();
};

class IngestConnection final : private StreamPeer {
 public:
  IngestConnection(Protocol& protocol, std::string name);
  ~IngestConnection() override;  // by then end() or abandon() was called, or it never fed anything
  IngestConnection(const IngestConnection&) = delete;
  IngestConnection& operator=(const IngestConnection&) = delete;

  const std::string& name() const { return stream_.name; }
  // 0 before its first byte.
  SourceId source() const { return stream_.source; }

  // `bytes` must be readable kReadSlack beyond its end.
  void feed(std::string_view bytes);
  // The producer sends no more: an unfinished line counts as a line (of a named producer only if it is one).
  void end();
  // The same without an event: the daemon stops, the producer may not have.
  void finish_lines();

  // More should be read now: it is not owed too much that it does not fetch.
  bool may_read() const { return fetches_answers() && answers_expected_ < kMaxAnswers; }
  bool has_output() const { return !output_.empty(); }
  bool fetches_answers() const { return output_.size() < kMaxOutputBytes; }
  // Its bad lines are answered, so that reading makes output.
  bool answers_rejects() const { return wants_acks_ || stream_.hello_refused; }
  // It is over: what comes is thrown away, and once the output is sent the socket goes.
  bool is_closed() const { return stream_.closed; }
  // It did not say who it is in time.
  void refuse();
  // A newer connection of the same producer took its place.
  bool is_superseded() const { return superseded_; }
  bool is_authorized() const { return stream_.authorized; }

  // Bytes to send; the caller removes what it has sent.
  std::string& output() { return output_; }
  bool has_answers() const { return !output_.empty() || answers_expected_ > 0; }

 private:
  friend class ReplyDesk;
  friend struct Protocol;
  std::optional<RejectReason> take_control(const ParsedLine& line) override;
  void on_reject(const ParsedLine& line, RejectReason reason, std::string_view text) override;

  std::optional<RejectReason> take_hello(const HelloLine& hello);
  std::optional<RejectReason> become(std::string name, const HelloLine& hello, const std::string& label);
  void leave_source();
  void give_way();
  void welcome();
  void add_ack();
  void expect_answer() { ++answers_expected_; }
  void give_answer(std::string_view text) {
    --answers_expected_;
    output_ += text;
  }

  static constexpr std::size_t kMaxOutputBytes = 256 << 10;
  static constexpr std::size_t kMaxAnswers = 10'000;

  Protocol& protocol_;
  LineStream stream_;
  std::string label_;
  bool wants_acks_ = false;
  bool superseded_ = false;
  std::string output_;
  std::size_t answers_expected_ = 0;
};

}  // namespace streamd
