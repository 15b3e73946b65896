// What a picture's or a video's file is, by its name's ending.
#pragma once

#include <cctype>
#include <optional>
#include <string>

namespace streamd {

enum class PictureFormat { png, svg, pdf };

// Without the dot. Empty: there is none, or nothing before it.
inline std::string ending_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || dot == 0 || path[dot - 1] == '/') return "";
  return path.substr(dot + 1);
}

inline std::optional<PictureFormat> picture_format(const std::string& path) {
  std::string ending = ending_of(path);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == "png") return PictureFormat::png;
  if (ending == "svg") return PictureFormat::svg;
  if (ending == "pdf") return PictureFormat::pdf;
  return std::nullopt;
}

inline bool is_webm(const std::string& path) { return ending_of(path) == "webm"; }

}  // namespace streamd
