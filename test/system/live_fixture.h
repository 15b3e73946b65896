// A test exchange, and stream_daemon_live before it, in one folder.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/paths.h"
#include "system/http_client.h"
#include "system/process.h"

namespace streamd {

class LiveFixture : public testing::Test {
 protected:
  void start_exchange(const std::vector<std::string>& more) {
    std::vector<std::string> argv = {STREAMD_TEST_EXCHANGE, "--folder", folder_ / "exchange"};
    argv.insert(argv.end(), more.begin(), more.end());
    exchange_ = std::make_unique<Process>(argv, folder_.path());
    ASSERT_TRUE(exchange_->wait_output("\nca ")) << exchange_->errors();
    ASSERT_TRUE(eventually([&] { return exchange_->output().ends_with("\n"); }));
    for (const std::string& line : lines_of(exchange_->output())) {
      const std::size_t blank = line.find(' ');
      places_[line.substr(0, blank)] = line.substr(blank + 1);
    }
  }
  std::uint16_t control_port() {
    const std::string& place = places_["control"];
    return static_cast<std::uint16_t>(std::stoul(place.substr(place.rfind(':') + 1)));
  }
  std::string asked(const std::string& path) { return http_get(control_port(), path).body; }
  void post(const std::string& path, const std::string& json) {
    Process curl({"curl", "-sf", "-X", "POST", places_["control"] + path, "-d", json}, folder_.path());
    ASSERT_EQ(curl.wait(), 0) << path << " " << json << ": " << curl.errors();
  }

  std::vector<std::string> live_arguments(const std::vector<std::string>& more) {
    std::vector<std::string> argv = {program_path("stream_daemon_live"),
                                     "--rest-url",
                                     places_["rest"],
                                     "--ws-url",
                                     places_["ws"],
                                     "--ca-file",
                                     places_["ca"],
                                     "--port",
                                     std::to_string(port_),
                                     "--db",
                                     "live.duckdb"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  std::unique_ptr<Process> start_live(const std::vector<std::string>& more,
                                      const std::vector<std::string>& environment = {}) {
    return std::make_unique<Process>(live_arguments(more), folder_.path(), Process::Input::none, environment);
  }

  TempFolder folder_;
  std::unique_ptr<Process> exchange_;
  std::map<std::string, std::string> places_;
  std::uint16_t port_ = static_cast<std::uint16_t>(10'000 + ::getpid() % 20'000);  // no ephemeral one
};

}  // namespace streamd
