// What a daemon is fed while it is killed again and again: a source that goes on where the daemon stopped, as its
// users' sources do, and remembers all that it gave, so that another daemon can be given the same without interruption.
// A function of the seed, but for how much of it there is.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "system/daemon_process.h"
#include "system/sequenced_producer.h"

namespace streamd {

// Trades (and bars) of a few symbols, without newline. Event time runs on its own, however fast lines are taken.
class LoadLines {
 public:
  struct Mix {
    bool bars = false;
    bool late = false;
  };
  LoadLines(std::uint64_t seed, Mix mix) : mix_(mix), random_(seed) {}
  std::string next();

 private:
  Mix mix_;
  std::mt19937_64 random_;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

// How much at a time, and how often the daemon writes.
enum class LoadSize { small, large };

class CrashLoad {
 public:
  CrashLoad(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix, LoadSize size)
      : folder_(folder), random_(seed), lines_(seed + 1, mix), size_(size) {}
  virtual ~CrashLoad() = default;

  // Of each daemon that is to be killed.
  virtual Arguments arguments() const = 0;
  // A daemon is about to start.
  virtual void before_start() {}
  // Gives the daemon a little; waits for nothing long.
  virtual void step(DaemonProcess& daemon) = 0;
  // The daemon is gone.
  virtual void after_end() {}
  // Brings the rest in, with a daemon that lives.
  virtual void finish() = 0;
  // Gives everything to the daemon for users, in another folder, at once.
  virtual void give_all_to_another(const TempFolder& folder) = 0;

 protected:
  bool is_large() const { return size_ == LoadSize::large; }
  Arguments with_policy(Arguments arguments) const;
  // Starts a daemon that must end in order by itself.
  static void run_to_its_end(const TempFolder& folder, const Arguments& arguments);

  const TempFolder& folder_;
  std::mt19937_64 random_;
  LoadLines lines_;

 private:
  const LoadSize size_;
};

// A file that is read to its end, and grows between the runs; its last line may be torn then.
std::unique_ptr<CrashLoad> replayed_file(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                         LoadSize size);
// A file that is followed while it grows, daemon or not.
std::unique_ptr<CrashLoad> followed_file(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                         LoadSize size);
// A named producer over TCP.
std::unique_ptr<CrashLoad> named_producer(const TempFolder& folder, std::uint64_t seed, LoadLines::Mix mix,
                                          LoadSize size);

}  // namespace streamd
