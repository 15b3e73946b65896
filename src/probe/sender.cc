#include "probe/sender.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <chrono>
#include <thread>

#include "wire/json_object.h"

namespace streamd::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kMostLinesAPiece = 700;  // 64 KB
// At high rates, lines of so long go together.
constexpr nanoseconds kShortestPause = std::chrono::microseconds(200);
constexpr nanoseconds kLongestPause = milliseconds(50);
constexpr std::size_t kMostUnackedBytes = 32 << 20;
// That nothing was taken or acknowledged for so long is an error.
constexpr std::int64_t kStuckNs = 60'000'000'000;
constexpr milliseconds kBetweenAttempts{100};
constexpr std::size_t kMostMarks = 1'000'000;
constexpr const char* kSync = "{\"type\":\"sync\",\"id\":\"stream_daemon_test\"}\n";

std::uint64_t lines_of_all(const LoadOptions& options) {
  if (options.lines > 0) return options.lines;
  return options.rate > 0 ? static_cast<std::uint64_t>(options.rate * options.seconds + 1e-6) : Pace::kNoEnd;
}

// Lines are dealt out in turns.
Pace pace_of(const LoadOptions& options, std::size_t connection) {
  const std::uint64_t all = lines_of_all(options);
  const auto count = static_cast<double>(options.connections);
  const std::uint64_t share = all == Pace::kNoEnd
                                  ? all
                                  : all / options.connections + (connection < all % options.connections ? 1 : 0);
  return {options.rate / count, static_cast<double>(connection) / count, share};
}

}  // namespace

Sender::Sender(const LoadOptions& options, std::size_t connection, const std::string& run_name,
               const std::atomic<bool>& stop)
    : options_(options),
      connection_(connection),
      producer_(fmt::format("{}-{}", run_name, connection + 1)),
      stop_(stop),
      maker_(options, connection),
      pace_(pace_of(options, connection)) {}

std::string Sender::hello() const {
  JsonObject json;
  json.add("type", "hello");
  if (options_.ack) {
    json.add("producer", producer_);
    json.add("ack", true);
  }
  if (!options_.token.empty()) json.add("token", options_.token);
  return json.text() + '\n';
}

Result<void> Sender::connect() {
  auto link = DaemonLink::open(options_.host, options_.port);
  if (!link) return link.error();
  link_ = std::move(link).value();
  return options_.ack || !options_.token.empty() ? say_hello() : Result<void>();
}

Result<void> Sender::say_hello() {
  Answer welcome;
  if (auto came = ask(hello(), "welcome", &welcome); !came) return came;
  if (!options_.ack) return {};
  if (welcome.number < unacked_.acknowledged()) {
    return Error{fmt::format("the daemon has lost what it acknowledged: it said {} before the connection was lost, and {} now",
                             unacked_.acknowledged(), welcome.number), ErrorKind::refused};
  }
  note_acked(welcome.number);
  return {};
}

// With acks: until it succeeds, the time for it is up, or more of it would not help (ErrorKind::refused).
Result<void> Sender::reconnect(const Error& why) {
  const std::int64_t give_up_ns = steady_ns() + static_cast<std::int64_t>(options_.reconnect_s * 1e9);
  for (std::string last = why.message;;) {
    link_.reset();
    awaited_type_ = nullptr;
    if (steady_ns() >= give_up_ns) {
      return Error{fmt::format("{}; no new connection within {} s (--reconnect-s)", last, options_.reconnect_s)};
    }
    std::this_thread::sleep_for(kBetweenAttempts);
    if (auto connected = connect(); !connected) {
      if (connected.error().kind == ErrorKind::refused) return connected;
      last = connected.error().message;
      continue;
    }
    ++reconnects_;
    const UnackedLines::Again again = unacked_.beyond(unacked_.acknowledged());
    if (auto pushed = push(again.lines); !pushed) {
      last = pushed.error().message;
      continue;
    }
    resent_ += again.count;
    return {};
  }
}

