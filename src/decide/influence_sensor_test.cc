// Readings find their symbols whichever comes first; updates replace or add.
#include "decide/influence_sensor.h"

#include <gtest/gtest.h>

#include <string>

namespace streamd {
namespace {

// Per symbol: + up, - down, 0 neither, 2 both.
std::string directions(const InfluenceSensor& sensor, SymbolId symbols) {
  std::string text;
  for (SymbolId symbol = 0; symbol < symbols; ++symbol) {
    const bool up = sensor.points(symbol, 1);
    const bool down = sensor.points(symbol, -1);
    EXPECT_FALSE(sensor.points(symbol, 0));
    text += up && down ? '2' : up ? '+' : down ? '-' : '0';
  }
  return text;
}

std::string saved(const InfluenceSensor& sensor) {
  ByteSink bytes;
  sensor.save(bytes);
  return bytes.take();
}

TEST(InfluenceSensor, ReadingsFindTheirSymbols) {
  InfluenceSensor sensor;
  sensor.add_symbol("A");
  sensor.update({true, {{"A", true, false}, {"B", false, true}, {"C", true, true}, {"D", false, false}}});
  EXPECT_EQ(directions(sensor, 1), "+");
  for (const char* name : {"B", "C", "D", "E"}) sensor.add_symbol(name);
  EXPECT_EQ(directions(sensor, 5), "+-200");
}

TEST(InfluenceSensor, UpdatesAddOrReplace) {
  InfluenceSensor sensor;
  for (const char* name : {"A", "B"}) sensor.add_symbol(name);
  sensor.update({true, {{"A", true, false}, {"later", true, false}}});
  sensor.update({false, {{"A", false, true}, {"B", false, true}}});
  EXPECT_EQ(directions(sensor, 2), "2-");
  sensor.update({false, {}});
  EXPECT_EQ(directions(sensor, 2), "2-");
  sensor.update({true, {{"B", true, false}}});
  EXPECT_EQ(directions(sensor, 2), "0+");
  sensor.add_symbol("later");
  EXPECT_EQ(directions(sensor, 3), "0+0");
  sensor.update({true, {{"B", false, false}}});
  EXPECT_EQ(directions(sensor, 3), "000");
  EXPECT_EQ(saved(sensor), saved(InfluenceSensor()));
}

TEST(InfluenceSensor, OneUpdateMayNameATargetTwice) {
  InfluenceSensor sensor;
  sensor.add_symbol("A");
  sensor.update({true, {{"A", true, false}, {"A", false, true}}});
  EXPECT_EQ(directions(sensor, 1), "2");
}

TEST(InfluenceSensor, GoesOnFromItsBytes) {
  InfluenceSensor sensor;
  for (const char* name : {"A", "B", "C"}) sensor.add_symbol(name);
  sensor.update({true, {{"C", true, true}, {"A", false, true}, {"later", true, false}}});
  const std::string bytes = saved(sensor);
  InfluenceSensor loaded;
  for (const char* name : {"A", "B", "C"}) loaded.add_symbol(name);
  ByteSource source(bytes);
  ASSERT_TRUE(loaded.load(source));
  EXPECT_TRUE(source.at_end());
  EXPECT_EQ(saved(loaded), bytes);
  loaded.add_symbol("later");
  EXPECT_EQ(directions(loaded, 4), "-02+");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteSource cut(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(InfluenceSensor().load(cut)) << size;
  }
}

TEST(InfluenceSensor, RefusesNamesOutOfOrderAndReadingsThatSayNothing) {
  const auto loads = [](std::initializer_list<std::pair<std::string_view, int>> readings) {
    ByteSink bytes;
    bytes.put(static_cast<std::uint32_t>(readings.size()));
    for (const auto& [name, directions] : readings) {
      bytes.put_text(name);
      bytes.put(static_cast<std::uint8_t>(directions));
    }
    ByteSource source(bytes.bytes());
    return InfluenceSensor().load(source);
  };
  EXPECT_TRUE(loads({{"", 1}, {"A", 2}, {"B", 3}}));
  EXPECT_FALSE(loads({{"B", 1}, {"A", 2}}));
  EXPECT_FALSE(loads({{"A", 1}, {"A", 2}}));
  EXPECT_FALSE(loads({{"A", 0}}));
  EXPECT_FALSE(loads({{"A", 4}}));
}

}  // namespace
}  // namespace streamd
