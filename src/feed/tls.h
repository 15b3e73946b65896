// TLS to the exchange: the certificate must be by an authority that is trusted, in its time, and for the host that is
// asked. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "feed/endpoint.h"

namespace streamd::feed {

namespace asio = boost::asio;
namespace beast = boost::beast;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// `ca_file`: authorities to trust instead of the system's; empty: those.
Result<std::unique_ptr<asio::ssl::context>> make_tls(const std::string& ca_file);

// Connects and shakes hands within the time. Error: one line, the certificate's fault where it is one.
asio::awaitable<Result<void>> open_tls(TlsStream& stream, const Endpoint& endpoint, std::chrono::seconds at_most);

}  // namespace streamd::feed
