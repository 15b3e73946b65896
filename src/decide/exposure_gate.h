// Whether exposure is allowed at all: keeps the newest verdict from outside and makes a posture of it.
// Part of decide/decision_engine. Pure; never reads the files that verdicts come from.
#pragma once

#include "base/byte_codec.h"
#include "market/decision.h"
#include "market/verdict.h"

namespace streamd {

class ExposureGate {
 public:
  void set(const GateVerdict& verdict) { verdict_ = verdict; }
  const GateVerdict& verdict() const { return verdict_; }

  bool is_open() const { return verdict_.open; }
  // Never unwind, never convex: nobody outside asks for these yet.
  Posture posture() const { return is_open() ? Posture::trade_normal : Posture::observe; }

  void save(ByteSink& bytes) const;
  // False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  GateVerdict verdict_;
};

}  // namespace streamd
