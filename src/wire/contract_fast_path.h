// Reads a line in the contract's own form, keys in the contract's order and no white space:
//   {"type":"trade","symbol":"BTCUSDT","ts_ms":1700000000123,"price":95473.29,"qty":0.001}
//   {"type":"ohlc1s","symbol":"ES","ts_ms":1700000000000,"open":1,"high":2,"low":1,"close":2,"volume":12.0,"trades":4}
// ("trades" may be absent), and either with a sequence number of up to 18 digits as its last member:
//   {"type":"trade","symbol":"BTCUSDT","ts_ms":1700000000123,"price":95473.29,"qty":0.001,"seq":12}
// It takes a line or leaves it to ndjson_reader, which decides about everything else;
// it never rejects. For each line that it takes it gives what ndjson_reader gives (fuzz/fast_path_fuzz.cc).
#pragma once

#include <cstddef>

#include "wire/parsed_line.h"

namespace streamd {

// Reads the line that starts at `line`. A newline must end it or a later line, and kReadSlack bytes beyond the last
// newline must be readable. Returns the position after the line's newline and fills `out`, all that its kind has and
// seq_form (`symbol` points into the line), or nullptr when the line is not of this form or longer than
// `max_line_bytes` (its newline not counted).
const char* read_contract_line(const char* line, std::size_t max_line_bytes, ParsedLine& out);

}  // namespace streamd
