// Certificates, made at the start: a CA, whose certificate clients are given (ca.pem), and the server's for localhost
// and 127.0.0.1 by this CA, or one with a flaw that clients must notice.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace streamd::exchange {

enum class CertificateFlaw { none, expired, other_host, unknown_ca };
inline constexpr std::size_t kCertificateFlaws = 4;

// good, expired, other_host, unknown_ca
std::optional<CertificateFlaw> certificate_flaw_of(std::string_view name);

class Certificates {
 public:
  // Writes ca.pem, and the server's certificates and keys, into the folder.
  static Result<Certificates> make(const std::string& folder);

  const std::string& ca_file() const { return ca_file_; }
  boost::asio::ssl::context& context(CertificateFlaw flaw) { return contexts_[static_cast<std::size_t>(flaw)]; }

 private:
  using Context = boost::asio::ssl::context;

  Certificates();

  std::string ca_file_;
  std::array<Context, kCertificateFlaws> contexts_;
};

}  // namespace streamd::exchange
