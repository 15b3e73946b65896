// stream_daemon_live: live trades of Binance spot into a daemon of its own.
#include "feed/live_run.h"

int main(int argc, char** argv) { return streamd::feed::run_live({argv + 1, argv + argc}); }
