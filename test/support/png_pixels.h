// The pixels of a PNG of eight bits a channel, not interlaced, as gnuplot writes them. Throws for others.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamd {

struct PngPixels {
  std::size_t width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> bytes;

  bool is(std::size_t x, std::size_t y, std::uint32_t rgb) const {
    const std::uint8_t* pixel = &bytes[(y * width + x) * channels];
    return pixel[0] == rgb >> 16 && pixel[1] == (rgb >> 8 & 0xff) && pixel[2] == (rgb & 0xff);
  }
};

inline PngPixels read_png(const std::string& png) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(png.at(at)); };
  const auto number = [&](std::size_t at) {
    return std::size_t{byte(at)} << 24 | std::size_t{byte(at + 1)} << 16 | std::size_t{byte(at + 2)} << 8 |
           byte(at + 3);
  };
  const int form = byte(25);
  if (byte(24) != 8 || (form != 2 && form != 6) || byte(28) != 0) throw std::runtime_error("another kind of PNG");
  PngPixels pixels{number(16), number(20), form == 2 ? 3U : 4U, {}};
  std::string packed;
  for (std::size_t at = 8; at + 8 < png.size(); at += number(at) + 12) {
    if (png.compare(at + 4, 4, "IDAT") == 0) packed += png.substr(at + 8, number(at));
  }
  const std::size_t row = pixels.width * pixels.channels;
  std::vector<std::uint8_t> raw((row + 1) * pixels.height);
  uLongf size = raw.size();
  if (::uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()) != Z_OK ||
      size != raw.size()) {
    throw std::runtime_error("damaged PNG");
  }
  pixels.bytes.resize(row * pixels.height);
  for (std::size_t y = 0; y < pixels.height; ++y) {
    const std::uint8_t filter = raw[y * (row + 1)];
    std::uint8_t* const out = &pixels.bytes[y * row];
    for (std::size_t i = 0; i < row; ++i) {
      const int left = i < pixels.channels ? 0 : out[i - pixels.channels];
      const int up = y == 0 ? 0 : *(out + i - row);
      const int corner = y == 0 || i < pixels.channels ? 0 : *(out + i - row - pixels.channels);
      const int to_left = std::abs(up - corner), to_up = std::abs(left - corner);
      const int to_corner = std::abs(left + up - 2 * corner);
      const int paeth = to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
      const int guesses[] = {0, left, up, (left + up) / 2, paeth};
      out[i] = static_cast<std::uint8_t>(raw[y * (row + 1) + 1 + i] + guesses[filter]);
    }
  }
  return pixels;
}

}  // namespace streamd
