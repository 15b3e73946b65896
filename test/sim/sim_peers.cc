#include "sim/sim_peers.h"

#include <fmt/format.h>

#include <cstdlib>

namespace streamd::sim {
namespace {

// The number behind `"key":` in an answer; 0 when it has none.
std::uint64_t number_of(const std::string& answer, const std::string& key) {
  const std::size_t found = answer.find("\"" + key + "\":");
  return found == std::string::npos ? 0 : std::strtoull(answer.c_str() + found + key.size() + 3, nullptr, 10);
}

std::vector<std::string> take_lines(std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
    lines.push_back(text.substr(0, end));
  }
  return lines;
}

std::string trade_text(const Said& said) {
  return fmt::format(R"({{"type":"trade","symbol":"{}","ts_ms":{},"price":{},"qty":{})", said.symbol, said.time_ms,
                     said.price, said.quantity);
}

}  // namespace

std::pair<std::string, std::optional<Said>> LineMaker::make(Random& random, UnixMillis now_ms) {
  Said said;
  said.symbol = symbols_[static_cast<std::size_t>(between(random, 0, static_cast<std::int64_t>(symbols_.size()) - 1))];
  if (chance(random, 0.03)) return {fmt::format(R"({{"type":"trade","symbol":"{}")", said.symbol), std::nullopt};
  std::int64_t age_ms = between(random, 0, 400);
  if (chance(random, 0.15)) age_ms = between(random, 0, 5'000);
  if (chance(random, 0.02)) age_ms = between(random, 0, 1'000'000);
  said.time_ms = (now_ms - age_ms) / 8 * 8 + slot_;
  said.price = static_cast<double>(between(random, -100, 1000)) / 4;
  said.quantity = static_cast<double>(between(random, 0, 1000)) / 8;
  if (with_bars_ && chance(random, 0.1)) {
    said.time_ms = start_ms(second_of(said.time_ms));
    said.bar = Ohlcv{said.price, said.price + 2, said.price - 1, said.price + 1, said.quantity, between(random, 0, 9)};
    return {fmt::format(R"({{"type":"ohlc1s","symbol":"{}","ts_ms":{},"open":{},"high":{},"low":{},"close":{},)"
                        R"("volume":{},"trades":{})",
                        said.symbol, said.time_ms, said.bar->open, said.bar->high, said.bar->low, said.bar->close,
                        said.bar->volume, said.bar->trades),
            said};
  }
  return {trade_text(said), said};
}

void SimProducer::connect(Random& random, Connections& connections) {
  connection_ = std::make_shared<SimConnection>();
  connections.push_back(connection_);
  connection_->inbox += fmt::format(R"({{"type":"hello","producer":"{0}","label":"of {0}","session":"s","ack":true}})",
                                    name_) + "\n";
  welcome_ = chance(random, 0.2);  // it does not wait to be told where to go on
  next_ = acked_ + 1;
}

void SimProducer::read_answers() {
  for (const std::string& answer : take_lines(connection_->outbox)) {
    if (answer.find("\"welcome\"") != std::string::npos) {
      const std::uint64_t last = number_of(answer, "last_seq");
      if (last < acked_) complaint_ = fmt::format("{} was told {} after an ack of {}", name_, last, acked_);
      if (last > lines_.size()) complaint_ = fmt::format("{} was told {} of {} lines", name_, last, lines_.size());
      acked_ = std::max(acked_, last);
      if (!welcome_) next_ = last + 1;
      welcome_ = true;
    } else if (answer.find("\"ack\"") != std::string::npos) {
      acked_ = std::max(acked_, number_of(answer, "seq"));
    } else if (answer.find("\"reject\"") == std::string::npos) {
      complaint_ = name_ + " got " + answer;
    }
  }
}

void SimProducer::send_some(Random& random, UnixMillis now_ms) {
  for (std::int64_t count = between(random, 1, 12); count > 0; --count) {
    if (next_ > lines_.size()) {
      if (lines_.size() == target_) return;
      auto [text, said] = maker_.make(random, now_ms);
      lines_.push_back(fmt::format("{},\"seq\":{}}}\n", text, lines_.size() + 1));
      said_.push_back(std::move(said));
    }
    connection_->inbox += lines_[next_++ - 1];
  }
}

void SimProducer::act(Random& random, UnixMillis now_ms, Connections& connections, bool patient) {
  if (connection_ != nullptr && connection_->daemon_closed) connection_ = nullptr;
  if (connection_ == nullptr) return connect(random, connections);
  read_answers();
  if (!welcome_) return;
  if (!patient && chance(random, 0.02)) {  // hangs up, in the middle of a line perhaps
    if (chance(random, 0.5)) {
      connection_->inbox.resize(static_cast<std::size_t>(
          between(random, 0, static_cast<std::int64_t>(connection_->inbox.size()))));
    }
    connection_->peer_closed = chance(random, 0.7);  // else the daemon does not know, and the next hello tells
    return connect(random, connections);
  }
  if (!patient && chance(random, 0.03)) next_ = static_cast<std::uint64_t>(between(random, 1, static_cast<std::int64_t>(next_)));
  send_some(random, now_ms);
}

void Anonymous::act(Random& random, UnixMillis now_ms) {
  for (const std::string& answer : take_lines(connection->outbox)) {
    if (answer.find("\"synced\"") != std::string::npos) {
      stored = std::strtoull(answer.c_str() + answer.find("\"id\":\"") + 6, nullptr, 10);
    }
  }
  for (std::int64_t count = between(random, 1, 8); count > 0; --count) {
    Said said{symbol, now_ms - between(random, 0, 300), static_cast<double>(between(random, 0, 1000)) / 4,
              static_cast<double>(between(random, 0, 1000)) / 8, std::nullopt};
    sent.push_back(said);
    connection->inbox += trade_text(said) + "}\n";
  }
  if (chance(random, 0.2)) connection->inbox += fmt::format("{{\"type\":\"sync\",\"id\":\"{}\"}}\n", sent.size());
  if (chance(random, 0.05)) connection->peer_closed = true;
}

void SimFile::grow(Random& random, UnixMillis now_ms) {
  for (std::int64_t count = between(random, 1, 10); count > 0 && lines < target; --count, ++lines) {
    auto [line, what] = maker.make(random, now_ms);
    text += line + "}\n";
    if (what) said.push_back(*what);
  }
}

}  // namespace streamd::sim