void Sender::mark_second(std::int64_t time_ms) {
  const std::int64_t second = time_ms / 1000;
  if (marks_.size() < kMostMarks && (marks_.empty() || marks_.back().second < second)) {
    marks_.push_back({second, wall_us()});
  }
}

Result<void> Sender::send_all(const RunClock& clock) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  std::uint64_t made = 0;
  double next_piece_s = 0;  // not earlier, so that what is due meanwhile goes together
  while (made < pace_.total() && !stop_.load(std::memory_order_relaxed)) {
    const double elapsed_s = clock.elapsed_s();
    if (clock.is_over(elapsed_s)) break;
    const std::uint64_t due = pace_.due(elapsed_s);
    if (due <= made || elapsed_s < next_piece_s) {
      idle(std::max(pace_.due_s(made), next_piece_s), clock);
      if (options_.ack) {
        if (auto taken = take_answers(); !taken) {
          if (auto again = reconnect(taken.error()); !again) return again;
        }
      }
      continue;
    }
    const std::uint64_t count = std::min(due - made, kMostLinesAPiece);
    if (made + count == due) next_piece_s = elapsed_s + std::chrono::duration<double>(kShortestPause).count();
    piece_.size = 0;
    for (std::uint64_t left = count; left > 0;) {
      const std::uint64_t now = std::min(left, clock.lines_a_time());
      const std::int64_t time_ms = clock.event_ms((made + count - left) * options_.connections + connection_);
      mark_second(time_ms);
      maker_.make(piece_, now, time_ms, clock.first_ms());
      left -= now;
    }
    made += count;
    if (auto sent = send_piece(count); !sent) return sent;
  }
  end_ns_ = steady_ns();
  return {};
}

// Until then, but in pieces, and no shorter than is worth while.
void Sender::idle(double until_s, const RunClock& clock) {
  const auto left = nanoseconds(static_cast<std::int64_t>((until_s - clock.elapsed_s()) * 1e9));
  const nanoseconds pause = std::clamp(left, kShortestPause, kLongestPause);
  if (options_.ack && link_) {
    static_cast<void>(link_->wait(false, pause));
  } else {
    std::this_thread::sleep_for(pause);
  }
}

Result<void> Sender::send_piece(std::uint64_t lines) {
  if (options_.ack) {
    unacked_.add(piece_.view(), maker_.last_seq(), steady_ns());
    if (auto pushed = push_or_reconnect(piece_.view()); !pushed) return pushed;
    if (auto room = wait_for_acks(kMostUnackedBytes); !room) return room;
  } else if (auto pushed = push(piece_.view()); !pushed) {
    return Error{fmt::format("{}, after {} lines (with --ack, lines that got lost are sent again)",
                             pushed.error().message, sent_.lines.load())};
  }
  sent_.lines.fetch_add(lines, std::memory_order_relaxed);
  sent_.bytes.fetch_add(piece_.size, std::memory_order_relaxed);
  sent_.unacked_bytes.store(unacked_.bytes(), std::memory_order_relaxed);
  return {};
}

// Whole, however long the daemon pushes back; answers are read meanwhile.
Result<void> Sender::push(std::string_view bytes) {
  for (std::int64_t moved_ns = steady_ns(); !bytes.empty();) {
    const auto sent = link_->send(bytes);
    if (!sent) return sent.error();
    bytes.remove_prefix(sent.value());
    if (sent.value() > 0) {
      moved_ns = steady_ns();
    } else if (auto waited = link_->wait(true, kLongestPause); !waited) {
      return waited;
    }
    if (steady_ns() - moved_ns > kStuckNs) return Error{"the daemon has taken nothing for 60 s"};
    if (options_.ack) {
      if (auto taken = take_answers(); !taken) return taken;
    }
  }
  return {};
}

