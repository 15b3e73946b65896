// Trades over TCP from one sender: the daemon, to its last committed row, against a reader that discards.
#include "bench/children.h"
#include "bench/figures.h"
#include "bench/senders.h"

#include <fmt/format.h>

namespace streamd::bench {
namespace {

double discard_s(const Workspace& space, const SentLoad& load) {
  Child reader({space.peer("socket_peer"), "discard"});
  const std::string port = port_of(reader.wait_for("listening on "));
  const double begun_s = send_load(space, load, port);
  return reader.finish().end_s - begun_s;
}

double daemon_s(const Workspace& space, const SentLoad& load) {
  RunFolder folder(space, "ours");
  Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
  const double begun_s = send_load(space, load, wait_for_daemon(daemon));
  daemon.terminate();
  const double seconds = daemon.finish().end_s - begun_s;
  check_rows(space, folder.path(), bars_of(load));
  return seconds;
}

}  // namespace

void measure_tcp(const Workspace& space, Report& report) {
  const SentLoad load = main_load(space);
  Progress progress(space, "tcp");
  std::vector<double> ours_s, peer_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "daemon");
    ours_s.push_back(daemon_s(space, load));
    progress.run(run, "discarding reader");
    peer_s.push_back(discard_s(space, load));
    progress.result(run, fmt::format("daemon {:.3f} s; discarded {:.3f} s", ours_s.back(), peer_s.back()));
  }
  const auto trades = static_cast<double>(load.lines);
  report.add_ratio("tcp", rate_text(ours_s, trades, "trades"), rate_text(peer_s, trades, "trades"),
                   ratios(peer_s, ours_s), Bar{0.5, 0.7});
}

}  // namespace streamd::bench
