// The claim that the fast path rests on: a line that read_contract_line takes is a line for which NdjsonReader gives
// the same, bit for bit, and the numbers are those that strtod reads.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "wire/contract_fast_path.h"
#include "wire/ndjson_reader.h"

namespace streamd {

struct ReaderAgreement {
  bool taken = false;      // by the fast path
  bool sequenced = false;  // taken, with a sequence number
  std::string difference;  // empty: they agree, or the line was left to the general reader
};

// The number's text behind `"name":`, empty when there is none; the line is known to be canonical.
inline std::string text_of_field(std::string_view line, std::string_view name) {
  const std::string key = ",\"" + std::string(name) + "\":";
  const std::size_t found = line.find(key);
  if (found == std::string_view::npos) return "";
  const std::size_t start = found + key.size();
  return std::string(line.substr(start, line.find_first_of(",}", start) - start));
}

inline double strtod_of_field(std::string_view line, std::string_view name) {
  return std::strtod(text_of_field(line, name).c_str(), nullptr);
}

inline void compare_seq(std::string_view line, const ParsedLine& fast, const ParsedLine& general,
                        std::string& difference) {
  const std::string text = text_of_field(line, "seq");
  if (fast.seq_form != general.seq_form) difference += "seq is of another form; ";
  if (fast.seq_form != (text.empty() ? SeqForm::absent : SeqForm::valid)) difference += "seq is not of its form; ";
  if (fast.seq_form != SeqForm::valid) return;
  if (fast.seq != general.seq) difference += "seq differs between the readers; ";
  if (std::to_string(fast.seq) != text) difference += "seq is not what the line says; ";
}

inline void compare_number(std::string_view line, std::string_view name, double fast, double general,
                           std::string& difference) {
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  if (bits(fast) != bits(general)) difference += std::string(name) + " differs between the readers; ";
  if (bits(fast) != bits(strtod_of_field(line, name))) difference += std::string(name) + " is not what strtod reads; ";
}

// `line`: no newline in it.
inline ReaderAgreement compare_readers(NdjsonReader& reader, std::string_view line) {
  // Exactly as much memory as the readers may look at, and behind the line what would do the most harm: more digits.
  const std::size_t size = line.size() + 1 + kReadSlack;
  const auto buffer = std::make_unique<char[]>(size);
  std::memset(buffer.get(), '7', size);
  if (!line.empty()) std::memcpy(buffer.get(), line.data(), line.size());
  buffer[line.size()] = '\n';

  ReaderAgreement result;
  std::string& difference = result.difference;
  ParsedLine fast;
  fast.seq_form = SeqForm::bad;  // as an earlier line may have left it
  const char* next = read_contract_line(buffer.get(), line.size(), fast);
  result.taken = next != nullptr;
  if (!result.taken) return result;
  result.sequenced = fast.seq_form == SeqForm::valid;
  if (next != buffer.get() + line.size() + 1) difference += "it did not stop behind the newline; ";
  ParsedLine ignored;
  if (read_contract_line(buffer.get(), line.size() - 1, ignored) != nullptr) difference += "it took too long a line; ";

  const ParsedLine general = reader.read({buffer.get(), line.size()});
  if (general.kind != fast.kind) {
    difference += general.kind == LineKind::reject ? "the general reader rejects it: " : "another kind of line";
    if (general.kind == LineKind::reject) difference += reject_text(general.reject);
    return result;
  }
  if (general.symbol != fast.symbol) difference += "symbol; ";
  if (general.event_time_ms != fast.event_time_ms) difference += "ts_ms; ";
  compare_seq(line, fast, general, difference);
  if (fast.kind == LineKind::trade) {
    compare_number(line, "price", fast.price, general.price, difference);
    compare_number(line, "qty", fast.quantity, general.quantity, difference);
  } else {
    compare_number(line, "open", fast.bar.open, general.bar.open, difference);
    compare_number(line, "high", fast.bar.high, general.bar.high, difference);
    compare_number(line, "low", fast.bar.low, general.bar.low, difference);
    compare_number(line, "close", fast.bar.close, general.bar.close, difference);
    compare_number(line, "volume", fast.bar.volume, general.bar.volume, difference);
    if (general.bar.trades != fast.bar.trades) difference += "trades; ";
  }
  return result;
}

}  // namespace streamd
