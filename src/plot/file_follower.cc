#include "plot/file_follower.h"

#include <algorithm>
#include <cmath>

#include "wire/json_object.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr int kBlocksALook = 8;
constexpr std::int64_t kMaxLimit = 100'000;

}  // namespace

FileFollower::FileFollower(const PlotOptions& options, EventFeed& feed, const Clock& clock)
    : options_(options),
      feed_(feed),
      clock_(clock),
      file_(options.ndjson),
      block_(kBlockBytes + kReadSlack),
      splitter_(DecisionLines::kMaxLineBytes),
      archive_(options.series, static_cast<UnixMillis>(std::llround(options.window_seconds * 1000))),
      lines_(options.filter, [this](const FileDecision& decision) { archive_.add(decision); }) {}

Result<bool> FileFollower::look() {
  has_more_ = false;
  for (int i = 0; i < kBlocksALook; ++i) {
    const auto piece = file_.read(block_.data(), kBlockBytes);
    if (!piece) return piece.error();
    if (piece.value().begins_anew) {
      begin_anew();
    } else if (piece.value().bytes == 0) {
      return false;
    } else {
      take({block_.data(), piece.value().bytes});
    }
  }
  return has_more_ = true;
}

void FileFollower::take(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  splitter_.feed(bytes, lines_);
  settle();
}

void FileFollower::begin_anew() {
  const std::lock_guard lock(mutex_);
  lines_.end_file();
  splitter_.finish(lines_);
  lines_.begin_file();
  settle();
}

void FileFollower::settle() {
  const auto added = archive_.settle();
  const auto& symbols = lines_.symbols();
  for (; symbols_told_ < symbols.size(); ++symbols_told_) feed_.add_symbol(symbols[symbols_told_]);
  if (!feed_.is_wanted()) return;
  std::vector<std::string> texts;
  texts.reserve(2 * added.size());
  std::vector<FeedEvent> events;
  for (const FileDecision& decision : added) {
    events.push_back({FeedEvent::Kind::bar, decision.symbol, texts.emplace_back(bar_json(decision, names()))});
    const std::string& line = texts.emplace_back(decision_json(decision, names()));
    events.push_back({FeedEvent::Kind::decision, decision.symbol, line});
  }
  feed_.publish(events);
}

std::string FileFollower::health_json() const {
  const std::lock_guard lock(mutex_);
  const LineCounts& counts = lines_.counts();
  JsonObject reasons;
  for (const auto& [reason, count] : counts.bad) reasons.add(reason, count);
  JsonObject health;
  health.add("ts", static_cast<double>(clock_.wall_ms()) / 1000);
  health.add("version", STREAMD_VERSION);
  health.add("file", options_.ndjson);
  health.add("file_state", !file_.is_there() ? "waiting" : has_more_ ? "reading" : "reached");
  health.add("bytes", file_.offset());
  health.add("lines", counts.lines);
  health.add("invalid_lines", counts.bad_lines());
  health.add_raw("rejected_by_reason", reasons.text());
  health.add("duplicates", archive_.duplicates());
  health.add("decisions", archive_.version());
  health.add("last_bar_ts_ms", archive_.newest_ms());
  return health.text();
}

std::string FileFollower::complaint() const {
  const std::lock_guard lock(mutex_);
  LineCounts counts = lines_.counts();
  counts.duplicates = archive_.duplicates();
  return complaint_about(counts);
}

HttpResponse FileFollower::history(const HttpRequest& request) const {
  const auto json = [](std::string text) { return HttpResponse{200, "application/json", std::move(text), {}}; };
  const auto symbol = request.parameter("symbol");
  if (!symbol) {
    const std::lock_guard lock(mutex_);
    return json(overview_json(archive_, names(), options_.series, options_.ndjson, clock_.wall_ms()));
  }
  HistoryWish wish;
  const auto from = request.integer("from", 0, wish.to_ms, wish.from_ms);
  const auto to = request.integer("to", 0, wish.to_ms, wish.to_ms);
  const auto limit = request.integer("limit", 1, kMaxLimit, static_cast<std::int64_t>(wish.limit));
  if (!from || !to) return HttpResponse::error(400, "from, to: give milliseconds since 1970");
  if (!limit) return HttpResponse::error(400, fmt::format("limit: give 1 to {}", kMaxLimit));
  wish = {*from, *to, static_cast<std::size_t>(*limit)};
  const std::lock_guard lock(mutex_);
  const auto& all = lines_.symbols();
  const auto found = std::find(all.begin(), all.end(), *symbol);
  std::optional<std::uint32_t> number;
  if (found != all.end()) number = static_cast<std::uint32_t>(found - all.begin());
  return json(history_json(archive_, names(), *symbol, number, wish));
}

std::vector<SymbolSeries> FileFollower::series() const {
  std::vector<SymbolSeries> all;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t symbol = 0; symbol < archive_.symbols(); ++symbol) {
    auto points = archive_.series(symbol);
    if (!points.empty()) all.push_back({lines_.symbols()[symbol], std::move(points)});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.symbol < b.symbol; });
  return all;
}

std::uint64_t FileFollower::version() const {
  const std::lock_guard lock(mutex_);
  return archive_.version();
}

}  // namespace streamd::plot
