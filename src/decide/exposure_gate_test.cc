// Verdict → posture, and verdicts as bytes.
#include "decide/exposure_gate.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(ExposureGate, IsClosedUntilAVerdictOpensIt) {
  ExposureGate gate;
  EXPECT_FALSE(gate.is_open());
  EXPECT_EQ(gate.posture(), Posture::observe);
  gate.set({true, "capital_controls_1.jsonl", 2.5, "\"calm\"", "1700000000"});
  EXPECT_TRUE(gate.is_open());
  EXPECT_EQ(gate.posture(), Posture::trade_normal);
  gate.set({});
  EXPECT_EQ(gate.posture(), Posture::observe);
}

TEST(ExposureGate, GoesOnFromItsBytes) {
  for (const GateVerdict& verdict : {GateVerdict{true, "a.jsonl", 2.5, "\"calm\"", "null"},
                                     GateVerdict{false, "b.jsonl", std::nullopt, "", "17"}, GateVerdict{}}) {
    ExposureGate gate;
    gate.set(verdict);
    ByteSink bytes;
    gate.save(bytes);
    ExposureGate loaded;
    loaded.set({true, "other", 1, "x", "y"});
    ByteSource source(bytes.bytes());
    ASSERT_TRUE(loaded.load(source));
    EXPECT_TRUE(source.at_end());
    EXPECT_EQ(loaded.verdict(), verdict);
    for (std::size_t size = 0; size < bytes.bytes().size(); ++size) {
      ByteSource cut(std::string_view(bytes.bytes()).substr(0, size));
      EXPECT_FALSE(ExposureGate().load(cut)) << size;
    }
  }
}

}  // namespace
}  // namespace streamd
