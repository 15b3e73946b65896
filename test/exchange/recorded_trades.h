// Trades as they were recorded (`*.ws.ndjson`: receive time, blank, the combined stream's message): each recorded trade
// is one aggregate trade with a = f = l = t, at the recorded pace times `speed`.
#pragma once

#include <string>

#include "base/result.h"
#include "exchange/trade_maker.h"

namespace streamd::exchange {

enum class RecordedTimes {
  as_recorded,
  as_played,  // as if it happened now; the pauses shrink with the speed
};

struct Recording {
  std::vector<std::string> symbols;
  std::vector<MadeTrade> trades;  // by time
};

// All of the folder's.
Result<Recording> read_recordings(const std::string& folder);

class RecordedTrades final : public TradeMaker {
 public:
  RecordedTrades(std::vector<MadeTrade> trades, double speed, RecordedTimes times);

  void resume(std::int64_t now_ms) override { last_ms_ = now_ms; }
  void make(std::int64_t now_ms, std::vector<MadeTrade>& out) override;
  bool is_over() const override { return next_ == trades_.size(); }

 private:
  std::vector<MadeTrade> trades_;
  const double speed_;
  const RecordedTimes times_;
  std::size_t next_ = 0;
  std::int64_t last_ms_ = 0;
  double played_ms_ = 0;  // of the recording, until last_ms_
};

}  // namespace streamd::exchange
