#include "decide/decision_engine.h"

#include <vector>

#include "base/result.h"
#include "decide/cost_gate.h"
#include "decide/exposure_gate.h"
#include "decide/influence_sensor.h"
#include "decide/triadic_state.h"
#include "decide/triadic_strategy.h"

namespace streamd {
namespace {

void put_flag(bool flag, ByteSink& bytes) { bytes.put(static_cast<std::uint8_t>(flag)); }

void put_options(const DecisionOptions& options, ByteSink& bytes) {
  put_flag(options.emit, bytes);
  bytes.put(options.state_window);
  bytes.put(options.tau_on);
  bytes.put(options.tau_off);
  bytes.put(options.base_size);
  put_flag(options.confidence_is_legitimacy, bytes);
  put_flag(options.influence, bytes);
  const CostGateOptions& cost = options.cost;
  for (const double value : {cost.fee_rate, cost.slippage, cost.edge_bps, cost.cost_budget, cost.cost_window_s}) {
    bytes.put(value);
  }
}

bool get_options(DecisionOptions& options, ByteSource& bytes) {
  const auto emit = bytes.get<std::uint8_t>();
  options.emit = emit != 0;
  options.state_window = bytes.get<std::uint32_t>();
  options.tau_on = bytes.get<double>();
  options.tau_off = bytes.get<double>();
  options.base_size = bytes.get<double>();
  const auto is_legitimacy = bytes.get<std::uint8_t>();
  options.confidence_is_legitimacy = is_legitimacy != 0;
  const auto influence = bytes.get<std::uint8_t>();
  options.influence = influence != 0;
  CostGateOptions& cost = options.cost;
  for (double* value : {&cost.fee_rate, &cost.slippage, &cost.edge_bps, &cost.cost_budget, &cost.cost_window_s}) {
    *value = bytes.get<double>();
  }
  return bytes.ok() && emit <= 1 && is_legitimacy <= 1 && influence <= 1 && options.are_in_range();
}

}  // namespace

struct DecisionEngine::Parts {
  struct Symbol {
    CloseWindow closes;
    TriadicStrategy strategy;
    CostGate cost_gate;
  };

  DecisionOptions options;
  ExposureGate gate;
  InfluenceSensor sensor;
  std::vector<Symbol> symbols;
};

DecisionEngine::DecisionEngine() : parts_(std::make_unique<Parts>()) {}
DecisionEngine::~DecisionEngine() = default;

void DecisionEngine::begin_run(const DecisionOptions& options) {
  STREAMD_CHECK(options.are_in_range());
  parts_->options = options;
  // What closes unseen would be a hole in the window, and stale in the rest.
  if (!options.emit) parts_->symbols.assign(parts_->symbols.size(), {});
  for (Parts::Symbol& symbol : parts_->symbols) symbol.closes.shrink_to(options.state_window);
}

void DecisionEngine::add_symbol(std::string_view name) {
  parts_->symbols.emplace_back();
  parts_->sensor.add_symbol(name);
}

void DecisionEngine::set_gate(const GateVerdict& verdict) { parts_->gate.set(verdict); }
void DecisionEngine::update_influence(const InfluenceUpdate& update) { parts_->sensor.update(update); }
const GateVerdict& DecisionEngine::gate() const { return parts_->gate.verdict(); }

Decision DecisionEngine::decide(SymbolId symbol, Second second, LabelId label, double close,
                                std::optional<double> legitimacy) {
  const DecisionOptions& options = parts_->options;
  Parts::Symbol& memory = parts_->symbols[symbol];
  memory.closes.append(close, options.state_window);

  Decision decision;
  decision.second = second;
  decision.symbol = symbol;
  decision.label = label;
  decision.close = close;
  decision.state = triadic_state(memory.closes.returns());
  decision.posture = parts_->gate.posture();
  decision.gate_open = parts_->gate.is_open();

  StrategyInput input;
  input.state = decision.state;
  input.posture = decision.posture;
  if (options.confidence_is_legitimacy) input.confidence = legitimacy.value_or(1);
  input.recommended = options.influence && legitimacy.value_or(1) > 0 &&
                      parts_->sensor.points(symbol, direction_of(decision.state));
  const Intent wanted = memory.strategy.next(input, {options.tau_on, options.tau_off, options.base_size});

  const GatedIntent gated = memory.cost_gate.next(wanted, close, second, options.cost);
  decision.allowed = gated.intent;
  decision.blocked = gated.blocked;
  decision.cost = gated.cost;
  return decision;
}

void DecisionEngine::save(ByteSink& bytes) const {
  put_options(parts_->options, bytes);
  parts_->gate.save(bytes);
  parts_->sensor.save(bytes);
  bytes.put(static_cast<std::uint32_t>(parts_->symbols.size()));
  for (const Parts::Symbol& symbol : parts_->symbols) {
    symbol.closes.save(bytes);
    symbol.strategy.save(bytes);
    symbol.cost_gate.save(bytes);
  }
}

bool DecisionEngine::load(ByteSource& bytes) {
  if (!get_options(parts_->options, bytes) || !parts_->gate.load(bytes) || !parts_->sensor.load(bytes)) return false;
  if (bytes.get<std::uint32_t>() != parts_->symbols.size()) return false;
  for (Parts::Symbol& symbol : parts_->symbols) {
    if (!symbol.closes.load(bytes, parts_->options.state_window)) return false;
    if (!symbol.strategy.load(bytes) || !symbol.cost_gate.load(bytes)) return false;
  }
  return bytes.ok();
}

}  // namespace streamd
