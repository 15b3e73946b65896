#include "plot/run_gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "io/file.h"
#include "io/find_program.h"

extern char** environ;

namespace streamd::plot {
namespace {

constexpr std::chrono::milliseconds kLookEvery{5};

// Made under TMPDIR; gone with the object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    const char* place = std::getenv("TMPDIR");
    std::string path =
        fmt::format("{}/plot_stream_decisions.XXXXXX", place != nullptr && *place != '\0' ? place : "/tmp");
    if (::mkdtemp(path.data()) == nullptr) {
      return Error{system_error("make", path).message + "; point TMPDIR to a folder that can be written"};
    }
    return TemporaryFolder(std::move(path));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<void> write_text(const std::string& path, const std::string& text) {
  auto file = open_for_appending(path);
  if (!file) return file.error();
  std::size_t written = 0;
  return write_all(file->get(), path, text, written);
}

Result<pid_t> start(const std::string& gnuplot, const std::string& script, const std::string& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::string words[] = {gnuplot, "-d", script};  // -d: nobody's settings
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t pid = 0;
  const int failure = ::posix_spawn(&pid, gnuplot.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure == 0) return pid;
  errno = failure;
  return system_error("start", gnuplot);
}

// Its status; nothing when it had to be ended.
std::optional<int> wait_for(pid_t pid, std::chrono::seconds at_most, const std::atomic<bool>& stopped) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  int status = 0;
  for (;;) {
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return std::nullopt;
    if (stopped.load() || std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(kLookEvery);
  }
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return std::nullopt;
}

// The last line that says something: gnuplot shows the command and a caret before it.
std::string last_line(const std::string& text) {
  std::string last;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (const auto line = text.substr(begin, end - begin); line.find_first_not_of(" \t\r^") != std::string::npos)
      last = line;
    begin = end + 1;
  }
  return last.empty() ? "it said nothing" : last.substr(last.find_first_not_of(" \t"));
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
  const std::string errors = path + "/errors";
  if (auto written = write_text(script, drawing.script(path, out)); !written) return written;
  const auto pid = start(gnuplot, script, errors);
  if (!pid) return pid.error();
  const auto status = wait_for(pid.value(), at_most, stopped);
  if (!status && stopped.load()) return Error{"stopped before the picture was drawn"};
  if (!status)
    return Error{fmt::format("gnuplot took more than {} s and was ended; plot less with --window-seconds or --symbols",
                             at_most.count())};
  if (*status == 0) return {};
  const auto said = read_whole_file(errors);
  const std::string how = WIFSIGNALED(*status) ? fmt::format("was ended by signal {}", WTERMSIG(*status)) : "failed";
  return Error{fmt::format("gnuplot {}: {}", how, last_line(said ? said.value() : ""))};
}

}  // namespace

Result<std::string> find_gnuplot() { return find_program("gnuplot", "draws the pictures", "gnuplot-nox"); }

Result<void> run_gnuplot(const std::string& gnuplot, const Drawing& drawing, const std::string& out,
                         std::chrono::seconds at_most, const std::atomic<bool>& stopped) {
  const std::string unfinished = fmt::format("{}.{}.part", out, ::getpid());
  std::error_code unknown;
  const bool is_folder = std::filesystem::is_directory(out, unknown);
  const auto writable =
      is_folder ? Error{fmt::format("cannot write {}: it is a folder", out)} : write_text(unfinished, "");
  if (!writable) return Error{writable.error().message + "; give another file"};
  auto drawn = draw(gnuplot, drawing, unfinished, at_most, stopped);
  std::error_code empty;
  if (drawn && std::filesystem::file_size(unfinished, empty) == 0)
    drawn = Error{"gnuplot drew nothing; is its disk full?"};
  if (drawn && ::rename(unfinished.c_str(), out.c_str()) != 0) drawn = system_error("write", out);
  if (!drawn) ::unlink(unfinished.c_str());
  return drawn;
}

}  // namespace streamd::plot
