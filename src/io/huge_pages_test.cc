#include "io/huge_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <string>

namespace streamd {
namespace {

constexpr std::size_t kReserve = std::size_t{1} << 40;

// "hg": huge pages are advised (man 5 proc).
bool is_advised(const void* address) {
  char begin[32];
  std::snprintf(begin, sizeof(begin), "%lx-", reinterpret_cast<unsigned long>(address));
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  for (bool here = false; std::getline(smaps, line);) {
    if (line.find('-') != std::string::npos && line.find(' ') > line.find('-')) here = line.starts_with(begin);
    if (here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST(HugePages, AreAdvisedForTheLargestReserveAlone) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' reserves are larger";
#endif
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) GTEST_SKIP() << "this kernel has none";
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* large = ::mmap(nullptr, kReserve, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (large == MAP_FAILED) GTEST_SKIP() << "no room for a reserve: overcommitting is off";
  EXPECT_FALSE(is_advised(large));
  EXPECT_FALSE(use_huge_pages_in_reserve(2 * kReserve));
  EXPECT_FALSE(is_advised(large));
  EXPECT_TRUE(use_huge_pages_in_reserve(kReserve));
  EXPECT_TRUE(is_advised(large));
  ::munmap(large, kReserve);
}

}  // namespace
}  // namespace streamd
