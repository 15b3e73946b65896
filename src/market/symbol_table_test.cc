#include "market/symbol_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace streamd {
namespace {

TEST(SymbolTable, NumbersAreDenseInOrderOfFirstAppearance) {
  SymbolTable table(10);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.add("ES"), SymbolId{0});
  EXPECT_EQ(table.add("BTCUSDT"), SymbolId{1});
  EXPECT_EQ(table.add("A"), SymbolId{2});
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.find("BTCUSDT"), SymbolId{1});
  EXPECT_EQ(table.find("ES"), SymbolId{0});
  EXPECT_EQ(table.name(2), "A");
}

TEST(SymbolTable, AnUnknownNameHasNoNumber) {
  SymbolTable table(10);
  EXPECT_EQ(table.find("ES"), std::nullopt);
  table.add("ES");
  for (const char* other : {"", "E", "ESX", "es", "SE", "NQ"}) EXPECT_EQ(table.find(other), std::nullopt) << other;
}

TEST(SymbolTable, AFullTableTakesNoMoreAndForgetsNothing) {
  SymbolTable table(3);
  for (const char* name : {"A", "B", "C"}) EXPECT_TRUE(table.add(name).has_value());
  EXPECT_EQ(table.add("D"), std::nullopt);
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.find("D"), std::nullopt);
  EXPECT_EQ(table.find("C"), SymbolId{2});
  EXPECT_EQ(SymbolTable(0).add("A"), std::nullopt);
}

// So many that some share their whole hash.
TEST(SymbolTable, ManyNamesKeepTheirNumbersAndTheirViews) {
  constexpr SymbolId kNames = 300000;
  SymbolTable table(kNames);
  std::vector<std::string_view> views;
  for (SymbolId id = 0; id < kNames; ++id) {
    const std::string name = "SYMBOL" + std::to_string(id);
    ASSERT_EQ(table.find(name), std::nullopt);
    ASSERT_EQ(table.add(name), id);
    views.push_back(table.name(id));
  }
  for (SymbolId id = 0; id < kNames; ++id) {
    const std::string name = "SYMBOL" + std::to_string(id);
    ASSERT_EQ(table.find(name), id);
    ASSERT_EQ(views[id], name);
    ASSERT_EQ(views[id].data(), table.name(id).data());
  }
}

// Every length takes another way through the hash; names that differ in one byte only must not meet.
TEST(SymbolTable, NamesThatDifferInOneByteAreDifferent) {
  SymbolTable table(10000);
  std::vector<std::string> names;
  for (std::size_t length = 1; length <= 64; ++length) {
    names.emplace_back(length, 'a');
    for (std::size_t at = 0; at < length; ++at) {
      names.emplace_back(length, 'a');
      names.back()[at] = 'b';
    }
  }
  for (const std::string& name : names) ASSERT_EQ(table.find(name), std::nullopt) << name;
  for (const std::string& name : names) table.add(name);
  for (std::size_t i = 0; i < names.size(); ++i) ASSERT_EQ(table.find(names[i]), static_cast<SymbolId>(i)) << names[i];
}

TEST(SymbolTable, BytesOfANameMayBeAnything) {
  SymbolTable table(10);
  table.add(std::string_view("A\0B", 3));
  EXPECT_EQ(table.find("A"), std::nullopt);
  EXPECT_EQ(table.find(std::string_view("A\0C", 3)), std::nullopt);
  EXPECT_EQ(table.find(std::string_view("A\0B", 3)), SymbolId{0});
  table.add("\xe5\x80\xa4");
  EXPECT_EQ(table.find("\xe5\x80\xa4"), SymbolId{1});
}

TEST(SymbolTable, LookingInABufferFindsTheSameWhateverStandsBehindTheName) {
  SymbolTable table(1000);
  std::vector<std::string> names;
  for (std::size_t length = 1; length <= 64; ++length) {
    names.emplace_back(length, 'S');
    names.emplace_back(length - 1, 'S');
    names.back() += 'T';
  }
  for (std::size_t i = 0; i < names.size(); i += 3) table.add(names[i]);  // the others are unknown
  for (const std::string& name : names) {
    for (const char behind : {'S', 'T', '"', '\0', '\xff'}) {
      // Not a byte more than may be looked at.
      const std::size_t size = std::max(name.size(), SymbolTable::kInlineBytes);
      const auto buffer = std::make_unique<char[]>(size);
      std::fill_n(buffer.get(), size, behind);
      std::copy(name.begin(), name.end(), buffer.get());
      ASSERT_EQ(table.find_in_buffer({buffer.get(), name.size()}), table.find(name)) << name;
    }
  }
}

TEST(SymbolTable, TheNameIsCopied) {
  SymbolTable table(10);
  std::string name = "ES";
  table.add(name);
  name = "NQ";
  EXPECT_EQ(table.name(0), "ES");
  EXPECT_EQ(table.find("NQ"), std::nullopt);
}

}  // namespace
}  // namespace streamd
