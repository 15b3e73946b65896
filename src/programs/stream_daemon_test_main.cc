// stream_daemon_test: load generator and probe.
#include "probe/test_command.h"

int main(int argc, char** argv) { return streamd::probe::run_test({argv + 1, argv + argc}); }
