#include "source/verdict_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace streamd {
namespace {

namespace fs = std::filesystem;

constexpr UnixMillis kNow = 1'700'000'000'000;
constexpr const char* kAllow = R"({"allowed":true,"slip_bps":5,"reason":"ok","timestamp":1})";
constexpr const char* kRefuse = R"({"allowed":false,"slip_bps":9,"reason":"no","timestamp":2})";

class VerdictSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "verdict_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::permissions(root_, fs::perms(0755));
    options_.gate_folder = root_ / "phase6";
    options_.influence_folder = root_ / "asymmetry";
    fs::create_directory(options_.gate_folder);
    fs::create_directory(options_.influence_folder);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path gate(const std::string& mark) const {
    return fs::path(options_.gate_folder) / ("capital_controls_" + mark + ".jsonl");
  }
  fs::path influence(const std::string& mark) const {
    return fs::path(options_.influence_folder) / ("influence_tensor_" + mark + ".jsonl");
  }
  // Each write gets a modification time of its own, a minute ago.
  void write(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::trunc) << content;
    set_modified(path, clock_.wall_ms() - 60'000);
  }
  void append(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::app) << content;
    set_modified(path, clock_.wall_ms() - 60'000);
  }
  void set_modified(const fs::path& path, UnixMillis ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1'000'000 + ++writes_};
    const struct timespec times[2] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  VerdictSource& source() {
    if (!source_) {
      source_.emplace(
          options_, [this](GateVerdict verdict) { gates_.push_back(std::move(verdict)); },
          [this](InfluenceUpdate update) { influences_.push_back(std::move(update)); }, clock_);
    }
    return *source_;
  }
  // Reads until nothing is left, then lets the interval pass.
  void check() {
    while (source().read()) ++reads_;
    clock_.advance(options_.check_interval_ms);
  }
  std::vector<GateVerdict> gates() { return check(), std::exchange(gates_, {}); }
  std::vector<InfluenceUpdate> influences() { return check(), std::exchange(influences_, {}); }
  GateVerdict only_gate() {
    const auto all = gates();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? GateVerdict() : all.back();
  }
  InfluenceUpdate only_influence() {
    const auto all = influences();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? InfluenceUpdate() : all.back();
  }

  fs::path root_;
  VerdictOptions options_;
  ManualClock clock_{kNow};
  std::optional<VerdictSource> source_;
  std::vector<GateVerdict> gates_;
  std::vector<InfluenceUpdate> influences_;
  std::int64_t writes_ = 0;
  int reads_ = 0;
};

GateVerdict open_by(const std::string& mark, const std::string& reason_json = "\"ok\"",
                    const std::string& timestamp_json = "1") {
  return {true, "capital_controls_" + mark + ".jsonl", 5, reason_json, timestamp_json};
}
GateVerdict closed_by(const std::string& mark) { return {false, "capital_controls_" + mark + ".jsonl", {}, "", ""}; }

std::string lines(std::initializer_list<std::string> all) {
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return text;
}

std::string entry(const std::string& target, const std::string& symbol) {
  return R"({"target":")" + target + R"(","source":"X","lag":1,"score":0.5,"symbol":)" + symbol + "}";
}

TEST_F(VerdictSourceTest, TheFirstReadSaysThatThereIsNothing) {
  options_.influence = true;
  fs::remove_all(options_.gate_folder);
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_, std::vector<GateVerdict>{GateVerdict()});
  EXPECT_EQ(influences_, std::vector<InfluenceUpdate>{InfluenceUpdate()});
  EXPECT_FALSE(source().read());
  check();
  check();
  EXPECT_EQ(gates_.size(), 1u);
  EXPECT_EQ(influences_.size(), 1u);
  EXPECT_FALSE(source().gate_age_ms());
}

TEST_F(VerdictSourceTest, WhatTheGateSaysCanBeAsked) {
  EXPECT_FALSE(source().gate().has_value());
  EXPECT_EQ(gates().size(), 1u);
  EXPECT_FALSE(source().gate()->open);
  EXPECT_EQ(source().gate()->source, "");
  write(gate("1"), std::string(kAllow) + "\n");
  const GateVerdict given = only_gate();
  EXPECT_TRUE(given.open);
  EXPECT_EQ(source().gate(), given);
}

