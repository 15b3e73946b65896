// plot_stream_decisions: pictures of the decisions that stream_daemon wrote to a file.
#include "plot/plot_command.h"

int main(int argc, char** argv) {
  return streamd::plot::run_plot({argv + 1, argv + argc});
}
