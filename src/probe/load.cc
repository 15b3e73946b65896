#include "probe/load.h"

#include <map>
#include <thread>

namespace streamd::probe {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);
constexpr int kLooksAProgress = 10;

}  // namespace

Load::Load(const LoadOptions& options, const std::string& run_name, const std::atomic<bool>& stop)
    : options_(options), stop_(stop) {
  for (std::size_t i = 0; i < options.connections; ++i) {
    senders_.push_back(std::make_unique<Sender>(options, i, run_name, ends_));
  }
}

Result<void> Load::connect() {
  for (auto& sender : senders_) {
    if (auto connected = sender->connect(); !connected) return connected;
  }
  return {};
}

Result<void> Load::run(bool settles, const std::function<void(const LoadProgress&)>& on_progress) {
  const RunClock clock(options_);
  start_ns_ = clock.start_ns();
  start_us_ = clock.start_us();
  std::vector<Result<void>> done(senders_.size());
  std::atomic<std::size_t> running{senders_.size()};
  std::atomic<bool> failed{false};
  ends_.store(stop_.load());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    threads.emplace_back([&, i] {
      done[i] = senders_[i]->send_all(clock);
      if (done[i] && !failed.load()) done[i] = settles ? senders_[i]->settle() : senders_[i]->hang_up();
      if (!done[i]) failed.store(true);
      running.fetch_sub(1);
    });
  }
  for (int look = 1; running.load() > 0; ++look) {
    std::this_thread::sleep_for(kLook);
    if (stop_.load() || failed.load()) ends_.store(true);
    if (look % kLooksAProgress == 0) on_progress(progress(clock));
  }
  for (std::thread& thread : threads) thread.join();
  for (const Result<void>& one : done) {
    if (!one) return one;
  }
  return {};
}

LoadProgress Load::progress(const RunClock& clock) const {
  LoadProgress sum{clock.elapsed_s(), 0, 0, 0};
  for (const auto& sender : senders_) {
    sum.lines += sender->sent().lines.load(std::memory_order_relaxed);
    sum.bytes += sender->sent().bytes.load(std::memory_order_relaxed);
    sum.unacked_bytes += sender->sent().unacked_bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

LoadResult Load::result() const {
  LoadResult sum;
  std::int64_t end_ns = start_ns_;
  for (const auto& sender : senders_) {
    sum.lines += sender->sent().lines.load();
    sum.bytes += sender->sent().bytes.load();
    sum.bad += sender->lines().bad_lines();
    sum.resent += sender->resent();
    sum.reconnects += sender->reconnects();
    sum.latencies.add(sender->latencies());
    if (sum.refused_line.empty()) sum.refused_line = sender->refused_line();
    end_ns = std::max(end_ns, sender->end_ns());
  }
  sum.start_us = start_us_;
  sum.seconds = static_cast<double>(end_ns - start_ns_) / 1e9;
  // A run's last line has its share of the time, too.
  if (options_.rate > 0) sum.seconds = std::max(sum.seconds, static_cast<double>(sum.lines) / options_.rate);
  return sum;
}

std::vector<const LineMaker*> Load::lines() const {
  std::vector<const LineMaker*> all;
  for (const auto& sender : senders_) all.push_back(&sender->lines());
  return all;
}

std::vector<SecondMark> Load::marks() const {
  std::map<std::int64_t, std::int64_t> earliest;
  for (const auto& sender : senders_) {
    for (const SecondMark& mark : sender->marks()) {
      const auto [at, is_new] = earliest.try_emplace(mark.second, mark.sent_us);
      if (!is_new) at->second = std::min(at->second, mark.sent_us);
    }
  }
  std::vector<SecondMark> marks;
  for (const auto& [second, sent_us] : earliest) marks.push_back({second, sent_us});
  return marks;
}

}  // namespace streamd::probe
