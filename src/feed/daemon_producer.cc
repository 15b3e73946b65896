#include "feed/daemon_producer.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "feed/awaiting.h"
#include "wire/json_text.h"
#include "wire/reply_reader.h"

namespace streamd::feed {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kMaxAnswerBytes = 64 << 10;
constexpr int kPauseMs = 100;
constexpr std::chrono::seconds kTellEach{10};

}  // namespace

DaemonProducer::DaemonProducer(asio::any_io_executor executor, ProducerOptions options, FeedLog& log)
    : options_(std::move(options)), log_(log), socket_(executor), wake_(executor) {}

void DaemonProducer::stop() {
  stopped_ = true;
  wake_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<void> DaemonProducer::pause(int ms) {
  error_code ignored;
  wake_.expires_after(std::chrono::milliseconds(ms));
  co_await wake_.async_wait(into(ignored));
}

asio::awaitable<Result<void>> DaemonProducer::run() {
  auto told = steady_clock::now();  // or had nothing to tell
  while (!stopped_) {
    if (!options_.is_daemon_up()) {
      told = steady_clock::now();
      co_await pause(kPauseMs);
      continue;
    }
    Result<void> done = co_await connect();
    if (done) {
      connected_ = true;
      ++connections_;
      done = co_await serve();
      connected_ = false;
      told = steady_clock::now();
    } else if (!stopped_ && steady_clock::now() - told >= kTellEach) {
      log_warn("the daemon runs, but the feed does not get to it: {}; trying again", done.error().message);
      told = steady_clock::now();
    }
    error_code ignored;
    socket_.close(ignored);
    if (!done && done.error().kind == ErrorKind::refused) co_return done;
    if (!stopped_) co_await pause(kPauseMs);
  }
  co_return Result<void>();
}

// Until one of both directions ends, in whatever way.
asio::awaitable<Result<void>> DaemonProducer::serve() {
  const auto executor = socket_.get_executor();
  const auto [order, answers_fault, answers, lines_fault, lines] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, take_answers(), asio::deferred),
                                                       asio::co_spawn(executor, send_lines(), asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const bool are_answers_first = order[0] == 0;
  if (const auto& fault = are_answers_first ? answers_fault : lines_fault) std::rethrow_exception(fault);
  co_return are_answers_first ? answers : lines;
}

asio::awaitable<Result<void>> DaemonProducer::connect() {
  error_code failure;
  asio::ip::tcp::resolver resolver(socket_.get_executor());
  const auto addresses = co_await resolver.async_resolve(options_.host, options_.port, into(failure));
  if (failure) {
    const ErrorKind kind = connections_ == 0 ? ErrorKind::refused : ErrorKind::other;  // later it will pass
    co_return Error{fmt::format("--host {}: {}", options_.host, failure.message()), kind};
  }
  if (stopped_) co_return Error{"stopped"};  // connecting would open the socket again
  co_await asio::async_connect(socket_, addresses, into(failure));
  if (failure) co_return Error{failure.message()};
  socket_.set_option(asio::ip::tcp::no_delay(true), failure);
  received_.clear();
  co_return co_await say_hello();
}

asio::awaitable<Result<void>> DaemonProducer::say_hello() {
  std::string hello = fmt::format(R"({{"type":"hello","producer":"{}","session":"{}","ack":true)", options_.name, log_.session());
  if (!options_.token.empty()) {
    hello += R"(,"token":)";
    append_json_string(hello, options_.token);
  }
  hello += "}\n";
  error_code failure;
  co_await asio::async_write(socket_, asio::buffer(hello), into(failure));
  if (failure) co_return Error{failure.message()};
  auto answer = co_await read_line();
  if (!answer) co_return answer.error();
  const Reply welcome = read_reply(*answer);
  if (welcome.type != "welcome") {
    co_return Error{"the daemon does not take the feed: " + *answer, ErrorKind::refused};
  }
  if (std::find(run_ids_.begin(), run_ids_.end(), welcome.run_id) == run_ids_.end()) run_ids_.emplace_back(welcome.run_id);
  const std::uint64_t last_seq = welcome.seq;
  if (last_seq > log_.committed_seq()) {
    co_return Error{fmt::format("the daemon has line {} of the feed, and the feed log ends with {}: it is not the log of this "
                                "database; remove the folder feed in the state dir (the feed then begins anew)",
                                last_seq, log_.committed_seq()),
                    ErrorKind::refused};
  }
  sent_ = last_seq;
  if (last_seq == 0 && log_.trimmed_seq() > 0) {
    sent_ = log_.trimmed_seq();
    if (!std::exchange(has_told_loss_, true)) {
      log_warn("the daemon has lost its state: it knows nothing of the feed, whose lines up to {} it had acknowledged; "
               "they are not sent again",
               sent_);
    }
  } else if (last_seq < log_.trimmed_seq() && !std::exchange(has_told_loss_, true)) {
    log_error("the daemon knows the feed up to line {} and had acknowledged it up to {}: was its state put back from an "
              "older copy? What the feed's log still has is sent again; trades before that may be missing",
              last_seq, log_.trimmed_seq());
  }
  acked_ = sent_;
  co_return log_.trim(sent_);
}

asio::awaitable<Result<std::string>> DaemonProducer::read_line() {
  error_code failure;
  const std::size_t size =
      co_await asio::async_read_until(socket_, asio::dynamic_buffer(received_, kMaxAnswerBytes), '\n',
                                      into(failure));
  if (failure) co_return Error{failure.message()};
  std::string line = received_.substr(0, size - 1);
  received_.erase(0, size);
  co_return line;
}

Result<void> DaemonProducer::take(const std::string& line) {
  const Reply reply = read_reply(line);
  if (reply.type == "ack") {
    acked_ = std::max(acked_, reply.seq);
    return log_.trim(acked_);
  }
  if (reply.type == "reject") {
    if (refused_++ == 0) {
      refusal_ = line;
      log_error("the daemon refuses a line of the feed: {}", line);
    }
  } else if (reply.type == "error") {
    return Error{"the daemon does not take the feed: " + line, ErrorKind::refused};
  }
  return {};
}

asio::awaitable<Result<void>> DaemonProducer::take_answers() {
  for (;;) {
    auto line = co_await read_line();
    if (!line) co_return line.error();
    if (auto taken = take(*line); !taken) co_return taken;
  }
}

asio::awaitable<Result<void>> DaemonProducer::send_lines() {
  for (;;) {
    std::uint64_t seq = sent_;
    auto lines = log_.read_behind(seq, kPieceBytes);
    if (!lines) co_return Error{lines.error().message, ErrorKind::refused};
    if (lines->empty()) {
      co_await pause(60'000);
      if (stopped_) co_return Result<void>();
      continue;
    }
    error_code failure;
    co_await asio::async_write(socket_, asio::buffer(*lines), into(failure));
    if (failure) co_return Error{failure.message()};
    sent_ = seq;
  }
}

}  // namespace streamd::feed
