#include "io/huge_pages.h"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>

namespace streamd {

bool use_huge_pages_in_reserve(std::size_t least_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"), std::fclose);
  if (!maps) return false;
  std::uintptr_t largest = 0;
  std::size_t largest_bytes = 0;
  char line[512];
  while (std::fgets(line, sizeof(line), maps.get()) != nullptr) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char rights[5] = {};
    char name[2] = {};
    const int fields = std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %1s", &begin, &end, rights, name);
    const bool is_nameless = fields == 3;
    if (!is_nameless || rights[1] != 'w' || end - begin <= largest_bytes) continue;
    largest = begin;
    largest_bytes = end - begin;
  }
  if (largest_bytes < least_bytes || largest_bytes == 0) return false;
  return ::madvise(reinterpret_cast<void*>(largest), largest_bytes, MADV_HUGEPAGE) == 0;  // NOLINT: it is an address
}

}  // namespace streamd
