#include "bench/data_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "bench/children.h"
#include "bench/failure.h"

namespace streamd::bench {
namespace {

namespace fs = std::filesystem;

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

void sync_file(const std::string& path) {
  OpenFile file(path, O_RDWR);
  if (::fsync(file.fd()) != 0) fail("cannot sync {}: {}", path, std::strerror(errno));
}

void read_once(const std::string& path) {
  OpenFile file(path, O_RDONLY);
  std::vector<char> buffer(1 << 20);
  while (::read(file.fd(), buffer.data(), buffer.size()) > 0) {
  }
}

// A file that is not whole never has the final name.
std::string made_once(const Workspace& space, const std::string& name,
                      const std::function<void(const std::string&)>& make) {
  const std::string path = space.data + "/" + name;
  if (!fs::exists(path)) {
    show("making " + path);
    std::error_code failure;
    fs::create_directories(space.data, failure);
    if (failure) fail("cannot make the folder {}: {}", space.data, failure.message());
    const std::string unfinished = path + ".unfinished";
    fs::remove_all(unfinished);
    make(unfinished);
    sync_file(unfinished);
    fs::rename(unfinished, path);
  }
  show("reading " + path);
  read_once(path);
  show("");
  return path;
}

}  // namespace

std::string trade_file(const Workspace& space, const TradeShape& shape) {
  const char* form = shape.form == TradeForm::other ? "-other" : "";
  const std::string name =
      fmt::format("trades-{}-{}-{}{}.ndjson", shape.trades, shape.symbols, shape.seconds, form);
  return made_once(space, name, [&](const std::string& path) { write_trade_file(path, shape); });
}

std::string bar_file(const Workspace& space, const BarShape& shape) {
  const std::string name = fmt::format("bars-{}-{}-{}.ndjson", shape.rows, shape.symbols, shape.first_second);
  return made_once(space, name, [&](const std::string& path) { write_bar_file(path, shape); });
}

std::string filled_database(const Workspace& space, std::uint64_t rows, std::uint32_t symbols) {
  return made_once(space, fmt::format("table-{}-{}.duckdb", rows, symbols), [&](const std::string& path) {
    RunFolder folder(space, "schema");  // an empty input leaves the daemon's own tables
    const std::string nothing = folder.path() + "/nothing.ndjson";
    OpenFile(nothing, O_WRONLY | O_CREAT);
    run_child(space.tail_command(folder.path(), nothing));
    run_child(
        {space.peer("duckdb_peer"), "fill", database_in(folder.path()), std::to_string(rows), std::to_string(symbols)});
    fs::rename(database_in(folder.path()), path);
  });
}

void copy_file(const std::string& from, const std::string& to) {
  OpenFile source(from, O_RDONLY);
  OpenFile target(to, O_WRONLY | O_CREAT | O_TRUNC);
  ssize_t count;
  while ((count = ::copy_file_range(source.fd(), nullptr, target.fd(), nullptr, 1 << 30, 0)) > 0) {
  }
  if (count < 0 || ::fsync(target.fd()) != 0) fail("cannot copy {} to {}: {}", from, to, std::strerror(errno));
}

TradeShape main_trades(const Workspace& space, TradeForm form) {
  return {space.sized(10'000'000), 300, static_cast<std::uint32_t>(space.sized(600)), form};
}

}  // namespace streamd::bench
