// The triadic state against golden files and against its definition, spelt out: the deviation by two passes over each
// prefix, in long double.
#include "decide/triadic_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "decide/decision_options.h"
#include "support/golden_lines.h"

namespace streamd {
namespace {

std::vector<TriadicState> states_of(const std::vector<double>& closes, std::size_t window) {
  std::vector<TriadicState> states;
  CloseWindow kept;
  for (const double close : closes) {
    kept.append(close, window);
    states.push_back(triadic_state(kept.returns()));
  }
  return states;
}

std::string text_of(const std::vector<TriadicState>& states) {
  std::string text;
  for (const TriadicState state : states) text += std::to_string(static_cast<int>(state)) + " ";
  return text;
}

std::string states_text(const std::vector<double>& closes, std::size_t window) {
  return text_of(states_of(closes, window));
}

int check_golden(const std::string& path) {
  return read_golden(path, [](simdjson::dom::element object) {
    std::vector<double> closes;
    for (const double close : object["closes"]) closes.push_back(close);
    const auto states = states_of(closes, object["window"].get_uint64());
    std::size_t i = 0;
    for (const std::int64_t golden : object["states"]) {
      ASSERT_EQ(static_cast<int>(states.at(i)), golden) << "close " << i;
      ++i;
    }
    ASSERT_EQ(i, closes.size());
  });
}

// Nothing when the definition is too near to one of its limits for two ways of rounding to agree.
std::optional<TriadicState> naive_state(const std::vector<double>& closes, std::size_t window) {
  const std::size_t begin = closes.size() - std::min(closes.size(), window);
  std::vector<long double> returns;
  for (std::size_t i = begin + 1; i < closes.size(); ++i) returns.push_back(closes[i] / closes[i - 1] - 1);
  TriadicState state = TriadicState::flat;
  long double z = 0;
  bool near_limit = false;
  for (std::size_t t = 1; t <= returns.size(); ++t) {
    long double mean = 0;
    for (std::size_t i = 0; i < t; ++i) mean += returns[i];
    mean /= static_cast<long double>(t);
    long double variance = 0;
    for (std::size_t i = 0; i < t; ++i) variance += (returns[i] - mean) * (returns[i] - mean);
    const long double deviation = std::sqrt(variance / static_cast<long double>(t));
    if (std::abs(deviation - 1e-12L) < 1e-18L) return std::nullopt;
    if (!std::isfinite(deviation) || deviation < 1e-12L) {
      state = TriadicState::unknown;
      continue;
    }
    z = 0.95L * z + 0.05L * std::clamp(returns[t - 1] / (deviation + 1e-9L), -5.0L, 5.0L);
    const long double dead_zone = std::max(5e-5L, deviation / 2);
    near_limit = std::abs(std::abs(z) - dead_zone) < 1e-12L;
    state = std::abs(z) < dead_zone ? TriadicState::flat : z > 0 ? TriadicState::buy : TriadicState::sell;
  }
  if (near_limit && state != TriadicState::unknown) return std::nullopt;
  return state;
}

// Walks, stretches of one price, jumps, single ticks, and whispers: moves around the least deviation that counts.
class RandomCloses {
 public:
  explicit RandomCloses(std::uint64_t seed) : random_(seed) { close_ = std::exp(uniform(-5, 12)); }

