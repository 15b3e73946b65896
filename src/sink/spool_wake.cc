#include "sink/spool_wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace streamd {

Result<void> SpoolWake::open() {
  fd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd_) return system_error("make", "an event descriptor");
  return {};
}

void SpoolWake::signal() {
  const std::uint64_t one = 1;
  // It fails only when the number in it is full: then it is readable, which is all that is asked.
  [[maybe_unused]] const ssize_t ignored = ::write(fd_.get(), &one, sizeof one);
}

void SpoolWake::wake() {
  woken_.store(true);
  signal();
}

void SpoolWake::drain() {
  std::uint64_t number = 0;
  [[maybe_unused]] const ssize_t ignored = ::read(fd_.get(), &number, sizeof number);
}

void SpoolWake::wait_until(const std::function<bool()>& ready, std::chrono::milliseconds at_most) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point until = Steady::now() + at_most;
  while (!ready() && !woken_.exchange(false)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
    if (left.count() <= 0) return;
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) > 0) drain();
  }
}

}  // namespace streamd
