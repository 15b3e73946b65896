// What a picture's file is, by its name's ending.
#pragma once

#include <cctype>
#include <optional>
#include <string>

namespace streamd::plot {

enum class PictureFormat { png, svg, pdf };

inline std::optional<PictureFormat> picture_format(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || dot == 0 || path[dot - 1] == '/') return std::nullopt;
  std::string ending = path.substr(dot + 1);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == "png") return PictureFormat::png;
  if (ending == "svg") return PictureFormat::svg;
  if (ending == "pdf") return PictureFormat::pdf;
  return std::nullopt;
}

}  // namespace streamd::plot
