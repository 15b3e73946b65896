#include "feed/silence.h"

#include <gtest/gtest.h>

namespace streamd::feed {
namespace {

constexpr ElapsedMillis kSecondMs = 1000;
constexpr ElapsedMillis kMinuteMs = 60'000;

TEST(ConnectionSilence, CountsFromWhatWasHeardLast) {
  ConnectionSilence silence(ConnectionSilence::kLimitMs, 1000);
  EXPECT_FALSE(silence.is_too_long(60'999));
  EXPECT_TRUE(silence.is_too_long(61'000));
  silence.heard(60'000);
  EXPECT_FALSE(silence.is_too_long(119'999));
  EXPECT_EQ(silence.due_ms(), 120'000);
  EXPECT_TRUE(silence.is_too_long(120'000));
}

// From 0 on a trade each `gap_ms`; the last one's time.
ElapsedMillis trade_until(SymbolSilence& silence, ElapsedMillis begin_ms, ElapsedMillis gap_ms, ElapsedMillis end_ms) {
  ElapsedMillis now_ms = begin_ms;
  for (; now_ms + gap_ms <= end_ms; now_ms += gap_ms) {
    EXPECT_FALSE(silence.is_suspicious(now_ms));
    silence.heard(now_ms);
  }
  silence.heard(now_ms);
  return now_ms;
}

TEST(SymbolSilence, ABusySymbolIsSuspiciousAfterAMinute) {
  SymbolSilence silence(0);
  const ElapsedMillis last_ms = trade_until(silence, 0, kSecondMs, 4 * 60 * kMinuteMs);
  EXPECT_FALSE(silence.is_suspicious(last_ms + kMinuteMs - 1));
  EXPECT_TRUE(silence.is_suspicious(last_ms + kMinuteMs));
}

TEST(SymbolSilence, AQuietSymbolMayBeQuiet) {
  SymbolSilence silence(0);
  const ElapsedMillis last_ms = trade_until(silence, 0, 5 * kMinuteMs, 60 * kMinuteMs);
  EXPECT_FALSE(silence.is_suspicious(last_ms + 12 * kMinuteMs));
  EXPECT_TRUE(silence.is_suspicious(last_ms + 15 * kMinuteMs));
}

TEST(SymbolSilence, ABurstDoesNotMakeTheLongSilencesForgotten) {
  SymbolSilence silence(0);
  ElapsedMillis now_ms = trade_until(silence, 0, 5 * kMinuteMs, 60 * kMinuteMs);
  for (int i = 0; i < 10'000; ++i) silence.heard(++now_ms);
  EXPECT_FALSE(silence.is_suspicious(now_ms + 12 * kMinuteMs));
}

TEST(SymbolSilence, ALongSilenceIsForgottenInTime) {
  SymbolSilence silence(0);
  silence.heard(60 * kMinuteMs);
  const ElapsedMillis last_ms = trade_until(silence, 60 * kMinuteMs, kSecondMs, 12 * 60 * kMinuteMs);
  EXPECT_TRUE(silence.is_suspicious(last_ms + kMinuteMs));
}

TEST(SymbolSilence, IsSuspiciousAgainWhenItHasDoubled) {
  SymbolSilence silence(0);
  const ElapsedMillis last_ms = trade_until(silence, 0, kSecondMs, 4 * 60 * kMinuteMs);
  int suspicions = 0;
  for (ElapsedMillis ms = 0; ms <= 16 * kMinuteMs; ms += kSecondMs) suspicions += silence.is_suspicious(last_ms + ms);
  EXPECT_EQ(suspicions, 5) << "after 1, 2, 4, 8 and 16 minutes";
  silence.heard(last_ms + 16 * kMinuteMs);
  EXPECT_FALSE(silence.is_suspicious(last_ms + 18 * kMinuteMs)) << "that was a long silence";
}

TEST(SymbolSilence, ANewSymbolMayBeAQuietOne) {
  SymbolSilence silence(0);
  for (ElapsedMillis ms = 0; ms < kSecondMs; ms += 10) silence.heard(ms);
  EXPECT_FALSE(silence.is_suspicious(8 * kMinuteMs));
  EXPECT_TRUE(silence.is_suspicious(16 * kMinuteMs));
  SymbolSilence never_heard(0);
  EXPECT_FALSE(never_heard.is_suspicious(8 * kMinuteMs));
  EXPECT_TRUE(never_heard.is_suspicious(15 * kMinuteMs));
}

}  // namespace
}  // namespace streamd::feed
