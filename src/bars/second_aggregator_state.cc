// The aggregator's state ↔ bytes. A new field of the state goes into both halves, and the core's state gets a new
// version.
#include "bars/partial_bar_bytes.h"
#include "bars/second_aggregator.h"

namespace streamd {

void SecondAggregator::save_second(const OpenSecond& open, ByteSink& bytes) {
  const auto put_feeder = [&bytes](const Feeder& feeder) {
    bytes.put(feeder.source);
    bytes.put(feeder.fed_after_ms);
  };
  bytes.put(open.second);
  bytes.put(open.label);
  put_partial_bar(open.unwritten, bytes);
  put_partial_bar(open.written, bytes);
  put_feeder(open.first);
  bytes.put(static_cast<std::uint32_t>(open.others.size()));
  for (const Feeder& other : open.others) put_feeder(other);
}

bool SecondAggregator::load_second(OpenSecond& open, ByteSource& bytes) {
  const auto get_feeder = [&bytes](Feeder& feeder) {
    feeder.source = bytes.get<SourceId>();
    feeder.fed_after_ms = bytes.get<ElapsedMillis>();
  };
  open.second = bytes.get<Second>();
  open.label = bytes.get<LabelId>();
  open.unwritten = get_partial_bar(bytes);
  open.written = get_partial_bar(bytes);
  get_feeder(open.first);
  open.others.resize(bytes.get_count(sizeof(SourceId) + sizeof(ElapsedMillis)));
  for (Feeder& other : open.others) get_feeder(other);
  return bytes.ok();
}

void SecondAggregator::save_source(const Source& source, ByteSink& bytes) {
  bytes.put(source.label);
  bytes.put(static_cast<std::uint8_t>(source.presence));
  bytes.put(static_cast<std::uint8_t>(source.undrained));
  bytes.put(source.away_since_ms);
  bytes.put(source.watermark_ms);
  bytes.put(source.next_leave_ms);
  bytes.put(source.read_since_ms);
  bytes.put(source.sent_after_ms);
  bytes.put(static_cast<std::uint32_t>(source.ahead.size()));
  for (const Source::Bucket& bucket : source.ahead) {
    bytes.put(bucket.second);
    bytes.put(static_cast<std::uint32_t>(bucket.symbols.size()));
    for (SymbolId symbol : bucket.symbols) bytes.put(symbol);
  }
  bytes.put(static_cast<std::uint32_t>(source.behind.size()));
  for (const SymbolSecond& key : source.behind) {
    bytes.put(key.symbol);
    bytes.put(key.second);
  }
  bytes.put(static_cast<std::uint64_t>(source.behind_limit));
}

bool SecondAggregator::load_source(Source& source, ByteSource& bytes) {
  source.label = bytes.get<LabelId>();
  const auto presence = bytes.get<std::uint8_t>();
  if (presence > static_cast<std::uint8_t>(Presence::ended)) return false;
  source.presence = static_cast<Presence>(presence);
  source.undrained = bytes.get<std::uint8_t>() != 0;
  source.away_since_ms = bytes.get<ElapsedMillis>();
  source.watermark_ms = bytes.get<UnixMillis>();
  source.next_leave_ms = bytes.get<UnixMillis>();
  source.read_since_ms = bytes.get<ElapsedMillis>();
  source.sent_after_ms = bytes.get<ElapsedMillis>();
  const std::size_t buckets = bytes.get_count(sizeof(Second) + sizeof(std::uint32_t));
  for (std::size_t i = 0; i < buckets; ++i) {
    Source::Bucket& bucket = source.ahead.emplace_back();
    bucket.second = bytes.get<Second>();
    bucket.symbols.resize(bytes.get_count(sizeof(SymbolId)));
    for (SymbolId& symbol : bucket.symbols) symbol = bytes.get<SymbolId>();
  }
  source.behind.resize(bytes.get_count(sizeof(SymbolId) + sizeof(Second)));
  for (SymbolSecond& key : source.behind) {
    key.symbol = bytes.get<SymbolId>();
    key.second = bytes.get<Second>();
  }
  source.behind_limit = bytes.get<std::uint64_t>();
  return bytes.ok();
}

void SecondAggregator::save(ByteSink& bytes) const {
  bytes.put(options_.lateness_ms);
  bytes.put(options_.idle_close_ms);
  bytes.put(options_.producer_grace_ms);
  bytes.put(wall_ms_);
  bytes.put(elapsed_ms_);
  tick_times_.save(bytes);
  std::size_t symbols = symbols_.size();  // how far the vector has grown is no part of the state
  while (symbols > 0 && symbols_[symbols - 1].last_closed == kNone && symbols_[symbols - 1].open.empty()) --symbols;
  bytes.put(static_cast<std::uint32_t>(symbols));
  for (std::size_t i = 0; i < symbols; ++i) {
    bytes.put(symbols_[i].last_closed);
    bytes.put(static_cast<std::uint32_t>(symbols_[i].open.size()));
    for (const OpenSecond& open : symbols_[i].open) save_second(open, bytes);
  }
  bytes.put(static_cast<std::uint32_t>(sources_.size()));
  for (const auto& [id, source] : sources_) {
    bytes.put(id);
    save_source(source, bytes);
  }
  window_feeders_.save(bytes);
}

bool SecondAggregator::load(ByteSource& bytes) {
  options_.lateness_ms = bytes.get<std::int64_t>();
  options_.idle_close_ms = bytes.get<ElapsedMillis>();
  options_.producer_grace_ms = bytes.get<ElapsedMillis>();
  wall_ms_ = bytes.get<UnixMillis>();
  elapsed_ms_ = bytes.get<ElapsedMillis>();
  tick_times_.load(bytes);
  symbols_.resize(bytes.get_count(sizeof(Second) + sizeof(std::uint32_t)));
  for (Symbol& symbol : symbols_) {
    symbol.last_closed = bytes.get<Second>();
    symbol.open.resize(bytes.get_count(sizeof(Second)));
    for (OpenSecond& open : symbol.open) {
      if (!load_second(open, bytes)) return false;
    }
  }
  const std::size_t sources = bytes.get_count(sizeof(SourceId));
  for (std::size_t i = 0; i < sources; ++i) {
    const auto id = bytes.get<SourceId>();
    if (!load_source(sources_[id], bytes)) return false;
  }
  return window_feeders_.load(bytes) && bytes.ok();
}

}  // namespace streamd
