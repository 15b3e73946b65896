// Result<T>: a value or an Error, for operating failures (disk, socket, database).
// Bad input is not an Error: it is a counted Reject (wire/reject.h). A broken invariant is CHECK: abort,
// because a restart is recovery.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace streamd {

// What a caller may want to tell apart.
enum class ErrorKind {
  other,
  locked,     // somebody else holds it; may pass by itself
  not_found,
  refused,    // it is there, and is not what it must be
  damaged,    // it is there, and cannot be read as what it was
};

// One line for a person: what failed, on which object, and what to do about it.
struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::other;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &value(); }
  T& operator*() { return value(); }

  // Only when !ok().
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "stream_daemon: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace streamd

#define STREAMD_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::streamd::check_failed(__FILE__, __LINE__, #condition))
