// The REST interface: a request, the market and the time → an answer. Counts weight. No sockets.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "exchange/faults.h"
#include "exchange/http_answer.h"
#include "exchange/ledger.h"
#include "exchange/limits.h"
#include "exchange/listings.h"
#include "exchange/market.h"
#include "probe/random.h"

namespace streamd::exchange {

class RestApi {
 public:
  RestApi(const Listings& listings, const Market& market, const Faults& faults, WeightCounter& weight, Ledger& ledger,
          std::uint64_t seed);

  HttpAnswer answer(const HttpQuestion& question, std::int64_t now_ms);

 private:
  using Parameters = std::map<std::string, std::string>;

  HttpAnswer answer_path(const std::string& path, const Parameters& parameters, std::int64_t now_ms);
  HttpAnswer exchange_info(const Parameters& parameters, std::int64_t now_ms);
  HttpAnswer agg_trades(const Parameters& parameters, std::int64_t now_ms);
  // An answer that counts as a mistake of the client.
  HttpAnswer refuse(int code, const std::string& message, std::int64_t now_ms);

  const Listings& listings_;
  const Market& market_;
  const Faults& faults_;
  WeightCounter& weight_;
  Ledger& ledger_;
  probe::Random random_;
};

}  // namespace streamd::exchange
