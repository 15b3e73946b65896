#include "quotient/close_series.h"

#include <algorithm>
#include <limits>

#include "quotient/log_ratio.h"

namespace streamd {
namespace {

static_assert(std::numeric_limits<float>::is_iec559, "what is beyond single precision becomes infinite");

constexpr double kLowest = 1e-6;

double counted(double close) { return std::max(static_cast<double>(static_cast<float>(close)), kLowest); }

}  // namespace

void CloseSeries::append(double close) {
  const double counted_close = counted(close);
  if (newest_ > 0) {
    if (returns_.size() == returns_.capacity()) make_room();
    returns_.push_back(log_ratio(newest_, counted_close));
    if (returns_.size() - oldest_ > kReturns) ++oldest_;
  }
  newest_ = counted_close;
}

// Space for a quarter more than is kept: so the newest are seldom moved to the front.
void CloseSeries::make_room() {
  returns_.erase(returns_.begin(), returns_.begin() + oldest_);
  oldest_ = 0;
  constexpr std::size_t kEnough = kMaxBytes / sizeof(double);
  if (returns_.capacity() < kEnough) returns_.reserve(std::clamp<std::size_t>(2 * returns_.size(), 16, kEnough));
}

void CloseSeries::save(ByteSink& bytes) const {
  bytes.put(newest_);
  const std::span<const double> kept = returns();
  bytes.put(static_cast<std::uint32_t>(kept.size()));
  bytes.put_raw({reinterpret_cast<const char*>(kept.data()), kept.size_bytes()});
}

bool CloseSeries::load(ByteSource& bytes) {
  newest_ = bytes.get<double>();
  returns_.resize(bytes.get_count(sizeof(double)));
  for (double& value : returns_) value = bytes.get<double>();
  const bool has_close = newest_ >= kLowest;  // false for NaN, too
  return bytes.ok() && returns_.size() <= kReturns && (has_close || (newest_ == 0 && returns_.empty()));
}

std::vector<double> log_returns(std::span<const double> closes) {
  std::vector<double> returns;
  for (std::size_t i = 1; i < closes.size(); ++i) {
    returns.push_back(log_ratio(counted(closes[i - 1]), counted(closes[i])));
  }
  return returns;
}

}  // namespace streamd
