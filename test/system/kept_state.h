// For tests of what a start makes of the files that a run has left: trades that show what is lost or in twice, and the
// journal's and the database's files, looked at and damaged.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/database_holder.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {

class KeptState : public testing::Test {
 protected:
  static constexpr std::int64_t kSecond = 1'700'000'000;

  // One trade a second; a second that is in twice has two, or is there twice.
  static std::string trades(int first, int end) {
    std::string lines;
    for (int i = first; i < end; ++i) lines += trade_line("A", (kSecond + i) * 1000 + 7, price(i), 1);
    return lines;
  }
  static double price(int i) { return 1'000 + i; }
  static std::vector<StoredBar> bars(int first, int end, const std::string& source_file = "") {
    std::vector<StoredBar> list;
    for (int i = first; i < end; ++i) list.push_back(flat_bar("A", kSecond + i, price(i), source_file));
    return list;
  }
  // Returns when all is read.
  static void send(DaemonProcess& daemon, int first, int end) {
    TcpClient client(daemon.port());
    client.send(trades(first, end));
    client.finish();
  }
  // A whole run.
  void run(int first, int end, const Arguments& more = {}) {
    DaemonProcess daemon(folder_, quick(more));
    send(daemon, first, end);
    EXPECT_EQ(daemon.stop(), 0);
  }
  // To the end of the files.
  void replay(const Arguments& more) {
    DaemonProcess daemon(folder_, replaying(more));
    EXPECT_EQ(daemon.wait_exit(), 0);
  }
  // A start, and a stop once it has said that; all that it said.
  std::string run_idle(const Arguments& more = {}, const std::string& until = "storing in") {
    DaemonProcess daemon(folder_, quick(more));
    EXPECT_TRUE(daemon.wait_errors(until));
    EXPECT_EQ(daemon.stop(), 0);
    return daemon.errors();
  }
  static void kill(DaemonProcess& daemon) {
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
  }
  static Arguments quick(const Arguments& more = {}) {
    Arguments arguments = listening({"--flush-interval", "0.05"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  void expect_bars(int first, int end) { expect_same_bars(bars(first, end), read_bars(db_)); }
  static void expect_said(const std::string& log, const std::string& words) {
    EXPECT_NE(log.find(words), std::string::npos) << words << " is not in\n" << log;
  }

  // Where a trade of that time stands in a journal's bytes; npos: it has none.
  static std::size_t find_trade(const std::string& bytes, std::int64_t time_ms) {
    std::string pattern(sizeof time_ms, '\0');
    std::memcpy(pattern.data(), &time_ms, sizeof time_ms);
    return bytes.find(pattern);
  }

  std::vector<std::string> files(const std::string& folder, const std::string& part_of_name) const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().filename().string().find(part_of_name) != std::string::npos) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  std::vector<std::string> segments() const { return files(state_ + "/journal", ".journal"); }
  std::vector<std::string> snapshots() const { return files(state_ + "/snapshots", ".snapshot"); }
  // Everything that was read by now is in the journal: ticks came behind it.
  void wait_until_journalled() const {
    std::uintmax_t size = 0;
    int grown = 0;
    EXPECT_TRUE(eventually([&] {
      const std::uintmax_t before = std::exchange(size, std::filesystem::file_size(segments().back()));
      grown += size > before ? 1 : 0;
      return grown > 4;
    }));
  }

  static void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::string content = read_file(path);
    ASSERT_LE(offset + bytes.size(), content.size());
    write_file(path, content.replace(offset, bytes.size(), bytes));
  }
  // Where the price of trade i stands in a file of the journal.
  static std::size_t place_of_trade(const std::string& path, int i) {
    const double value = price(i);
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return read_file(path).find(bytes);
  }
  static std::string garbage(std::size_t size) {
    std::string bytes;
    for (std::uint32_t x = 1; bytes.size() < size; x = x * 1'664'525 + 1'013'904'223) {
      bytes += static_cast<char>(x >> 24);
    }
    return bytes;
  }
  static void copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const std::string log_ = db_ + ".wal";
  const std::string state_ = db_ + ".state";
};

}  // namespace streamd
