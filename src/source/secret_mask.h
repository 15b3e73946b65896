// Hides a secret in lines that are shown or kept: wherever it stands, as it is or escaped as JSON allows. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamd {

class SecretMask {
 public:
  // Empty: there is nothing to hide.
  explicit SecretMask(std::string secret = {}) : secret_(std::move(secret)) {}

  // `line`, or what is left of it: a copy in `kept`.
  std::string_view hide(std::string_view line, std::string& kept) const;

 private:
  // How many bytes at the beginning of `text` spell the secret; 0: they do not.
  std::size_t spelled(std::string_view text) const;

  std::string secret_;
};

}  // namespace streamd
