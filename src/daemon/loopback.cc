#include "daemon/loopback.h"

#include <boost/asio/ip/address.hpp>

namespace streamd {

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(host, failure);
  return !failure && address.is_loopback();
}

}  // namespace streamd
