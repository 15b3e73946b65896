// stream_daemon: the daemon; `stream_daemon query`, a look into its database; and `stream_daemon verify`, whether its
// rows are those of the journal.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>

#include <cstdio>
#include <string>
#include <vector>

#include "daemon/options.h"
#include "daemon/pipeline.h"
#include "daemon/query_command.h"
#include "daemon/query_worker_command.h"
#include "daemon/verify_command.h"

namespace {

constexpr int kCouldNotStart = 3;

// Where a standard stream is closed, the first file that is opened would get its number, and what is printed.
void keep_standard_numbers_taken() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
  }
}

// Threads inherit the mask, so only Pipeline::run() receives these.
void take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is met like a full disk
}

// Large blocks (copies of the state, batches) are mapped, and given back when they are freed. By default the bound at
// which that begins grows with each block that was freed, to 32 MiB, and what was freed stays in the heap.
void give_large_blocks_back() { ::mallopt(M_MMAP_THRESHOLD, 1 << 20); }

}  // namespace

int main(int argc, char** argv) {
  keep_standard_numbers_taken();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "query") {
    return streamd::run_query_command({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && arguments.front() == "verify") {
    return streamd::run_verify_command({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && arguments.front() == "query-worker") {
    return streamd::run_query_worker_command({arguments.begin() + 1, arguments.end()});
  }
  const streamd::Invocation invocation = streamd::parse_options(std::move(arguments));
  if (invocation.action == streamd::Invocation::Action::exit) {
    std::fputs(invocation.output.c_str(), stdout);
    if (!invocation.complaint.empty()) std::fprintf(stderr, "stream_daemon: %s\n", invocation.complaint.c_str());
    return invocation.exit_code;
  }
  streamd::configure_log(invocation.options.log_level, invocation.options.log_format);
  take_signals();
  give_large_blocks_back();
  streamd::Pipeline pipeline(invocation.options);
  if (auto started = pipeline.start(); !started) {
    std::fprintf(stderr, "stream_daemon: %s\n", started.error().message.c_str());
    return kCouldNotStart;
  }
  return pipeline.run();
}
