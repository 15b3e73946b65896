#include "plot/decision_file.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "io/byte_reader.h"
#include "io/file.h"
#include "wire/line_splitter.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

// The numbers of symbols become the order of their names.
void number_by_name(const std::vector<std::string>& names, DecisionSet& set) {
  std::vector<std::uint32_t> order(names.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return names[a] < names[b]; });
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    set.symbols.push_back(names[order[i]]);
  }
  for (FileDecision& decision : set.decisions) decision.symbol = place[decision.symbol];
}

void remove_duplicates(DecisionSet& set) {
  const auto key = [](const FileDecision& d) { return std::tuple(d.symbol, d.timestamp_ms, d.run); };
  auto& all = set.decisions;
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto end = std::unique(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  set.counts.duplicates = static_cast<std::uint64_t>(all.end() - end);
  all.erase(end, all.end());
  const auto is_of_other_run = [](const auto& a, const auto& b) {
    return a.symbol == b.symbol && a.timestamp_ms == b.timestamp_ms;
  };
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (is_of_other_run(all[i - 1], all[i])) ++set.counts.of_several_runs;
  }
}

}  // namespace

UnixMillis DecisionSet::first_ms() const {
  const auto earlier = [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; };
  return std::min_element(decisions.begin(), decisions.end(), earlier)->timestamp_ms;
}

UnixMillis DecisionSet::last_ms() const {
  const auto earlier = [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; };
  return std::max_element(decisions.begin(), decisions.end(), earlier)->timestamp_ms;
}

Result<DecisionSet> read_decision_file(const std::string& path, const DecisionFilter& filter) {
  auto file = open_for_reading(path);
  if (!file) return file.error();
  const auto reader = ByteReader::open(file->get(), path);
  DecisionSet set;
  DecisionLines lines(filter, [&](const FileDecision& decision) { set.decisions.push_back(decision); });
  LineSplitter splitter(DecisionLines::kMaxLineBytes);
  std::vector<char> block(kBlockBytes + kReadSlack);
  for (;;) {
    auto count = reader->read(block.data(), kBlockBytes);
    if (!count) return count.error();
    if (count.value() == 0) break;
    splitter.feed({block.data(), count.value()}, lines);
  }
  lines.end_file();
  splitter.finish(lines);
  set.counts = lines.counts();
  set.runs = lines.runs();
  number_by_name(lines.symbols(), set);
  remove_duplicates(set);
  return set;
}

}  // namespace streamd::plot
