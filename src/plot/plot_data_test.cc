// What gnuplot is given, read back.
#include "plot/plot_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

namespace streamd::plot {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;

using Row = std::vector<double>;
std::vector<Row> rows_of(const PlotData& data, const std::string& name) {
  std::vector<Row> rows;
  if (!data.has(name)) return rows;
  std::istringstream lines(data.files.at(name));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Row row;
    for (double value; fields >> value;) row.push_back(value);
    rows.push_back(row);
  }
  return rows;
}

SeriesPoint point(std::int64_t second, double exposure, double delta = 0, double gross = 0, double costs = 0) {
  SeriesPoint one;
  one.timestamp_ms = kStart + second * 1000;
  one.exposure = exposure;
  one.delta = delta;
  one.gross = gross;
  one.costs = costs;
  return one;
}
double at(std::int64_t second) {
  return 1'700'000'000.0 + static_cast<double>(second);
}

TEST(PlotData, HasEveryPointOfAShortSeries) {
  const SymbolSeries es{"ES",
                        {point(0, 0.5, 0.5, 0, 12.5), point(3, 0.5, 0, 1.5, 12.5), point(7, -0.25, -0.75, 2, 30)}};
  const SymbolSeries nq{"NQ", {point(1, 0.125, 0.125, 0, 0.1)}};
  const PlotData data = plot_data({es, nq}, 1000);
  EXPECT_EQ(data.symbols, (std::vector<std::string>{"ES", "NQ"}));
  EXPECT_EQ(rows_of(data, "0_exposure"), (std::vector<Row>{{at(0), 0.5}, {at(3), 0.5}, {at(7), -0.25}}));
  EXPECT_EQ(rows_of(data, "0_delta"), (std::vector<Row>{{at(0), 0.5}, {at(7), -0.75}}));
  EXPECT_EQ(rows_of(data, "0_gross"), (std::vector<Row>{{at(0), 0}, {at(3), 1.5}, {at(7), 2}}));
  EXPECT_EQ(rows_of(data, "0_net"), (std::vector<Row>{{at(0), -12.5}, {at(3), -11}, {at(7), -28}}));
  EXPECT_EQ(rows_of(data, "1_exposure"), (std::vector<Row>{{at(1), 0.125}}));
  EXPECT_EQ(data.first_s, at(0));
  EXPECT_EQ(data.last_s, at(7));
  EXPECT_LT(data.exposure.low, -0.25);
  EXPECT_GT(data.exposure.high, 0.5);
  EXPECT_LT(data.pnl.low, -28);
}

TEST(PlotData, GivesSinglePointsAndFlatSeriesARange) {
  const PlotData data = plot_data({{"ES", {point(0, 0)}}}, 1000);
  EXPECT_LT(data.exposure.low, data.exposure.high);
  EXPECT_LT(data.delta.low, data.delta.high);
  EXPECT_LT(data.pnl.low, data.pnl.high);
  EXPECT_EQ(rows_of(data, "0_exposure"), (std::vector<Row>{{at(0), 0}}));
  EXPECT_FALSE(data.has("0_delta"));
}

