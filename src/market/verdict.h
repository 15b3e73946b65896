// What the outside says about whether, and which way, to trade: the exposure gate's verdict and the influence sensor's
// readings. Made by source/verdict_source from files, journalled as events, read by decide/.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace streamd {

// Of the newest capital_controls file. What is unknown is empty.
struct GateVerdict {
  bool open = false;
  std::string source;                      // the file's name, without folder
  std::optional<double> allowed_slip_bps;
  std::string reason_json;                 // a JSON scalar as it stands in the file
  std::string timestamp_json;              // likewise

  friend bool operator==(const GateVerdict&, const GateVerdict&) = default;
};

// Which directions the sensor's entries of one target carry.
struct InfluenceReading {
  std::string target;  // a symbol's name
  bool up = false;
  bool down = false;

  friend bool operator==(const InfluenceReading&, const InfluenceReading&) = default;
};

// Readings of the newest influence_tensor file: all of them, or what came to those before.
struct InfluenceUpdate {
  bool replaces_all = true;
  std::vector<InfluenceReading> readings;

  friend bool operator==(const InfluenceUpdate&, const InfluenceUpdate&) = default;
};

}  // namespace streamd
