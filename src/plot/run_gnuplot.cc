#include "plot/run_gnuplot.h"

#include <fmt/format.h>

#include "io/file.h"
#include "io/find_program.h"
#include "plot/child_program.h"
#include "plot/temporary_folder.h"
#include "plot/unfinished_file.h"

namespace streamd::plot {
namespace {

Result<void> write_text(const std::string& path, const std::string& text) {
  auto file = open_for_appending(path);
  if (!file) return file.error();
  std::size_t written = 0;
  return write_all(file->get(), path, text, written);
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

Result<std::string> find_gnuplot() { return find_program("gnuplot", "draws the pictures", "gnuplot-nox"); }

Result<void> run_gnuplot(const std::string& gnuplot, const Drawing& drawing, const std::string& out,
                         std::chrono::seconds at_most, const std::atomic<bool>& stopped) {
  auto file = UnfinishedFile::make(out);
  if (!file) return file.error();
  if (auto drawn = draw(gnuplot, drawing, file->path(), at_most, stopped); !drawn) return drawn;
  if (file->is_empty()) return Error{"gnuplot drew nothing; is its disk full?"};
  return file->finish();
}

}  // namespace streamd::plot
