// The baseline of the bars figure: the rows of bar_rows, made on the fly, go through DuckDB's appender into ohlc_1s in
// a new file, in transactions of a million rows. One thread; whole data chunks, which is faster than row by row.
#pragma once

#include <cstdint>
#include <string>

namespace streamd::bench {

// `label` becomes every row's source_file.
void append_bars(const std::string& path, std::uint64_t count, std::uint32_t symbols, const std::string& label);

}  // namespace streamd::bench
