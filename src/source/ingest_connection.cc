#include "source/ingest_connection.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "wire/http_request_line.h"
#include "wire/reply_writer.h"

namespace streamd {
namespace {

// In a time that does not tell where they differ.
bool same_token(std::string_view given, std::string_view expected) {
  return given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

}  // namespace

void Protocol::end_batch() {
  for (IngestConnection* connection : acking) connection->add_ack();
}

IngestConnection::IngestConnection(Protocol& protocol, std::string name)
    : protocol_(protocol), stream_(std::move(name), protocol.intake.limits().max_line_bytes) {
  stream_.peer = this;
  stream_.authorized = protocol.options.token.empty();
}

IngestConnection::~IngestConnection() {
  protocol_.desk.forget(*this);
  std::erase(protocol_.acking, this);
  if (stream_.producer != nullptr && stream_.producer->connection == this) {
    protocol_.book.connect(*stream_.producer, nullptr);
  }
}

void IngestConnection::feed(std::string_view bytes) {
  if (stream_.closed) return;
  protocol_.intake.feed(stream_, bytes);
}

void IngestConnection::finish_lines() {
  if (!stream_.closed) protocol_.intake.finish(stream_);
}

void IngestConnection::end() {
  finish_lines();
  if (wants_acks_) add_ack();
  if (!superseded_) leave_source();
  stream_.closed = true;
}

void IngestConnection::refuse() {
  append_unauthorized(output_);
  stream_.closed = true;
}

void IngestConnection::leave_source() {
  if (stream_.source == 0) return;
  protocol_.intake.end_source(std::exchange(stream_.source, 0), protocol_.clock.wall_ms());
  if (stream_.producer == nullptr) return;
  protocol_.book.note_activity(*stream_.producer);
  stream_.producer->left_ms = protocol_.clock.elapsed_ms();
  protocol_.book.connect(*std::exchange(stream_.producer, nullptr), nullptr);
}

// What it has sent and was not read is thrown away; the producer sends it again.
void IngestConnection::give_way() {
  stream_.splitter.discard_unfinished();
  stream_.closed = true;
  stream_.producer = nullptr;
  superseded_ = true;
  protocol_.desk.forget(*this);
  answers_expected_ = 0;
  std::erase(protocol_.acking, this);
}

std::optional<RejectReason> IngestConnection::take_control(const ParsedLine& line) {
  switch (line.kind) {
    case LineKind::hello: return take_hello(line.hello);
    case LineKind::sync: {
      std::string answer;
      append_synced(answer, line.sync_id);
      EventBatch& batch = protocol_.intake.batch();
      batch.add_write_open();  // all: a second that this source has left may be kept open by another
      batch.wants_sync = batch.wants_commit = true;
      protocol_.desk.when_committed(*this, batch.number, std::move(answer));
      return std::nullopt;
    }
    case LineKind::ping: append_pong(output_); return std::nullopt;
    case LineKind::trade:
    case LineKind::bar:
    case LineKind::reject: break;
  }
  return RejectReason::unknown_type;
}

std::optional<RejectReason> IngestConnection::take_hello(const HelloLine& hello) {
  const std::string& token = protocol_.options.token;
  if (!token.empty() && (hello.token || !stream_.authorized)) {
    if (!same_token(hello.token.value_or(""), token)) return RejectReason::unauthorized;
    stream_.authorized = true;
  }
  if (hello.ack && !protocol_.options.acks) return RejectReason::bad_ack;
  std::string label(hello.label.value_or(label_));
  if (!protocol_.intake.allow_label(label)) label.clear();
  if (hello.producer) {
    if (const auto refused = become(std::string(*hello.producer), hello, label)) return refused;
  } else if (stream_.source == 0) {
    stream_.source = protocol_.intake.start_source(label, {});
  } else if (label != label_) {
    protocol_.intake.relabel_source(stream_.source, label);
  }
  label_ = label;
  welcome();
  return std::nullopt;
}

// From now on it is this producer's connection, and the only one.
std::optional<RejectReason> IngestConnection::become(std::string name, const HelloLine& hello,
                                                     const std::string& label) {
  BookedProducer* producer = protocol_.book.find(name);
  if (producer == nullptr) {
    if (protocol_.book.is_full()) {
      const ElapsedMillis now_ms = protocol_.clock.elapsed_ms();
      const auto forgotten = protocol_.book.forget_one(now_ms, protocol_.options.producer_grace_ms);
      if (!forgotten) return RejectReason::too_many_producers;
      if (protocol_.forget_log.allow(now_ms)) {
        log_warn("{} producers are known; \"{}\" is forgotten for \"{}\": should it come back, its numbers start anew",
                 ProducerBook::kMaxProducers, forgotten->name, name);
      }
      protocol_.intake.batch().add_producer_end(forgotten->source);
    }
    producer = &protocol_.book.add(name, protocol_.intake.new_source());
  }
  if (producer->connection != this) {
    leave_source();
    if (producer->connection != nullptr) producer->connection->give_way();
    protocol_.book.connect(*producer, this);
    stream_.producer = producer;
    stream_.source = producer->source;
  }
  if (hello.session && *hello.session != producer->session) {
    producer->session = *hello.session;
    producer->last_seq = 0;
  }
  protocol_.book.note_activity(*producer);
  protocol_.intake.batch().add_producer_start(
      {producer->source, std::move(name), producer->session, label, producer->last_seq});
  std::erase(protocol_.acking, this);
  wants_acks_ = hello.ack;
  if (wants_acks_) protocol_.acking.push_back(this);
  return std::nullopt;
}

void IngestConnection::welcome() {
  std::string answer;
  const BookedProducer* producer = stream_.producer;
  append_welcome(answer, protocol_.run_id,
                 producer == nullptr ? std::nullopt : std::optional(producer->last_seq));
  EventBatch& batch = protocol_.intake.batch();
  batch.wants_sync |= protocol_.options.acks;
  protocol_.desk.when_kept(*this, batch.number, std::move(answer));
}

void IngestConnection::add_ack() {
  if (stream_.producer == nullptr || !std::exchange(stream_.producer->answer_due, false)) return;
  std::string answer;
  append_ack(answer, stream_.producer->last_seq);
  EventBatch& batch = protocol_.intake.batch();
  batch.wants_sync = true;
  protocol_.desk.when_kept(*this, batch.number, std::move(answer));
}

void IngestConnection::on_reject(const ParsedLine& line, RejectReason reason, std::string_view text) {
  const bool is_no_json = line.kind == LineKind::reject && line.reject == RejectReason::invalid_json;
  if (stream_.lines == 1 && is_no_json && is_http_request_line(text)) {
    append_wrong_port(output_);
    stream_.closed = true;  // the rest of the request is no data, whatever a page made a browser send
    return;
  }
  if (reason == RejectReason::unauthorized) {
    append_unauthorized(output_);
    leave_source();
    return;
  }
  if (!answers_rejects()) return;
  append_reject(output_, line.seq_form == SeqForm::valid ? std::optional(line.seq) : std::nullopt, stream_.lines,
                reject_text(reason));
}

}  // namespace streamd