Result<void> Sender::push_or_reconnect(std::string_view bytes) {
  const auto pushed = push(bytes);
  return pushed ? pushed : reconnect(pushed.error());
}

void Sender::note_acked(std::uint64_t seq) {
  const std::int64_t now_ns = steady_ns();
  unacked_.acknowledge(seq, [&](std::uint64_t lines, std::int64_t sent_ns) { latencies_.add(now_ns - sent_ns, lines); });
}

void Sender::take(const Answer& answer) {
  if (answer.type == "ack") {
    note_acked(answer.number);
  } else if (answer.type == "reject" && answer.number > 0 && refused_line_.empty()) {
    refused_line_ = answer.text;
  }
  if (awaited_type_ != nullptr && answer.type == awaited_type_) awaited_ = answer;
}

Result<void> Sender::take_answers() {
  for (;;) {
    auto answer = link_->next_answer();
    if (!answer) return answer.error();
    if (!answer->has_value()) return {};
    if (answer->value().type == "error") return Error{"the daemon said: " + answer->value().text};
    if (awaited_type_ != nullptr && answer->value().type == "reject" && answer->value().number == 0 &&
        answer->value().text.find("bad_field:ack") != std::string::npos) {
      return Error{"the daemon gives no acks: it runs with --no-journal or --journal-sync never", ErrorKind::refused};
    }
    take(answer->value());
  }
}

// Until no more than so many bytes are unacknowledged.
Result<void> Sender::wait_for_acks(std::size_t most_bytes) {
  std::size_t had = unacked_.bytes();
  for (std::int64_t moved_ns = steady_ns(); unacked_.bytes() > most_bytes;) {
    Result<void> done = link_->wait(false, kLongestPause);
    if (done) done = take_answers();
    if (!done) {
      if (auto again = reconnect(done.error()); !again) return again;
    }
    if (unacked_.bytes() < had) {
      had = unacked_.bytes();
      moved_ns = steady_ns();
    }
    if (steady_ns() - moved_ns > kStuckNs) return Error{"the daemon has acknowledged nothing for 60 s"};
  }
  return {};
}

// Sends a line that is answered by one of that type. The answer may come while push() still reads others.
Result<void> Sender::ask(std::string_view line, const char* answer_type, Answer* taken) {
  awaited_type_ = answer_type;
  awaited_.reset();
  if (auto pushed = push(line); !pushed) return pushed;
  for (const std::int64_t since_ns = steady_ns(); !awaited_;) {
    if (auto waited = link_->wait(false, kLongestPause); !waited) return waited;
    if (auto answered = take_answers(); !answered) return answered;
    if (!awaited_ && steady_ns() - since_ns > kStuckNs) {
      return Error{fmt::format("no {} from the daemon within 60 s; its log may say what it waits for", answer_type), ErrorKind::refused};
    }
  }
  awaited_type_ = nullptr;
  if (taken != nullptr) *taken = *awaited_;
  return {};
}

Result<void> Sender::hang_up() {
  if (options_.ack) {
    if (auto acked = wait_for_acks(0); !acked) return acked;
  } else {
    link_->end();
    for (const std::int64_t since_ns = steady_ns(); !link_->has_closed();) {
      if (auto waited = link_->wait(false, kLongestPause); !waited) return waited;
      if (auto taken = take_answers(); !taken) return taken;
      if (steady_ns() - since_ns > kStuckNs) return Error{"the daemon has not read the last lines for 60 s"};
    }
  }
  end_ns_ = steady_ns();
  return {};
}

Result<void> Sender::settle() {
  if (options_.ack) {
    if (auto acked = wait_for_acks(0); !acked) return acked;
    end_ns_ = steady_ns();
  }
  for (;;) {
    const auto done = ask(kSync, "synced", nullptr);
    if (done || !options_.ack || done.error().kind == ErrorKind::refused) return done;
    if (auto again = reconnect(done.error()); !again) return again;
  }
}

}  // namespace streamd::probe
