// The other end of a TCP sink, on a thread of its own: takes decisions or bars, acknowledges them or not, hangs,
// resets, dies and comes back on the same port.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "system/delivered_lines.h"
#include "system/process.h"

namespace streamd {

class Subscriber {
 public:
  enum class Manner { acknowledges, silent, hangs };  // silent: reads and says nothing; hangs: does not even read

  explicit Subscriber(Manner manner, DeliveredLines::Keep keep = DeliveredLines::Keep::lines);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  std::uint16_t port() const { return port_; }
  std::string spec() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  void behave(Manner manner);
  // Ends the connection with RST; what had come and was not read is lost. Goes on listening.
  void reset();
  // The same, and nobody listens there until revive(). The port stays its own.
  void die();
  void revive();

  DeliveredLines lines() const;
  std::size_t distinct() const;
  std::size_t all() const;
  bool has(const std::string& key) const;
  std::uint64_t connections() const;
  bool wait_distinct(std::size_t count, milliseconds limit = kPatience) const;
  bool wait_connections(std::uint64_t count) const;  // of all times

 private:
  void listen();
  void end_connection();
  bool step();
  bool take();
  void acknowledge(const std::string& line);

  int reserved_ = -1;  // bound, never listening: nobody else gets the port
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // of all below
  Manner manner_;
  int listener_ = -1;
  int connection_ = -1;
  std::string received_;  // no whole line yet
  std::string acks_;      // not sent yet
  DeliveredLines lines_;
  std::uint64_t connections_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace streamd