TEST_F(VerdictSourceTest, WithoutInfluenceNothingIsSaidOfIt) {
  write(influence("1"), lines({entry("A", "1")}));
  check();
  EXPECT_TRUE(influences_.empty());
}

TEST_F(VerdictSourceTest, TheFirstReadGivesTheVerdictOfALargeFileAtOnce) {
  write(gate("1"), lines({kAllow, std::string(900'000, ' ') + kRefuse}) + std::string(9'000'000, '\n'));
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_, std::vector<GateVerdict>{open_by("1")});
}

TEST_F(VerdictSourceTest, LooksOnlyWhenTheIntervalHasPassed) {
  source().read();
  write(gate("1"), lines({kAllow}));
  clock_.advance(options_.check_interval_ms - 1);
  EXPECT_FALSE(source().read());
  clock_.advance(1);
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_.back(), open_by("1"));
  EXPECT_EQ(source().checks(), 2u);
}

TEST_F(VerdictSourceTest, AfterStopNothingIsRead) {
  source().stop();
  EXPECT_FALSE(source().read());
  EXPECT_TRUE(gates_.empty());
}

TEST_F(VerdictSourceTest, ALaterFileByNameTakesOverAndFallsBack) {
  write(gate("2024-01-01"), lines({kAllow}));
  EXPECT_EQ(only_gate(), open_by("2024-01-01"));
  write(gate("2024-01-02"), lines({kRefuse}));
  EXPECT_EQ(only_gate(), closed_by("2024-01-02"));
  write(gate("2023-12-31"), lines({kAllow}));  // newer by its time only
  write(fs::path(options_.gate_folder) / "capital_controls_9.json", lines({kAllow}));
  write(fs::path(options_.gate_folder) / "x_capital_controls_9.jsonl", lines({kAllow}));
  EXPECT_TRUE(gates().empty());
  fs::remove(gate("2024-01-02"));
  EXPECT_EQ(only_gate(), open_by("2024-01-01"));
  fs::remove_all(options_.gate_folder);
  EXPECT_EQ(only_gate(), GateVerdict());
  fs::create_directory(options_.gate_folder);
  write(gate("1"), lines({kAllow}));
  EXPECT_EQ(only_gate(), open_by("1"));
}

TEST_F(VerdictSourceTest, LinksCountWhenTheyLeadToAFile) {
  write(root_ / "elsewhere", lines({kAllow}));
  fs::create_symlink(root_ / "elsewhere", gate("2"));
  fs::create_symlink(root_ / "nowhere", gate("3"));
  fs::create_directory(gate("4"));
  ASSERT_EQ(::mkfifo(gate("5").c_str(), 0600), 0);
  EXPECT_EQ(only_gate(), open_by("2"));
}

TEST_F(VerdictSourceTest, AnUnreadableFileClosesTheGateUnderItsName) {
  write(gate("1"), lines({kAllow}));
  only_gate();
  write(gate("2"), lines({kAllow}));
  fs::permissions(gate("2"), fs::perms::none);
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);  // root may read everything
  const GateVerdict closed = only_gate();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  EXPECT_EQ(closed, closed_by("2"));
  fs::permissions(gate("2"), fs::perms::owner_read);
  EXPECT_EQ(only_gate(), open_by("2"));
}

TEST_F(VerdictSourceTest, AFolderThatCannotBeReadClosesTheGate) {
  write(gate("1"), lines({kAllow}));
  only_gate();
  fs::rename(options_.gate_folder, root_ / "away");
  std::ofstream(options_.gate_folder) << "no folder";
  EXPECT_EQ(only_gate(), GateVerdict());
}

TEST_F(VerdictSourceTest, ARewriteInPlaceOfTheSameSizeIsSeen) {
  write(gate("1"), lines({kAllow}));
  EXPECT_EQ(only_gate(), open_by("1"));
  std::string other = kAllow;
  other.replace(other.find("ok"), 2, "OK");
  write(gate("1"), lines({other}));
  EXPECT_EQ(only_gate(), open_by("1", "\"OK\""));
  EXPECT_TRUE(gates().empty());
}

// Nothing but the content changes: so it is with two writes within one tick of the file system's clock, and with what
// is written to a page that is mapped and dirty already.
TEST_F(VerdictSourceTest, ARewriteThatLeavesNoTraceIsSeenALittleLater) {
  options_.check_interval_ms = 50;
  const std::string line = lines({kAllow});
  write(gate("1"), line);
  const int fd = ::open(gate("1").c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  void* const mapped = ::mmap(nullptr, line.size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  ::close(fd);
  auto* const content = static_cast<char*>(mapped);
  char* const reason = content + line.find("ok");
  std::memcpy(reason, "ok", 2);  // from now on the page is dirty
  set_modified(gate("1"), kNow);

  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_.back(), open_by("1"));
  std::memcpy(reason, "OK", 2);
  clock_.advance(50);
  EXPECT_FALSE(source().read());  // too soon
  clock_.advance(50);
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_.back(), open_by("1", "\"OK\""));
  std::memcpy(reason, "ok", 2);
  clock_.advance(1000);
  EXPECT_FALSE(source().read());  // once more, not for ever
  ::munmap(mapped, line.size());
}

TEST_F(VerdictSourceTest, OfAFileThatGrewOnlyTheNewLinesAreRead) {
  const std::string first = lines({"bad", kAllow, std::string(20'000, ' ') + "{}"});
  write(gate("1"), first);
  EXPECT_EQ(only_gate(), open_by("1"));
  // In the middle, where nobody looks: were it read again, the gate would be closed.
  std::fstream(gate("1"), std::ios::in | std::ios::out).seekp(10'000) << "x";
  append(gate("1"), lines({kRefuse, "bad"}));
  EXPECT_TRUE(gates().empty());
  EXPECT_EQ(source().bad_lines(), 2u);
  append(gate("1"), R"({"allowed":true,"timestamp":"later"})" "\n");
  EXPECT_EQ(only_gate(), (GateVerdict{true, "capital_controls_1.jsonl", {}, "", "\"later\""}));
}

TEST_F(VerdictSourceTest, AFileThatWasWrittenAnewAndLongerIsReadAnew) {
  write(gate("1"), lines({kAllow}));
  only_gate();
  write(gate("1"), lines({kRefuse, kRefuse, kRefuse}));
  EXPECT_EQ(only_gate(), closed_by("1"));
  write(gate("1"), lines({kAllow, std::string(10'000, ' ') + kRefuse}));
  EXPECT_EQ(only_gate(), open_by("1"));
  // The same beginning, another end, longer.
  write(gate("1"), lines({kAllow, std::string(9'000, ' ') + kRefuse, kRefuse, kRefuse, std::string(2'000, ' ')}));
  EXPECT_TRUE(gates().empty());
  write(gate("1"), "");
  EXPECT_EQ(only_gate(), closed_by("1"));
}

TEST_F(VerdictSourceTest, AFileThatTookAnothersPlaceIsReadAnew) {
  write(gate("1"), lines({"bad", kAllow}));
  only_gate();
  write(root_ / "new", lines({"bad", kRefuse, kRefuse}));
  fs::rename(root_ / "new", gate("1"));
  EXPECT_EQ(only_gate(), closed_by("1"));
  EXPECT_EQ(source().bad_lines(), 2u);
}

TEST_F(VerdictSourceTest, AnUnfinishedLastLineCountsOnceItIsWhole) {
  const std::string allow = kAllow;
  write(gate("1"), lines({"{}"}) + allow.substr(0, 20));
  EXPECT_EQ(only_gate(), closed_by("1"));
  append(gate("1"), allow.substr(20));
  EXPECT_EQ(only_gate(), open_by("1"));
  append(gate("1"), " rubbish");  // it was not whole
  EXPECT_EQ(only_gate(), closed_by("1"));
  EXPECT_EQ(source().bad_lines(), 0u);
  append(gate("1"), "\n");
  EXPECT_TRUE(gates().empty());
  EXPECT_EQ(source().bad_lines(), 1u);
  append(gate("1"), allow + "\r");
  EXPECT_EQ(only_gate(), open_by("1"));
  append(gate("1"), "\n");
  EXPECT_TRUE(gates().empty());
  EXPECT_EQ(source().bad_lines(), 1u);
}

TEST_F(VerdictSourceTest, BadLinesAreSkippedAndCountOnce) {
  write(gate("1"), lines({"", "  ", "[]", "1", "{\"allowed\":true", "\xff", kAllow, "{\"allowed\":true,}"}));
  EXPECT_EQ(only_gate(), open_by("1"));
  EXPECT_EQ(source().bad_lines(), 5u);
  set_modified(gate("1"), kNow - 30'000);  // touched: read again
  EXPECT_TRUE(gates().empty());
  EXPECT_EQ(source().bad_lines(), 5u);
}

TEST_F(VerdictSourceTest, AHugeLineIsSkippedAndCounted) {
  const std::string huge = R"({"allowed":true,"x":")" + std::string(1 << 20, 'x') + "\"}";
  write(gate("1"), lines({huge}) + huge);
  EXPECT_EQ(only_gate(), closed_by("1"));
  EXPECT_EQ(source().bad_lines(), 1u);
  append(gate("1"), lines({"", kAllow}));
  EXPECT_EQ(only_gate(), open_by("1"));
  EXPECT_EQ(source().bad_lines(), 2u);
}

TEST_F(VerdictSourceTest, ALargeFileIsReadInPiecesWhileTheFormerVerdictStands) {
  options_.influence = true;
  write(influence("1"), lines({entry("A", "1")}));
  check();
  gates_.clear();
  influences_.clear();
  std::string large = lines({kAllow});
  while (large.size() < (10 << 20)) large += lines({std::string(kRefuse) + std::string(1000, ' ')});
  write(gate("1"), large);
  fs::remove(influence("1"));
  EXPECT_TRUE(source().read());
  EXPECT_EQ(influences_.size(), 1u);  // nobody waits for the gate's
  EXPECT_TRUE(source().read());
  EXPECT_TRUE(gates_.empty());
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_, std::vector<GateVerdict>{open_by("1")});
  EXPECT_FALSE(source().read());
  append(gate("1"), lines({R"({"allowed":true})"}));
  clock_.advance(1000);
  EXPECT_TRUE(source().read());
  EXPECT_EQ(gates_.size(), 2u);
  EXPECT_FALSE(source().read());
}

TEST_F(VerdictSourceTest, OnlyTrueAllows) {
  write(gate("1"), lines({R"({"allowed":"true"})", R"({"allowed":1})", R"({"allowed":null})",
                          R"({"x":{"allowed":true}})", R"({"allowed":[true]})", R"({"allowed":true,"allowed":false})", "{}"}));
  EXPECT_EQ(only_gate(), closed_by("1"));
  EXPECT_EQ(source().bad_lines(), 0u);
}

TEST_F(VerdictSourceTest, ReasonAndTimestampAreAnyScalars) {
  const auto read_entry = [this](const std::string& rest) {
    write(gate("1"), lines({R"({"allowed":true,)" + rest + "}"}));
    return only_gate();
  };
  GateVerdict verdict =
      read_entry(R"("slip_bps":-1.5e1,"reason":"a\u0022\u00e9\n","timestamp": 1700000000.1234567890 )");
  EXPECT_EQ(verdict.allowed_slip_bps, -15);
  EXPECT_EQ(verdict.reason_json, R"("a\"é\n")");
  EXPECT_EQ(verdict.timestamp_json, "1700000000.1234567890");
  verdict = read_entry(R"("slip_bps":"5","reason":false,"timestamp":123456789012345678901234567890)");
  EXPECT_FALSE(verdict.allowed_slip_bps);
  EXPECT_EQ(verdict.reason_json, "false");
  EXPECT_EQ(verdict.timestamp_json, "123456789012345678901234567890");
  verdict = read_entry(R"("slip_bps":1e999,"reason":null,"timestamp":{"a":1})");
  EXPECT_EQ(verdict, (GateVerdict{true, "capital_controls_1.jsonl", {}, "", ""}));
  verdict = read_entry(R"("reason":")" + std::string(1022, 'r') + R"(","timestamp":")" + std::string(1023, 't') + "\"");
  EXPECT_EQ(verdict.reason_json.size(), 1024u);
  EXPECT_EQ(verdict.timestamp_json, "");
}

TEST_F(VerdictSourceTest, AnOldFileClosesTheGateUntilItIsTouched) {
  options_.gate_max_age_s = 62.5;
  write(gate("1"), lines({kAllow}));
  EXPECT_EQ(only_gate(), open_by("1"));
  EXPECT_EQ(source().gate_age_ms(), 61'000);
  EXPECT_TRUE(gates().empty());
  EXPECT_TRUE(gates().empty());
  GateVerdict old = open_by("1", R"("older than --gate-max-age-s")");
  old.open = false;
  EXPECT_EQ(only_gate(), old);
  EXPECT_TRUE(gates().empty());
  set_modified(gate("1"), clock_.wall_ms());
  EXPECT_EQ(only_gate(), open_by("1"));
  EXPECT_EQ(source().gate_age_ms(), 1'000);
}

TEST_F(VerdictSourceTest, TheSensorsDirectionsAreGatheredByTarget) {
  options_.influence = true;
  write(influence("1"), lines({entry("A", "\"+1\""), entry("B", "\"-1\""), entry("C", "\"0\""), entry("D", "1"),
                               entry("D", "-1"), entry("E", "0"), entry("F", "\"1\""), entry("A", "\"+1\"")}));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true,
                                               {{"A", true, false}, {"B", false, true}, {"D", true, true},
                                                {"F", true, false}}}));
  EXPECT_EQ(source().bad_lines(), 0u);
  append(influence("1"), lines({entry("A", "2"), entry("A", "\"up\""), entry("A", "null"), entry("", "1"), "{}",
                                R"({"target":1,"symbol":1})", entry(std::string(65, 'x'), "1"), "bad"}));
  EXPECT_TRUE(influences().empty());
  EXPECT_EQ(source().bad_lines(), 8u);
}

TEST_F(VerdictSourceTest, OfAGrownSensorFileOnlyWhatChangedIsGiven) {
  options_.influence = true;
  write(influence("1"), lines({entry("A", "1"), entry("B", "1")}));
  only_influence();
  append(influence("1"), lines({entry("B", "1")}));
  EXPECT_TRUE(influences().empty());
  append(influence("1"), lines({entry("B", "-1"), entry("C", "-1"), entry("A", "1")}));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{false, {{"B", true, true}, {"C", false, true}}}));
  write(influence("1"), lines({entry("C", "1")}));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true, {{"C", true, false}}}));
  write(influence("2"), lines({entry("C", "1")}));  // says the same
  EXPECT_TRUE(influences().empty());
  fs::remove(influence("1"));
  fs::remove(influence("2"));
  EXPECT_EQ(only_influence(), InfluenceUpdate());
}

TEST_F(VerdictSourceTest, WhatAnUnfinishedSensorLineSaidIsTakenBack) {
  options_.influence = true;
  write(influence("1"), lines({entry("A", "1")}) + entry("B", "1"));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true, {{"A", true, false}, {"B", true, false}}}));
  append(influence("1"), "rubbish\n" + entry("A", "-1"));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true, {{"A", true, true}}}));
  append(influence("1"), "\n");
  EXPECT_TRUE(influences().empty());
  append(influence("1"), entry("B", "-1"));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{false, {{"B", false, true}}}));
  append(influence("1"), std::string(2 << 20, 'x'));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true, {{"A", true, true}}}));
}

TEST_F(VerdictSourceTest, TargetsBeyondTheBoundAreIgnored) {
  options_.influence = true;
  options_.max_targets = 2;
  write(influence("1"), lines({entry("C", "1"), entry("B", "1"), entry("A", "1"), entry("B", "-1"), entry("D", "1")}));
  EXPECT_EQ(only_influence(), (InfluenceUpdate{true, {{"B", true, true}, {"C", true, false}}}));
  EXPECT_EQ(source().ignored_influences(), 2u);
  EXPECT_EQ(source().bad_lines(), 0u);
}

}  // namespace
}  // namespace streamd
