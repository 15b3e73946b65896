#include "daemon/query_page.h"

#include <simdjson.h>

#include <utility>

namespace streamd {
namespace {

constexpr const char* kRetryAfterS = "1";

struct Question {
  std::string sql;
  std::string format = "json";
};

bool is_type(const std::string& content_type, std::string_view type) {
  if (!content_type.starts_with(type)) return false;
  return content_type.size() == type.size() || content_type[type.size()] == ';' || content_type[type.size()] == ' ';
}

Result<Question> read_json(const std::string& body) {
  const Error bad{"the body is not {\"sql\":\"…\",\"format\":\"json|csv|ndjson\"}"};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get(object) != simdjson::SUCCESS) return bad;
  Question question;
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) return bad;
    if (field.key == "sql") {
      question.sql = text;
    } else if (field.key == "format") {
      question.format = text;
    } else {
      return bad;
    }
  }
  return question;
}

// What the URL (or a form) says; a body of text (or curl -d's form that is none) or JSON comes before it.
Result<Question> read_question(const HttpRequest& request) {
  Question question;
  const bool posted = request.method == "POST";
  if (posted && is_type(request.content_type, "application/json")) {
    auto read = read_json(request.body);
    if (!read) return read;
    question = std::move(read).value();
  } else if (posted &&
             (is_type(request.content_type, "text/plain") || is_type(request.content_type, "application/sql"))) {
    question.sql = request.body;
  }
  if (question.sql.empty()) question.sql = request.parameter("sql").value_or("");
  question.format = request.parameter("format").value_or(question.format);
  if (question.sql.empty()) return Error{"no SQL: /query?sql=SELECT…&format=json|csv|ndjson, or post it"};
  return question;
}

const char* content_type(ResultFormat format) {
  switch (format) {
    case ResultFormat::csv: return "text/csv; charset=utf-8";
    case ResultFormat::ndjson: return "application/x-ndjson";
    case ResultFormat::json: break;
  }
  return "application/json";
}

HttpResponse response_of(QueryAnswer answer, ResultFormat format) {
  if (answer.outcome != QueryAnswer::Outcome::done) return failure_response(answer, 400);
  HttpResponse response{200, content_type(format), std::move(answer.text), {{"Cache-Control", "no-store"}}};
  if (answer.truncation != Truncation::none) {
    response.headers.emplace_back("X-Truncated", std::string(to_text(answer.truncation)));
  }
  return response;
}

}  // namespace

HttpResponse failure_response(const QueryAnswer& answer, int refused) {
  if (answer.outcome == QueryAnswer::Outcome::refused) return HttpResponse::error(refused, answer.text);
  if (answer.outcome == QueryAnswer::Outcome::out_of_time) return HttpResponse::error(504, answer.text);
  HttpResponse response = HttpResponse::error(503, answer.text);
  response.headers.emplace_back("Retry-After", kRetryAfterS);
  return response;
}

HttpServer::SlowHandler query_handler(QueryDesk& desk) {
  return [&desk](const HttpRequest& request, const std::function<bool()>& is_gone) {
    if (!request.is_trusted) {
      return HttpResponse::error(403, "queries are for this machine alone; for others give the daemon --http-token-file");
    }
    auto question = read_question(request);
    if (!question) return HttpResponse::error(400, question.error().message);
    const auto format = result_format(question->format);
    if (!format) return HttpResponse::error(400, "format is json, csv or ndjson");
    return response_of(desk.ask(question->sql, *format, is_gone), *format);
  };
}

}  // namespace streamd
