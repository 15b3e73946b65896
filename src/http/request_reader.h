// Bytes → one request's head fields and body, or the answer that refuses it. Knows no sockets; the one place that
// knows the parser. What it keeps is bounded by the limits of head and body; what it has not taken, its caller keeps.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/http_message.h"
#include "http/request_target.h"

namespace streamd {

class RequestReader {
 public:
  enum class State { wants_more, complete, refused };

  RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes);
  ~RequestReader();

  // Takes from the front of `input`, which begins with what was not taken before; returns how much. What comes after
  // the request is not touched. Not after it was refused: where the next request begins is not known then.
  std::size_t take(std::string_view input);
  State state() const;

  // The client sends no body before it is told to (Expect: 100-continue). True once.
  bool take_continue();

  // When complete.
  const RequestFields& fields() const;
  std::string take_body();
  bool keeps_alive() const;  // as far as the client is concerned

  // When refused: 400, 413, 417, 431, 501.
  const HttpResponse& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streamd
