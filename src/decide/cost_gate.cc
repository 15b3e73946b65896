#include "decide/cost_gate.h"

#include <algorithm>
#include <cmath>

namespace streamd {

GatedIntent CostGate::next(const Intent& wanted, double price, Second now, const CostGateOptions& options) {
  const double proposed = wanted.hold ? last_target_ : wanted.target_exposure * wanted.direction;
  if (!options.is_on()) {
    last_target_ = proposed;
    return {wanted, false, 0};
  }
  const double delta = price > 0 ? proposed - last_target_ : 0;
  const double notional = std::abs(delta) * price;
  const double rate = options.fee_rate + options.slippage;
  const double cost = delta != 0 && rate > 0 ? notional * rate : 0;
  if (std::abs(proposed) > std::abs(last_target_)) {
    Reason reason = wanted.reason;
    if (options.cost_budget > 0) {
      forget_payments_before(static_cast<double>(now) - std::max(1.0, options.cost_window_s));
      reason.over_budget = cost > std::max(0.0, options.cost_budget - spent());
    }
    if (options.edge_bps > 0) {
      reason.under_edge = notional * options.edge_bps * 1e-4 * wanted.actionability * wanted.urgency < cost;
    }
    if (reason.over_budget || reason.under_edge) {
      Intent held;
      held.direction = (last_target_ > 0) - (last_target_ < 0);
      held.target_exposure = std::abs(last_target_);
      held.hold = true;
      held.reason = reason;
      return {held, true, 0};
    }
  }
  if (cost > 0 && options.cost_budget > 0) {
    forget_payments_before(static_cast<double>(now) - std::max(1.0, options.cost_window_s));
    pay(now, cost);
  }
  last_target_ = proposed;
  return {wanted, false, cost};
}

void CostGate::forget_payments_before(double second) {
  while (oldest_ < payments_.size() && static_cast<double>(payments_[oldest_].second) < second) ++oldest_;
}

// Added up anew each time: a sum that is kept would remember, in its last bits, payments that have left it.
double CostGate::spent() const {
  double sum = 0;
  for (std::size_t i = oldest_; i < payments_.size(); ++i) sum += payments_[i].cost;
  return sum;
}

void CostGate::pay(Second now, double cost) {
  if (oldest_ > payments_.size() / 2) {
    payments_.erase(payments_.begin(), payments_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
  payments_.push_back({now, cost});
}

void CostGate::save(ByteSink& bytes) const {
  bytes.put(last_target_);
  bytes.put(static_cast<std::uint32_t>(payments_.size() - oldest_));
  for (std::size_t i = oldest_; i < payments_.size(); ++i) {
    bytes.put(payments_[i].second);
    bytes.put(payments_[i].cost);
  }
}

bool CostGate::load(ByteSource& bytes) {
  last_target_ = bytes.get<double>();
  if (!(std::abs(last_target_) <= 1)) return false;
  payments_.resize(bytes.get_count(sizeof(Second) + sizeof(double)));
  for (std::size_t i = 0; i < payments_.size(); ++i) {
    payments_[i].second = bytes.get<Second>();
    payments_[i].cost = bytes.get<double>();
    if (!(payments_[i].cost >= 0) || (i > 0 && payments_[i].second < payments_[i - 1].second)) return false;
  }
  return bytes.ok();
}

}  // namespace streamd
