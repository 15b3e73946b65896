// Summaries of windows in a database of their own, and what a SELECT then finds. For the tests of src/store.
#pragma once

#include <string>
#include <vector>

#include "store/query_reader.h"
#include "support/store_fixture.h"

namespace streamd {

// Its statistics are all different: feature f (0 … 5) has the mean 10·f + 1, the median 10·f + 2 and so on.
inline WindowSummary numbered_summary(SymbolId symbol, Second start, std::int32_t window_s) {
  WindowSummary summary;
  summary.symbol = symbol;
  summary.start = start;
  summary.window_s = window_s;
  summary.count = 45;
  summary.legitimacy_density = 0.5;
  summary.unknown_frac = 0.25;
  summary.event_marker = true;
  for (std::size_t f = 0; f < kFeatures; ++f) {
    const double tens = 10 * static_cast<double>(f);
    const auto run_tens = static_cast<std::int64_t>(10 * f);
    summary.features[f] = {tens + 1, tens + 2, tens + 3, run_tens + 4, run_tens + 5};
  }
  summary.vol_ratio_quantiles = {101, 102, 103, 104};
  summary.curvature_quantiles = {201, 202, 203, 204};
  summary.artifact_ms = (start + window_s) * 1000 + 2125;
  return summary;
}

class SummaryFixture : public StoreFixture {
 protected:
  // Announced once, in this order.
  void announce(std::vector<std::string> symbols) {
    EffectBatch effects;
    effects.new_symbols = std::move(symbols);
    store_->add(effects);
  }
  void add(std::vector<WindowSummary> summaries) {
    EffectBatch effects;
    effects.summaries = std::move(summaries);
    store_->add(effects);
  }
  // Every value as text, NULL as "NULL"; a row is its values with spaces between.
  std::vector<std::string> rows(const std::string& sql) const {
    std::vector<std::string> all;
    const auto done = read_query(
        path_, sql, [](const std::vector<std::string>&) {},
        [&](const TextRow& row) {
          std::string& text = all.emplace_back();
          for (const auto& value : row) text += (text.empty() ? "" : " ") + std::string(value.value_or("NULL"));
        });
    EXPECT_TRUE(done.ok()) << done.error().message;
    return all;
  }
  using Rows = std::vector<std::string>;
};

}  // namespace streamd
