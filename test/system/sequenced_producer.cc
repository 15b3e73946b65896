#include "system/sequenced_producer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <regex>
#include <stdexcept>
#include <utility>

namespace streamd {

std::string with_seq(const std::string& json, std::uint64_t seq) {
  return json.substr(0, json.rfind('}')) + ",\"seq\":" + std::to_string(seq) + "}";
}

void SequencedProducer::add(const std::string& json, bool bad) {
  const std::uint64_t before = lines_.empty() ? 0 : lines_.back().seq;
  const std::uint64_t seq = before + 1 + random_() % options_.max_seq_step;
  lines_.push_back({seq, with_seq(json, seq) + "\n", bad});
}

std::string SequencedProducer::hello() const {
  std::string text = R"({"type":"hello","producer":")" + options_.name + R"(","ack":true)";
  if (!options_.label.empty()) text += R"(,"label":")" + options_.label + "\"";
  if (!options_.session.empty()) text += R"(,"session":")" + options_.session + "\"";
  return text + "}\n";
}

bool SequencedProducer::connect(std::uint16_t port) {
  disconnect();
  try {
    client_.emplace(port);
  } catch (const std::runtime_error&) {
    return false;
  }
  ++connections_;
  output_ = hello();
  return true;
}

void SequencedProducer::disconnect() {
  client_.reset();
  welcomed_.reset();
  acked_here_ = 0;
  repeats_here_ = 0;
  output_.clear();
}

bool SequencedProducer::step() {
  if (!client_) return false;
  const bool sent = send();
  const bool read = read_answers(milliseconds(0));
  if (client_->has_ended()) disconnect();
  return sent || read;
}

bool SequencedProducer::send() {
  if (output_.empty() && welcomed_) give_next_lines();
  if (output_.empty()) return false;
  const std::size_t count = client_->send_some(output_);
  output_.erase(0, count);
  return count > 0;
}

void SequencedProducer::give_next_lines() {
  while (next_ < lines_.size() && output_.size() < options_.send_bytes) {
    const Line& line = lines_[next_++];
    output_ += line.text;
    if (line.seq > *welcomed_) continue;
    ++repeats_sent_;
    ++repeats_here_;
  }
}

bool SequencedProducer::read_answers(milliseconds limit) {
  bool any = false;
  while (auto answer = client_->read_line(any ? milliseconds(0) : limit)) {
    take(*answer);
    any = true;
  }
  return any;
}

void SequencedProducer::take(const std::string& answer) {
  unsigned long long seq = 0;
  if (!welcomed_) return take_welcome(answer);
  if (std::sscanf(answer.c_str(), R"({"type":"ack","seq":%llu})", &seq) == 1) return take_ack(seq);
  take_reject(answer);
}

void SequencedProducer::take_welcome(const std::string& answer) {
  static const std::regex form(R"re(\{"type":"welcome","run_id":"[0-9a-f]{32}","last_seq":([0-9]+)\})re");
  std::smatch match;
  if (!std::regex_match(answer, match, form)) {
    ADD_FAILURE() << "not a welcome: " << answer;
    return;
  }
  const std::uint64_t last_seq = std::stoull(match[1].str());
  EXPECT_GE(last_seq, acknowledged_) << "welcome takes an ack back";
  const std::size_t beyond = first_beyond(last_seq);
  const bool is_mine = last_seq == 0 || (beyond > 0 && lines_[beyond - 1].seq == last_seq);
  EXPECT_TRUE(is_mine) << "last_seq " << last_seq << " was never sent";
  welcomed_ = last_seq;
  acked_here_ = last_seq;
  acknowledged_ = std::max(acknowledged_, last_seq);
  const std::size_t repeats = options_.repeat_lines == 0 ? 0 : random_() % (options_.repeat_lines + 1);
  next_ = beyond - std::min(beyond, repeats);
}

void SequencedProducer::take_ack(std::uint64_t seq) {
  EXPECT_GE(seq, acked_here_) << "acks go back";
  const std::uint64_t sent = std::max(*welcomed_, next_ == 0 ? 0 : lines_[next_ - 1].seq);
  EXPECT_LE(seq, sent) << "never sent";
  if (seq > *welcomed_) repeats_read_ += std::exchange(repeats_here_, 0);
  acked_here_ = seq;
  acknowledged_ = std::max(acknowledged_, seq);
}

void SequencedProducer::take_reject(const std::string& answer) {
  static const std::regex form(R"re(\{"type":"reject","seq":([0-9]+),"line":([0-9]+),"reason":"[a-z_:]+"\})re");
  std::smatch match;
  if (!std::regex_match(answer, match, form)) {
    ADD_FAILURE() << "unexpected: " << answer;
    return;
  }
  const std::uint64_t seq = std::stoull(match[1].str());
  const std::size_t beyond = first_beyond(seq);
  const bool expected = beyond > 0 && lines_[beyond - 1].seq == seq && lines_[beyond - 1].bad;
  EXPECT_TRUE(expected) << "a good line was refused: " << answer;
  EXPECT_GT(seq, *welcomed_) << "a line that is in already was refused: " << answer;
  refused_.insert(seq);
}

// Index of the first line with a higher number.
std::size_t SequencedProducer::first_beyond(std::uint64_t seq) const {
  const auto beyond = std::upper_bound(lines_.begin(), lines_.end(), seq,
                                       [](std::uint64_t number, const Line& line) { return number < line.seq; });
  return static_cast<std::size_t>(beyond - lines_.begin());
}

void SequencedProducer::drop(Drop how, std::uint16_t port) {
  if (!client_) return;
  switch (how) {
    case Drop::in_mid_line: {
      eventually([&] { return step(), welcomed_ || !client_; });
      if (!client_) return;
      if (output_.empty()) give_next_lines();
      const std::size_t size = std::min<std::size_t>(output_.size(), 1 + random_() % 150);
      client_->send_some(std::string_view(output_).substr(0, size));
      break;
    }
    case Drop::half_closed: {
      eventually([&] { return step(), !client_ || (welcomed_ && output_.empty()); });
      if (!client_) return;
      client_->half_close();
      while (!client_->has_ended() && read_answers(kPatience)) {
      }
      EXPECT_GE(acked_here_, next_ == 0 ? 0 : lines_[next_ - 1].seq) << "acks were lost at the half-close";
      break;
    }
    case Drop::reset:
      client_->reset();
      break;
    case Drop::by_newer_hello: {
      TcpClient older = std::move(*client_);
      connect(port);
      eventually([&] { return step(), welcomed_ || !client_; });
      if (!client_) return;
      try {
        older.read_to_end();  // earlier acks, and then it is closed
      } catch (const std::exception& error) {
        ADD_FAILURE() << "a newer hello did not close the older connection: " << error.what();
      }
      return;
    }
  }
  disconnect();
}

bool SequencedProducer::finish(std::uint16_t port) {
  return eventually([&] {
    if (all_acknowledged()) return true;
    if (!client_) connect(port);
    while (step() && !all_acknowledged()) {
    }
    return all_acknowledged();
  });
}

}  // namespace streamd
