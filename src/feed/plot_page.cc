#include "feed/plot_page.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "base/log.h"

namespace streamd::feed {
namespace {

constexpr int kBadUsage = 2;
constexpr int kCouldNotStart = 3;
constexpr ElapsedMillis kLivesLong = 60'000;

// On loopback, of no listener. 0 when there is none: the plotter then tries itself.
std::uint16_t free_port() {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  boost::system::error_code failure;
  tcp::acceptor acceptor(context);
  acceptor.open(tcp::v4(), failure);
  if (!failure) acceptor.bind({boost::asio::ip::address_v4::loopback(), 0}, failure);
  const tcp::endpoint endpoint = failure ? tcp::endpoint() : acceptor.local_endpoint(failure);
  return failure ? 0 : endpoint.port();
}

}  // namespace

void PlotPage::keep_up(const std::vector<std::string>& run_ids, ElapsedMillis now_ms) {
  if (has_begun_) {
    if (const auto code = plotter_.exit_code()) {
      take_end(*code, now_ms);
    } else if (run_ids != shown_ && !std::exchange(is_replaced_, true)) {
      plotter_.terminate();
    }
  }
  if (!run_ids.empty() && !has_begun_ && !is_useless_ && now_ms >= due_ms_) begin(run_ids, now_ms);
}

void PlotPage::begin(const std::vector<std::string>& run_ids, ElapsedMillis now_ms) {
  if (port_ == 0) port_ = free_port();
  if (auto started = plotter_.start(page_arguments(plan_, run_ids, port_)); !started) {
    due_ms_ = now_ms + backoff_.next_ms();
    log_warn("no page of decisions: {}; trying again", started.error().message);
    return;
  }
  has_begun_ = true;
  is_replaced_ = false;
  shown_ = run_ids;
  began_ms_ = now_ms;
}

void PlotPage::take_end(int exit_code, ElapsedMillis now_ms) {
  has_begun_ = false;
  if (is_replaced_) return;
  if (exit_code == kBadUsage) {
    is_useless_ = true;
    log_warn("the page of decisions ended with {}; the feed goes on without it", exit_code);
    return;
  }
  if (exit_code == kCouldNotStart) port_ = 0;  // somebody else may have taken it
  if (now_ms - began_ms_ >= kLivesLong) backoff_.reset();
  due_ms_ = now_ms + backoff_.next_ms();
  log_warn("the page of decisions ended with {}; the feed goes on, and the page is begun again", exit_code);
}

}  // namespace streamd::feed