  double next() {
    if (left_ == 0) {
      left_ = 1 + random_() % 60;
      kind_ = random_() % 6;
      scale_ = std::exp(uniform(-14, -3));
    }
    --left_;
    switch (kind_) {
      case 0: close_ *= 1 + scale_ * normal_(random_); break;
      case 1: close_ *= 1 + scale_ * (normal_(random_) + 0.5); break;
      case 2: if (random_() % 10 == 0) close_ *= uniform(0.7, 1.4); break;
      case 3: close_ *= 1 + 1e-4 * (static_cast<double>(random_() % 3) - 1); break;
      case 4: close_ *= 1 + uniform(-1e-11, 1e-11); break;
      default: break;
    }
    return close_;
  }

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double close_;
  std::size_t left_ = 0;
  std::size_t kind_ = 0;
  double scale_ = 0;
};

TEST(TriadicState, AgreesWithTheGoldenFiles) { EXPECT_GE(check_golden(own_golden("triadic_state.jsonl")), 40); }

TEST(TriadicState, AgreesWithTheGoldenFilesBesideTheCheckout) {
  const std::string path = shared_golden("triadic_state.jsonl");
  if (!is_there(path)) GTEST_SKIP() << path << " is not there";
  EXPECT_EQ(check_golden(path), 40);
}

TEST(TriadicState, ByHand) {
  EXPECT_EQ(states_text({5}, 200), "0 ");
  // r = 0, then 0.01: σ = 0.005, u = 2, z = 0.1.
  EXPECT_EQ(states_text({100, 100, 101}, 200), "0 -2 1 ");
  EXPECT_EQ(states_text({100, 100, 99}, 200), "0 -2 -1 ");
  // Below zero a price that moves away from zero is a positive return.
  EXPECT_EQ(states_text({-100, -100, -101}, 200), "0 -2 1 ");
  // r = 0, then 1: σ = 0.5, z = 0.1, within the dead zone of 0.25.
  EXPECT_EQ(states_text({100, 100, 200}, 200), "0 -2 0 ");
  // The move leaves a window of 3 closes; with it goes the evidence.
  EXPECT_EQ(states_text({100, 100, 101, 101, 101, 101}, 3), "0 -2 1 0 -2 -2 ");
  EXPECT_EQ(states_text({100, 101, 99, 150}, 2), "0 -2 -2 -2 ");
  // A zero is no base for a return: no evidence until it has left.
  EXPECT_EQ(states_text({2, 1, 0, 1, 2, 3, 3.1}, 4), "0 -2 -1 -2 -2 -2 0 ");
}

TEST(TriadicState, EqualReturnsAreNoEvidence) {
  for (const std::size_t window : {3, 20, 200}) {
    std::vector<double> doubling{3};
    while (doubling.size() < 500) doubling.push_back(doubling.back() * 2);
    for (const auto& closes : {doubling, std::vector<double>(500, 0.1)}) {
      const auto states = states_of(closes, window);
      for (std::size_t i = 1; i < states.size(); ++i) ASSERT_EQ(states[i], TriadicState::unknown) << i;
    }
  }
}

TEST(TriadicState, AgreesWithItsDefinition) {
  int compared = 0;
  int near = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::size_t window = std::vector<std::size_t>{2, 3, 5, 16, 17, 18, 33, 65, 200}[seed % 9];
    RandomCloses random(seed);
    CloseWindow kept;
    std::vector<double> closes;
    for (int i = 0; i < 420; ++i) {
      closes.push_back(random.next());
      kept.append(closes.back(), window);
      const auto naive = naive_state(closes, window);
      if (!naive) ++near;
      if (!naive) continue;
      ASSERT_EQ(triadic_state(kept.returns()), *naive) << "close " << i << ", window " << window;
      ASSERT_EQ(triadic_state_by_steps(kept.returns()), *naive) << "close " << i << ", window " << window;
      ++compared;
    }
  }
  EXPECT_GT(compared, 24'000);
  EXPECT_LT(near, 500);
}

// Where returns are so many that the oldest have no share in z any more.
TEST(TriadicState, AgreesWithItsDefinitionInLargeWindows) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomCloses random(seed);
    CloseWindow kept;
    std::vector<double> closes;
    for (int i = 0; i < 4'000; ++i) {
      closes.push_back(random.next());
      kept.append(closes.back(), 2'500);
      if (i < 1'000 || i % 5 != 0) continue;
      ASSERT_EQ(triadic_state(kept.returns()), triadic_state_by_steps(kept.returns())) << "close " << i;
      if (i % 500 != 0) continue;
      const auto naive = naive_state(closes, 2'500);
      if (naive) {
        ASSERT_EQ(triadic_state(kept.returns()), *naive) << "close " << i;
      }
    }
  }
}

// After a whisper z has to wait, undiminished, while there is no evidence: it decides what the next whisper gives.
TEST(TriadicState, ZWaitsWhileEvidenceIsMissing) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto whisper = [&random] { return std::uniform_real_distribution<double>(-4e-12, 4e-12)(random); };
    std::vector<double> closes{1, 1, 1 + whisper()};
    while (closes.size() < 25) closes.push_back(closes.back());
    while (closes.size() < 40) closes.push_back(closes.back() * (1 + 2 * whisper()));
    CloseWindow kept;
    std::vector<double> seen;
    for (const double close : closes) {
      kept.append(close, 200);
      seen.push_back(close);
      const auto naive = naive_state(seen, 200);
      if (!naive) continue;
      ASSERT_EQ(triadic_state(kept.returns()), *naive) << "close " << seen.size();
      if (seen.size() == 25 && *naive == TriadicState::unknown && std::abs(closes[2] - 1) > 2.1e-12) ++lost;
    }
  }
  EXPECT_GT(lost, 50);
}

// However long: z rises to nearly 5, evidence fades among equal returns, and a move without a share of its own finds z.
TEST(TriadicState, ZWaitsForAsLongAsItTakes) {
  for (const int equal_returns : {100, 1'000, 1'100, 3'000}) {
    std::vector<double> returns;
    for (int i = 0; i < 100; ++i) returns.push_back(1e-6 + (i % 2 == 0 ? 1.2e-12 : -1.2e-12));
    EXPECT_EQ(triadic_state(returns), TriadicState::buy);
    returns.insert(returns.end(), static_cast<std::size_t>(equal_returns), 1e-6);
    EXPECT_EQ(triadic_state(returns), TriadicState::unknown) << equal_returns;
    returns.push_back(0);
    EXPECT_EQ(triadic_state(returns), TriadicState::buy) << equal_returns;
  }
}

TEST(TriadicState, HugeReturnsCountAsLongAsTheirSquaresDo) {
  std::vector<double> closes{1e-20};
  closes.resize(12, 8e133);
  const auto states = states_of(closes, 200);
  for (std::size_t i = 2; i < states.size(); ++i) {
    ASSERT_EQ(states[i], TriadicState::flat) << i;  // σ is huge, and finite; so is the dead zone
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(triadic_state(std::vector<double>{0.1, infinity, 0.1}), TriadicState::unknown);
  EXPECT_EQ(triadic_state(std::vector<double>{0.1, 0.2, -infinity}), TriadicState::unknown);
  EXPECT_EQ(triadic_state(std::vector<double>{std::nan(""), 0.2, 0.1}), TriadicState::unknown);
  EXPECT_EQ(triadic_state(std::vector<double>{0.1, 1e170, 0.1}), TriadicState::unknown);
}

TEST(CloseWindow, KeepsTheNewest) {
  for (const std::size_t window : {2, 3, 10, 200}) {
    CloseWindow kept;
    std::vector<double> all;
    double last = 1;
    for (int i = 1; i < 1'000; ++i) {
      const double close = 1 + (i * i) % 97;
      if (i > 1) all.push_back(close / last - 1);
      last = close;
      kept.append(close, window);
      const std::size_t count = std::min(all.size(), window - 1);
      const std::vector<double> newest(all.end() - static_cast<std::ptrdiff_t>(count), all.end());
      ASSERT_EQ(std::vector<double>(kept.returns().begin(), kept.returns().end()), newest) << window << " " << i;
    }
  }
}

TEST(CloseWindow, ShrinksAndGrows) {
  CloseWindow kept;
  for (int i = 1; i <= 100; ++i) kept.append(i, 50);
  kept.shrink_to(10);
  ASSERT_EQ(kept.returns().size(), 9u);
  EXPECT_EQ(kept.returns().front(), 92.0 / 91 - 1);
  EXPECT_EQ(kept.returns().back(), 100.0 / 99 - 1);
  kept.shrink_to(20);
  EXPECT_EQ(kept.returns().size(), 9u);
  for (int i = 101; i <= 400; ++i) kept.append(i, 20);
  EXPECT_EQ(kept.returns().size(), 19u);
  for (int i = 401; i <= 900; ++i) kept.append(i, 300);
  ASSERT_EQ(kept.returns().size(), 299u);
  EXPECT_EQ(kept.returns().front(), 602.0 / 601 - 1);
}

TEST(CloseWindow, RefusesBytesOfMoreClosesThanItsWindow) {
  CloseWindow kept;
  for (int i = 1; i <= 5; ++i) kept.append(i, 50);
  ByteSink bytes;
  kept.save(bytes);
  for (const std::size_t window : {4, 5}) {
    CloseWindow loaded;
    ByteSource source(bytes.bytes());
    EXPECT_EQ(loaded.load(source, window), window == 5);
  }
}

}  // namespace
}  // namespace streamd
