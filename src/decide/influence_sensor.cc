#include "decide/influence_sensor.h"

namespace streamd {

void InfluenceSensor::add_symbol(std::string_view name) {
  Target& target = targets_[std::string(name)];
  target.symbol = static_cast<SymbolId>(by_symbol_.size());
  by_symbol_.push_back(target.directions);
}

void InfluenceSensor::update(const InfluenceUpdate& update) {
  if (update.replaces_all) forget_readings();
  for (const InfluenceReading& reading : update.readings) add(reading.target, {reading.up, reading.down});
}

bool InfluenceSensor::points(SymbolId symbol, int direction) const {
  const Directions directions = by_symbol_[symbol];
  return (direction > 0 && directions.up) || (direction < 0 && directions.down);
}

// A reading without a direction says nothing, so it is not kept.
void InfluenceSensor::add(std::string_view target, Directions directions) {
  if (!directions.any()) return;
  Target& known = targets_[std::string(target)];
  known.directions.up |= directions.up;
  known.directions.down |= directions.down;
  if (known.symbol) by_symbol_[*known.symbol] = known.directions;
}

void InfluenceSensor::forget_readings() {
  std::erase_if(targets_, [](const auto& entry) { return !entry.second.symbol; });
  for (auto& [name, target] : targets_) target.directions = {};
  for (Directions& directions : by_symbol_) directions = {};
}

void InfluenceSensor::save(ByteSink& bytes) const {
  std::uint32_t readings = 0;
  for (const auto& [name, target] : targets_) readings += target.directions.any() ? 1 : 0;
  bytes.put(readings);
  for (const auto& [name, target] : targets_) {
    if (!target.directions.any()) continue;
    bytes.put_text(name);
    bytes.put(static_cast<std::uint8_t>((target.directions.up ? 1 : 0) + (target.directions.down ? 2 : 0)));
  }
}

bool InfluenceSensor::load(ByteSource& bytes) {
  std::string_view last;
  const std::size_t readings = bytes.get_count(sizeof(std::uint32_t) + sizeof(std::uint8_t));
  for (std::size_t i = 0; i < readings; ++i) {
    const std::string_view name = bytes.get_text();
    const auto directions = bytes.get<std::uint8_t>();
    if (!bytes.ok() || directions < 1 || directions > 3 || (i > 0 && name <= last)) return false;
    last = name;
    add(name, {(directions & 1) != 0, (directions & 2) != 0});
  }
  return bytes.ok();
}

}  // namespace streamd
