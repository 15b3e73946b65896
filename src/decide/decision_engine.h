// A closed bar → a decision: triadic state, exposure gate, influence sensor, triadic strategy, cost gate, in this order
// (docs/contract.md). Keeps what each symbol's next decision depends on. Part of the core: pure, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/byte_codec.h"
#include "decide/decision_options.h"
#include "market/bar.h"
#include "market/decision.h"
#include "market/verdict.h"

namespace streamd {

class DecisionEngine {
 public:
  DecisionEngine();
  ~DecisionEngine();
  DecisionEngine(const DecisionEngine&) = delete;
  DecisionEngine& operator=(const DecisionEngine&) = delete;

  // A run begins. Memory of symbols, gate and sensor goes on; a smaller window forgets the oldest closes, and a run
  // without decisions all that is known of symbols: its bars would be missing.
  void begin_run(const DecisionOptions& options);
  // Symbols are numbered 0, 1, 2 … in this order.
  void add_symbol(std::string_view name);
  void set_gate(const GateVerdict& verdict);
  void update_influence(const InfluenceUpdate& update);
  const GateVerdict& gate() const;

  // Of the next bar of its symbol; seconds ascend per symbol. `legitimacy`: the symbol's latest legitimacy density;
  // nothing when no summaries are made (then confidence is 1 and the sensor is not asked for it).
  Decision decide(SymbolId symbol, Second second, LabelId label, double close, std::optional<double> legitimacy);

  // The whole state, options included, names not: before load(), the symbols are added again.
  void save(ByteSink& bytes) const;
  // For a fresh object. False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace streamd
