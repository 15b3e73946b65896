// The programs that draw, for who draws and for who makes sure beforehand.
#pragma once

#include <string>

#include "io/find_program.h"

namespace streamd {

inline Result<std::string> find_gnuplot() { return find_program("gnuplot", "draws the pictures", "gnuplot-nox"); }
inline Result<std::string> find_ffmpeg() { return find_program("ffmpeg", "makes the videos", "ffmpeg"); }

}  // namespace streamd
