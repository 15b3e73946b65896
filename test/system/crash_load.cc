#include "system/crash_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "system/bar_oracle.h"

namespace streamd {
namespace {

constexpr const char* kFile = "raw.ndjson";

void pause() {
  std::this_thread::sleep_for(milliseconds(1));
}

std::string without_newline(std::string line) {
  line.pop_back();
  return line;
}

class GrowingFile : public CrashLoad {
 public:
  using CrashLoad::CrashLoad;

  void give_all_to_another(const TempFolder& folder) override {
    write_file(folder / kFile, read_file(folder_ / kFile));
    run_to_its_end(folder, replaying({"--tail", kFile}));
  }
  void finish() override {
    append_file(folder_ / kFile, kept_back_);
    kept_back_.clear();
    run_to_its_end(folder_, with_policy(replaying({"--tail", kFile})));
  }

 protected:
  // The last line may come out only in part; the rest of it goes first next time.
  void grow(std::size_t lines) {
    std::string text = std::move(kept_back_);
    for (std::size_t i = 0; i < lines; ++i) text += lines_.next() + "\n";
    const std::size_t torn = random_() % 2 == 0 ? 0 : random_() % std::min<std::size_t>(text.size(), 60);
    kept_back_ = text.substr(text.size() - torn);
    text.resize(text.size() - torn);
    append_file(folder_ / kFile, text);
  }

 private:
  std::string kept_back_;
};

class ReplayedFile final : public GrowingFile {
 public:
  using GrowingFile::GrowingFile;
  Arguments arguments() const override { return with_policy(replaying({"--tail", kFile})); }
  void before_start() override { grow(is_large() ? 100'000 : 4'000); }
  void step(DaemonProcess&) override { pause(); }
};

class FollowedFile final : public GrowingFile {
 public:
  using GrowingFile::GrowingFile;
  Arguments arguments() const override {
    return with_policy({"--no-listen", "--db", "bars.duckdb", "--tail", kFile, "--tail-follow"});
  }
  void step(DaemonProcess&) override {
    grow(1 + random_() % (is_large() ? 300 : 10));
    pause();
  }
};

class NamedProducer final : public CrashLoad {
 public:
  NamedProducer(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix, LoadSize size)
      : CrashLoad(folder, seed, mix, size), producer_(producer_options(size)) {}

  Arguments arguments() const override { return with_policy(listening()); }
  void step(DaemonProcess& daemon) override {
    if (!producer_.is_connected()) {
      const auto port = daemon.port_by_now();
      if (!port || !producer_.connect(*port)) return pause();
    }
    for (std::size_t i = 0; i < (is_large() ? 300u : 10u); ++i) producer_.add(lines_.next());
    producer_.step();
    pause();
  }
  void after_end() override { producer_.disconnect(); }
  void finish() override { bring_in(producer_, folder_, arguments()); }
  void give_all_to_another(const TempFolder& folder) override {
    SequencedProducer same(producer_options(LoadSize::large));
    same.add_all_of(producer_);
    bring_in(same, folder, listening());
  }

 private:
  static ProducerOptions producer_options(LoadSize size) {
    ProducerOptions options;
    options.label = "exchange";
    options.send_bytes = size == LoadSize::large ? 200'000 : 2'000;
    options.max_seq_step = 3;
    return options;
  }
  static void bring_in(SequencedProducer& producer, const TempFolder& folder, const Arguments& arguments) {
    DaemonProcess daemon(folder, arguments);
    EXPECT_TRUE(producer.finish(daemon.port())) << "not everything was acknowledged";
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_TRUE(daemon.account().is_closed());
    producer.disconnect();
  }

  SequencedProducer producer_;
};

}  // namespace

std::string LoadLines::next() {
  now_ms_ += static_cast<std::int64_t>(random_() % 12);
  const std::string symbol = "S" + std::to_string(random_() % 4);
  const double price = static_cast<double>(random_() % 100'000) / 64;
  const double quantity = static_cast<double>(1 + random_() % 10'000) / 997;
  const std::int64_t back_ms = mix_.late && random_() % 10 == 0 ? static_cast<std::int64_t>(random_() % 100'000) : 0;
  if (mix_.bars && random_() % 40 == 0) {
    const std::int64_t second = (now_ms_ - back_ms) / 1000 - static_cast<std::int64_t>(random_() % 3);
    return without_newline(bar_line({symbol, second * 1'000'000, price, price + 2, price - 3, price + 1, quantity,
                                     static_cast<std::int64_t>(random_() % 50), ""}));
  }
  return without_newline(trade_line(symbol, now_ms_ - back_ms, price, quantity));
}

Arguments CrashLoad::with_policy(Arguments arguments) const {
  const Arguments policy =
      is_large() ? Arguments{"--snapshot-interval", "0.3"}
                 : Arguments{"--batch-size", "50", "--flush-interval", "0.05", "--snapshot-interval", "0.1"};
  arguments.insert(arguments.end(), policy.begin(), policy.end());
  return arguments;
}

void CrashLoad::run_to_its_end(const TempFolder& folder, const Arguments& arguments) {
  DaemonProcess daemon(folder, arguments);
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_TRUE(daemon.account().is_closed());
}

std::unique_ptr<CrashLoad> replayed_file(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                         LoadSize size) {
  return std::make_unique<ReplayedFile>(folder, seed, mix, size);
}
std::unique_ptr<CrashLoad> followed_file(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                         LoadSize size) {
  return std::make_unique<FollowedFile>(folder, seed, mix, size);
}
std::unique_ptr<CrashLoad> named_producer(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                          LoadSize size) {
  return std::make_unique<NamedProducer>(folder, seed, mix, size);
}

}  // namespace streamd
