// How coroutines wait for operations whose failure is a value, not an exception.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace streamd::feed {

// co_await operation(…, into(failure));
inline auto into(boost::system::error_code& failure) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, failure);
}

}  // namespace streamd::feed
