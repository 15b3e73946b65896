// The WebSocket side: who is connected, who has subscribed to what, and what the limits say. On the thread of the
// io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/result.h"
#include "exchange/market.h"
#include "exchange/stream_request.h"
#include "exchange/stream_session.h"

namespace streamd::exchange {

class StreamServer final : public StreamSessionOwner {
 public:
  using TlsContext = std::function<boost::asio::ssl::context&()>;  // for the next connection

  StreamServer(boost::asio::io_context& context, TlsContext tls, const Market& market, const StreamLimits& limits,
               const Faults& faults, Ledger& ledger, std::uint64_t seed);

  Result<int> listen(int port);
  void publish(std::size_t symbol, const AggTrade& trade, std::int64_t now_ms);
  void tick(std::int64_t now_ms);
  // What a command does to connections at once.
  void apply(const FaultCommand& command, std::int64_t now_ms);

  std::size_t streams() const;                                          // with a subscriber now
  std::size_t streams_ever() const { return ever_subscribed_.size(); }  // with one at some time
  std::size_t most_attempts() const { return attempts_.most(); }

 private:
  bool opened(StreamSession& session, const std::string& target) override;
  void said(StreamSession& session, std::string_view text) override;
  void ended(StreamSession& session) override;

  void accept();
  void admit(boost::asio::ip::tcp::socket socket);
  void subscribe(StreamSession& session, const StreamRequest& request);
  void unsubscribe(StreamSession& session, const std::vector<std::string>& streams);
  // False: beyond the limit; nothing has been subscribed to.
  bool add_streams(StreamSession& session, const std::vector<std::string>& streams);
  std::vector<std::shared_ptr<StreamSession>> some_open(std::uint64_t count);

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const TlsContext tls_;
  const Market& market_;
  const StreamLimits limits_;
  const Faults& faults_;
  Ledger& ledger_;
  probe::Random random_;
  StreamShared shared_;
  SlidingWindow attempts_;
  std::map<StreamSession*, std::shared_ptr<StreamSession>> sessions_;
  std::set<StreamSession*> counted_;  // sessions that were opened
  std::map<std::string, std::size_t> symbol_of_stream_;
  std::vector<std::string> stream_of_symbol_;
  std::vector<std::set<StreamSession*>> subscribers_;  // by symbol
  std::set<std::size_t> ever_subscribed_;
};

}  // namespace streamd::exchange
