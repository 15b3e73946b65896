// `/query`: SQL over HTTP. `?sql=…&format=json|csv|ndjson`, or as fields of a posted form, which the server puts
// with the query; or posted as text (text/plain, application/sql) or as {"sql":…,"format":…} (application/json).
// 200 with the rows; 400 with one line of what is wrong; 403 for who is not trusted; 503 (Retry-After) when rows were in
// the way; 504 when it took too long. X-Truncated: rows or bytes, when a limit cut the rows short.
#pragma once

#include "http/http_server.h"
#include "store/query_desk.h"

namespace streamd {

// An answer without a result: 503 (Retry-After), 504, or, where the statement is to blame, `refused`.
HttpResponse failure_response(const QueryAnswer& answer, int refused);

// The desk outlives the server.
HttpServer::SlowHandler query_handler(QueryDesk& desk);

}  // namespace streamd
