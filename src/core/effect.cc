#include "core/effect.h"

#include <utility>

namespace streamd {

DeliveryBatch take_delivery(EffectBatch& effects) {
  DeliveryBatch delivery;
  delivery.new_symbols = effects.new_symbols;
  delivery.decisions = effects.decisions;
  delivery.contexts = std::move(effects.contexts);
  delivery.bar_notices = std::move(effects.bar_notices);
  delivery.position = effects.position;
  delivery.read_us = effects.read_us;
  delivery.is_mark = effects.state.has_value();
  effects.contexts.clear();
  effects.bar_notices.clear();
  return delivery;
}

}  // namespace streamd
