#include "io/random_id.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

namespace streamd {

std::string random_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", static_cast<std::uint32_t>(device()));
  return id;
}

}  // namespace streamd
