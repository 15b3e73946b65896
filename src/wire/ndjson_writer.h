// Decisions and bars → the canonical lines that sinks, stdout and pages get. The same values always give the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "market/bar_notice.h"
#include "market/decision.h"

namespace streamd {

// What many decisions have in common, as it stands in their lines; made once for each context.
class DecisionLineWriter {
 public:
  void set_context(const DecisionContext& context);
  // Appends one line with its newline, keys in the order of docs/contract.md: timestamp, symbol, close, state, direction,
  // target_exposure, urgency, hold, actionability, reason, gate_open, posture, phase6_gate, cost, run_id, source.
  // Numbers have the fewest digits that read back as the same double; `symbol_json` is quoted and escaped.
  void append(std::string& out, const Decision& decision, std::string_view symbol_json) const;

 private:
  std::string context_json_;  // …,"phase6_gate":{…}
  std::string run_json_;      // …,"run_id":"…","source":"stream_daemon"}
};

// The ohlc1s line, with revision, and partial where it is. Likewise.
void append_bar_line(std::string& out, const BarNotice& bar, std::string_view symbol_json);

}  // namespace streamd
