// The rules of the house, checked: includes go only the way that docs/architecture.md allows, its table names exactly
// the folders that exist, and the core's folders touch nothing of the outside world.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/paths.h"

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = streamd::source_path("");

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Folder → folders that it may include, from the table in docs/architecture.md.
std::map<std::string, std::set<std::string>> allowed_includes() {
  std::map<std::string, std::set<std::string>> allowed;
  std::istringstream lines(read(kRoot / "docs/architecture.md"));
  const std::regex row(R"(\| `([a-z]+)` \|[^|]*\|([^|]*)\|)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    std::istringstream names(match[2].str());
    std::set<std::string>& folders = allowed[match[1].str()];
    for (std::string name; names >> name;) folders.insert(name);
    folders.insert(match[1].str());
  }
  return allowed;
}

std::vector<fs::path> sources(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto ending = entry.path().extension();
    if (ending == ".h" || ending == ".cc") files.push_back(entry.path());
  }
  return files;
}

bool is_test(const fs::path& file) { return file.filename().string().ends_with("_test.cc"); }

TEST(HouseRules, TheArchitecturePageNamesTheFoldersThatExist) {
  std::set<std::string> existing;
  for (const auto& entry : fs::directory_iterator(kRoot / "src")) {
    if (entry.is_directory()) existing.insert(entry.path().filename().string());
  }
  std::set<std::string> named;
  for (const auto& [folder, allowed] : allowed_includes()) named.insert(folder);
  EXPECT_EQ(named, existing);
}

TEST(HouseRules, IncludesGoOnlyTheAllowedWay) {
  const auto allowed = allowed_includes();
  const std::regex include(R"re(#include "([a-z]+)/)re");
  for (const fs::path& file : sources(kRoot / "src")) {
    const std::string folder = file.parent_path().filename().string();
    const std::string text = read(file);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), include); it != std::sregex_iterator(); ++it) {
      const std::string target = (*it)[1].str();
      if (is_test(file) && target == "support") continue;
      EXPECT_TRUE(allowed.at(folder).contains(target)) << file << " includes " << target;
    }
  }
}

TEST(HouseRules, OnlyOneFileIncludesDuckDB) {
  for (const fs::path& file : sources(kRoot / "src")) {
    if (file.filename() == "duckdb.cc") continue;
    EXPECT_EQ(read(file).find("#include <duckdb.h>"), std::string::npos) << file;
  }
}

TEST(HouseRules, TheCoreTouchesNothingOfTheOutsideWorld) {
  const std::regex outside(
      R"(#include <(chrono|thread|mutex|condition_variable|atomic|fstream|filesystem|unistd\.h|fcntl\.h|sys/[a-z]+\.h|ctime|random)>|#include "base/(clock|log)\.h")");
  for (const char* folder : {"market", "wire", "bars", "decide", "quotient", "core"}) {
    for (const fs::path& file : sources(kRoot / "src" / folder)) {
      if (is_test(file)) continue;
      std::smatch match;
      const std::string text = read(file);
      EXPECT_FALSE(std::regex_search(text, match, outside)) << file << ": " << match.str();
    }
  }
}

// Or a crash point would be dead in the build with faults.
TEST(HouseRules, TheBuildWithFaultsHasEveryFileWithFaults) {
  const std::string build = read(kRoot / "test/CMakeLists.txt");
  for (const fs::path& file : sources(kRoot / "src")) {
    const std::string text = read(file);
    const bool has_faults = text.find("#include \"base/fault.h\"") != std::string::npos ||
                            text.find("#include \"daemon/planted_bugs.h\"") != std::string::npos;
    if (!has_faults) continue;
    const std::string name = file.lexically_relative(kRoot / "src").string();
    EXPECT_NE(file.extension(), ".h") << name << ": who includes it would not be seen here";
    EXPECT_NE(build.find(" " + name), std::string::npos) << name << " is missing in test/CMakeLists.txt, fault_sources";
  }
}

TEST(HouseRules, FilesStayReadable) {
  for (const char* folder : {"src", "test", "bench", "fuzz"}) {
    for (const fs::path& file : sources(kRoot / folder)) {
      const std::string text = read(file);
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 600) << file << " wants to be two ideas";
      std::istringstream lines(text);
      std::size_t number = 0;
      for (std::string line; std::getline(lines, line);) {
        ++number;
        EXPECT_EQ(line.find('\t'), std::string::npos) << file << ":" << number << " has a tab";
      }
    }
  }
}

}  // namespace