// In each column, the thinned series covers the same values, enters with the same one and leaves with the same one.
TEST(PlotData, ThinningDrawsTheSame) {
  constexpr int kColumns = 50;
  std::mt19937 random(5);
  SymbolSeries series{"ES", {}};
  double held = 0;
  for (int second = 0; second <= 20'000; ++second) {
    const double before = held;
    if (random() % 7 == 0) held = static_cast<double>(random() % 1000) / 1000 - 0.5;
    series.points.push_back(point(second, held, held - before));
  }
  const PlotData data = plot_data({series}, kColumns);
  const auto rows = rows_of(data, "0_exposure");
  EXPECT_LE(rows.size(), 4U * (kColumns + 1));
  struct Column {
    double first = NAN, last = 0, low = 9, high = -9;
    void add(double value) {
      if (std::isnan(first)) first = value;
      last = value;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    bool operator==(const Column&) const = default;
  };
  const auto columns = [](const std::vector<Row>& points) {
    std::map<int, Column> found;
    for (const Row& row : points) found[static_cast<int>((row[0] - at(0)) * kColumns / 20'000)].add(row[1]);
    return found;
  };
  std::vector<Row> all;
  for (const SeriesPoint& one : series.points) all.push_back({at((one.timestamp_ms - kStart) / 1000), one.exposure});
  EXPECT_EQ(columns(rows), columns(all));
  double largest = 0, largest_drawn = 0;
  for (const SeriesPoint& one : series.points) largest = std::max(largest, std::abs(one.delta));
  for (const Row& row : rows_of(data, "0_delta")) largest_drawn = std::max(largest_drawn, std::abs(row[1]));
  EXPECT_EQ(largest_drawn, largest);
}

TEST(PlotData, UrgentStepsAreDrawnOnceMoreThicker) {
  SymbolSeries series{"ES", {point(0, 0.1), point(1, 0.2), point(2, 0.2), point(3, 0)}};
  series.points[1].urgency = 0.6F;
  series.points[3].urgency = 1;
  const PlotData data = plot_data({series}, 1000);
  EXPECT_FALSE(data.has("0_thick1"));
  EXPECT_EQ(rows_of(data, "0_thick2"), (std::vector<Row>{{at(1), 0.1}, {at(1), 0.2}, {at(2), 0.2}, {}}));
  EXPECT_EQ(rows_of(data, "0_thick3"), (std::vector<Row>{{at(3), 0.2}, {at(3), 0}, {}}));
}

TEST(PlotData, MarkersStandWhereDecisionsAreAndGrowWithUrgency) {
  SymbolSeries series{"ES", {point(0, 0.1), point(1, 0.1), point(50, 0.2), point(100, -0.2)}};
  for (SeriesPoint& one : series.points) one.state = 1;
  series.points[1].urgency = 0.5F;  // covers the one beside it
  series.points[3].state = -1;
  const PlotData data = plot_data({series}, 1000);
  EXPECT_EQ(rows_of(data, "0_state1"), (std::vector<Row>{{at(1), 0.1, 1.45}, {at(50), 0.2, 0.9}}));
  EXPECT_EQ(rows_of(data, "0_state-1"), (std::vector<Row>{{at(100), -0.2, 0.9}}));
  EXPECT_FALSE(data.has("0_state0"));
}

TEST(PlotData, StatesLastUntilTheNextDecision) {
  SymbolSeries series{"ES", {point(0, 0), point(10, 0), point(20, 0), point(30, 0), point(40, 0)}};
  const int states[] = {1, 1, -1, 1, 0};
  for (std::size_t i = 0; i < 5; ++i) series.points[i].state = static_cast<std::int8_t>(states[i]);
  const PlotData data = plot_data({series}, 1000);
  EXPECT_EQ(rows_of(data, "0_rows1"), (std::vector<Row>{{at(0), at(20), 0}, {at(30), at(40), 0}}));
  EXPECT_EQ(rows_of(data, "0_rows-1"), (std::vector<Row>{{at(20), at(30), 0}}));
  EXPECT_EQ(rows_of(data, "0_rows0").size(), 1U);
}

TEST(PlotData, ObserveBandsLastUntilTheGateOpens) {
  SymbolSeries series{"ES", {}};
  for (int second = 0; second < 10; ++second) {
    series.points.push_back(point(second, 0));
    series.points.back().observe = (second >= 2 && second < 5) || second >= 8;
  }
  const PlotData data = plot_data({series}, 1000);
  ASSERT_EQ(data.observe.size(), 2U);
  EXPECT_EQ(data.observe[0].low, at(2));
  EXPECT_EQ(data.observe[0].high, at(5));
  EXPECT_EQ(data.observe[1].low, at(8));
  EXPECT_EQ(data.observe[1].high, at(9));
}

}  // namespace
}  // namespace streamd::plot
