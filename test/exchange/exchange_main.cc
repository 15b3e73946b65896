// test_exchange: see --help.
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "exchange/exchange.h"

int main(int argc, char** argv) {
  using namespace streamd::exchange;
  const auto fail = [](int exit_code, const std::string& message) {
    std::fprintf(stderr, "test_exchange: %s\n", message.c_str());
    return exit_code;
  };
  const auto read = read_exchange_options({argv + 1, argv + argc});
  if (const auto* end = std::get_if<EarlyEnd>(&read)) {
    if (end->complaint.empty()) std::fputs(end->output.c_str(), stdout);
    return end->complaint.empty() ? end->exit_code : fail(end->exit_code, end->complaint);
  }
  auto made = Exchange::make(std::get<ExchangeOptions>(read));
  if (!made) return fail(3, made.error().message);
  Exchange& exchange = *made.value();
  boost::asio::signal_set signals(exchange.context(), SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) { exchange.stop(); });
  std::printf("rest %s\nws %s\ncontrol %s\nca %s\n", exchange.rest_url().c_str(), exchange.streams_url().c_str(),
              exchange.control_url().c_str(), exchange.ca_file().c_str());
  std::fflush(stdout);
  exchange.run();
  if (auto written = exchange.write_files(); !written) return fail(1, written.error().message);
  return 0;
}
