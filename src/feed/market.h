// The symbols of a run, between the exchange and the feed log: each trade goes to the log once, in order of its id; what is
// missing is asked for. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "feed/feed_log.h"
#include "feed/gap_filler.h"
#include "feed/market_message.h"
#include "feed/silence.h"
#include "feed/stream_plan.h"

namespace streamd::feed {

class Market {
 public:
  // Of a symbol, since the run began.
  struct Account {
    std::uint64_t trades = 0;  // given to the log, of these ids
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::uint64_t lost = 0;    // ids that were given up
  };

  // Goes on behind the log's newest ids that are not older than `resume_from_ms` (wall clock), and says which are. Log and
  // clock outlive it.
  Market(const std::vector<std::string>& names, FeedLog& log, UnixMillis resume_from_ms, const Clock& clock);

  // A message of the streams.
  Heard take_message(std::string_view text);
  // These were not subscribed to for a time.
  void may_have_missed(const std::vector<std::string>& names);
  // Asks for symbols that are silent for suspiciously long. Now and then.
  void look_at_silence();

  // The log has no room: until go_on() trades are left to the exchange, and asked for later.
  void hold() { is_held_ = true; }
  void go_on();

  // What to ask REST for now; each request ends with one of the two others.
  std::optional<TradeRequest> next_request(WeightBudget& budget);
  void answered(const TradeRequest& request, std::vector<AggTrade> trades);
  void failed(const TradeRequest& request, RequestFailure failure, const std::string& why);

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Account>& accounts() const { return accounts_; }
  const GapCounts& gaps() const { return gaps_.counts(); }

 private:
  void give(FeedOutput& output);
  void tell(const GapReport& report);

  const std::vector<std::string> names_;
  FeedLog& log_;
  const Clock& clock_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::vector<Account> accounts_;
  std::vector<SymbolSilence> silences_;
  std::vector<std::string> whys_;  // of each symbol, the last failure
  GapFiller gaps_;
  MarketMessageReader reader_;
  FeedOutput output_;
  std::uint64_t odd_messages_ = 0;
  bool is_held_ = false;
};

}  // namespace streamd::feed
