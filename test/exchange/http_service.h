// HTTP/1.1 with keep-alive on one port of loopback, with TLS or without. A question is answered before the next one is
// read. On the thread of the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>

#include "base/result.h"
#include "exchange/http_answer.h"

namespace streamd::exchange {

class HttpService {
 public:
  using Handler = std::function<HttpAnswer(const HttpQuestion&)>;
  using TlsContext = std::function<boost::asio::ssl::context&()>;  // for the next connection

  // `tls` empty: without. A handshake that fails is told of.
  HttpService(boost::asio::io_context& context, Handler handler, TlsContext tls = {},
              std::function<void()> on_failed_handshake = {});

  // 0 picks a port; gives back which one.
  Result<int> listen(int port);

 private:
  void accept();

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const Handler handler_;
  const TlsContext tls_;
  const std::function<void()> on_failed_handshake_;
};

// On 127.0.0.1; gives back the port.
Result<int> listen_on_loopback(boost::asio::ip::tcp::acceptor& acceptor, int port);

}  // namespace streamd::exchange
