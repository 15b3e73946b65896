// Whatever line the fast path takes, the general reader reads the same, bit for bit.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "line_mutator.h"
#include "support/reader_agreement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static streamd::NdjsonReader reader;
  std::string_view line(reinterpret_cast<const char*>(data), size);
  line = line.substr(0, line.find('\n'));
  const streamd::ReaderAgreement agreement = streamd::compare_readers(reader, line);
  if (!agreement.difference.empty()) {
    std::fprintf(stderr, "the readers disagree: %s\n%.*s\n", agreement.difference.c_str(),
                 static_cast<int>(line.size()), line.data());
    std::abort();
  }
  return 0;
}
