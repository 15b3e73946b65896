#include "market/decision.h"

#include <array>
#include <cstddef>

namespace streamd {
namespace {

constexpr std::array<std::string_view, 9> kGrounds = {
    "posture_unwind (M9)",     "posture_observe (M4/M6)", "systemic_collapse_prohibit (⚡)",
    "intentional_flat",        "epistemic_unknown (⊥)",   "m5_suspension_buffer",
    "prohibited_by_legitimacy", "active_triadic",         "active_triadic (CONVEX)"};

constexpr std::size_t kEndings = 8;  // sensor or not, budget or not, edge or not

std::array<std::string, kGrounds.size() * kEndings> all_texts() {
  std::array<std::string, kGrounds.size() * kEndings> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool sensor = (i & 1) != 0;
    const bool budget = (i & 2) != 0;
    const bool edge = (i & 4) != 0;
    texts[i] = kGrounds[i / kEndings];
    if (sensor) texts[i] += " + influence_sensor";
    if (budget || edge) texts[i] += " + cost_gate_";
    if (budget) texts[i] += "budget";
    if (budget && edge) texts[i] += "+";
    if (edge) texts[i] += "edge";
  }
  return texts;
}

}  // namespace

std::string_view posture_name(Posture posture) {
  switch (posture) {
    case Posture::unwind: return "UNWIND";
    case Posture::observe: return "OBSERVE";
    case Posture::trade_normal: return "TRADE_NORMAL";
    case Posture::trade_convex: return "TRADE_CONVEX";
  }
  return "";
}

std::string_view reason_text(Reason reason) {
  static const auto texts = all_texts();
  const std::size_t ending =
      (reason.influence_sensor ? 1 : 0) + (reason.over_budget ? 2 : 0) + (reason.under_edge ? 4 : 0);
  return texts[static_cast<std::size_t>(reason.ground) * kEndings + ending];
}

}  // namespace streamd
