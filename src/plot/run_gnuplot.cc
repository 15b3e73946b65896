#include "plot/run_gnuplot.h"

#include <fmt/format.h>

#include <algorithm>

#include "flags/picture_format.h"
#include "io/file.h"
#include "plot/child_program.h"
#include "plot/temporary_folder.h"
#include "plot/unfinished_file.h"

namespace streamd::plot {
namespace {

constexpr off_t kEndBytes = 32;

Result<void> write_text(const std::string& path, const std::string& text) {
  auto file = open_for_appending(path);
  if (!file) return file.error();
  std::size_t written = 0;
  return write_all(file->get(), path, text, written);
}

// gnuplot does not say so when its disk is full.
bool is_whole(const std::string& path, PictureFormat format) {
  auto file = open_for_reading(path);
  if (!file) return false;
  const auto status = file_status(file->get(), path);
  if (!status) return false;
  std::string end(static_cast<std::size_t>(std::min<off_t>(status.value().st_size, kEndBytes)), '\0');
  const auto from = static_cast<std::uint64_t>(status.value().st_size) - end.size();
  const auto count = read_at(file->get(), path, end.data(), end.size(), from);
  const char* const sign = format == PictureFormat::png ? "IEND" : format == PictureFormat::svg ? "</svg>" : "%%EOF";
  return count && end.find(sign) != std::string::npos;
}

Result<void> draw(const std::string& gnuplot, const Drawing& drawing, const std::string& out,
                  std::chrono::seconds at_most, const std::atomic<bool>& stopped) {
  const auto folder = TemporaryFolder::make();
  if (!folder) return folder.error();
  const std::string& path = folder.value().path();
  for (const auto& [name, text] : drawing.files) {
    if (auto written = write_text(path + "/" + name, text); !written) return written;
  }
  const std::string script = path + "/script";
  if (auto written = write_text(script, drawing.script(path, out)); !written) return written;
  // -d: nobody's settings
  auto program = ChildProgram::start({gnuplot, "-d", script}, path + "/errors", ChildProgram::Input::none);
  if (!program) return program.error();
  switch (program->wait(at_most, stopped)) {
    case ChildProgram::Outcome::done: return {};
    case ChildProgram::Outcome::stopped: return Error{"stopped before the picture was drawn"};
    case ChildProgram::Outcome::failed: return Error{"gnuplot " + program->complaint()};
    case ChildProgram::Outcome::late: break;
  }
  return Error{fmt::format("gnuplot took more than {} s and was ended; plot less with --window-seconds or --symbols",
                           at_most.count())};
}

}  // namespace

Result<void> run_gnuplot(const std::string& gnuplot, const Drawing& drawing, const std::string& out,
                         std::chrono::seconds at_most, const std::atomic<bool>& stopped) {
  auto file = UnfinishedFile::make(out);
  if (!file) return file.error();
  if (auto drawn = draw(gnuplot, drawing, file->path(), at_most, stopped); !drawn) return drawn;
  if (const auto format = picture_format(out); format && !is_whole(file->path(), *format)) {
    return Error{fmt::format("cannot write {}: gnuplot's picture is cut off; is the disk full?", out)};
  }
  return file->finish();
}

}  // namespace streamd::plot
