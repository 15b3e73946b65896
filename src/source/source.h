// The port through which the intake stage reads: sockets, files, or a simulation's. The intake's thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "bars/tick.h"

namespace streamd {

class Source {
 public:
  virtual ~Source() = default;

  // Waits up to `at_most_ms` for something to read, where it can; 0 only looks.
  virtual void poll(int at_most_ms) = 0;
  // Reads a piece of everything that has bytes, into the line intake's batch. False: there was nothing to read.
  virtual bool read() = 0;
  // Sources that have bytes that were not read yet.
  virtual void add_undrained(std::vector<BusySource>& busy) const = 0;
  // The batch ends here: adds what must stand in it (how far it is in).
  virtual void end_batch() {}
  // Sends the answers that are due by now.
  virtual void answer() {}
  // Answers that are not sent yet.
  virtual bool has_answers() const { return false; }

  // Nothing new from now on; read() goes on until all that has arrived by now is in.
  virtual void stop() = 0;
  // After stop(): of what had arrived, still to be read.
  virtual std::uint64_t bytes_to_read() const = 0;
  // After the last read(): unfinished lines count as lines.
  virtual void finish() = 0;
  virtual void close() {}
};

}  // namespace streamd
