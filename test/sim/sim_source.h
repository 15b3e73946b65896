// The source port over simulated connections and files: real protocol and real line intake, bytes in pieces of any size.
#pragma once

#include <map>
#include <vector>

#include "sim/sim_peers.h"
#include "source/source.h"

namespace streamd::sim {

class SimSource final : public Source {
 public:
  SimSource(Random& random, Protocol& protocol, LineIntake& intake, Connections& connections)
      : random_(random), protocol_(protocol), intake_(intake), connections_(connections) {}
  ~SimSource() override;

  // A file to follow, from where the core's ledger has it; those of its tails that go on are returned.
  std::vector<SourceId> follow(const std::vector<SimFile*>& files, const Core& core);

  void poll(int) override {}
  bool read() override;
  void add_undrained(std::vector<BusySource>& busy) const override;
  void end_batch() override;
  void answer() override;
  bool has_answers() const override;
  void stop() override { stopping_ = true; }
  std::uint64_t bytes_to_read() const override;
  void finish() override;

  bool all_files_read() const;

 private:
  struct Tail {
    SimFile* file;
    LineStream stream;
    std::uint64_t taken = 0;  // bytes
    bool advanced = false;
  };
  void remove_closed();
  bool read_connection(SimConnection& connection);
  bool read_file(Tail& tail);
  // With the slack that readers need.
  template <typename Feed>
  void feed_bytes(std::string_view bytes, Feed feed);

  Random& random_;
  Protocol& protocol_;
  LineIntake& intake_;
  Connections& connections_;
  std::vector<Tail> tails_;
  bool stopping_ = false;
};

}  // namespace streamd::sim
