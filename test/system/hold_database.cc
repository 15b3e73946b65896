// hold_database PATH read_only|read_write: opens a database (waits while it is locked), says so, and holds it until its
// stdin ends. For tests of what the daemon does meanwhile.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "store/duckdb.h"

int main(int argc, char** argv) {
  using namespace streamd;
  if (argc != 3) return 2;
  const auto access = std::strcmp(argv[2], "read_only") == 0 ? duck::Access::read_only : duck::Access::read_write;
  for (;;) {
    const auto database = duck::Database::open(argv[1], access, {});
    if (database) {
      std::puts("held");
      std::fflush(stdout);
      char byte;
      while (::read(STDIN_FILENO, &byte, 1) > 0) {
      }
      return 0;
    }
    if (database.error().kind != ErrorKind::locked) {
      std::fprintf(stderr, "%s\n", database.error().message.c_str());
      return 1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}
