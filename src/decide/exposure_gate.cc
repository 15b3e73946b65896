#include "decide/exposure_gate.h"

namespace streamd {

void ExposureGate::save(ByteSink& bytes) const {
  bytes.put(static_cast<std::uint8_t>(verdict_.open));
  bytes.put_text(verdict_.source);
  bytes.put(static_cast<std::uint8_t>(verdict_.allowed_slip_bps.has_value()));
  if (verdict_.allowed_slip_bps) bytes.put(*verdict_.allowed_slip_bps);
  bytes.put_text(verdict_.reason_json);
  bytes.put_text(verdict_.timestamp_json);
}

bool ExposureGate::load(ByteSource& bytes) {
  const auto open = bytes.get<std::uint8_t>();
  verdict_.open = open != 0;
  verdict_.source = bytes.get_text();
  const auto has_slip = bytes.get<std::uint8_t>();
  verdict_.allowed_slip_bps.reset();
  if (has_slip != 0) verdict_.allowed_slip_bps = bytes.get<double>();
  verdict_.reason_json = bytes.get_text();
  verdict_.timestamp_json = bytes.get_text();
  return bytes.ok() && open <= 1 && has_slip <= 1;
}

}  // namespace streamd
