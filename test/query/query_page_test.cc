// What a request for /query must look like, and what comes back.
#include "daemon/query_page.h"

#include "query/query_fixture.h"

namespace streamd {
namespace {

class QueryPageTest : public QueryFixture {
 protected:
  QueryPageTest() {
    fill(0);
    DeskOptions options = desk_options();
    options.limits.time = Millis(5000);
    options.limits.rows = 10;
    desk_ = std::make_unique<QueryDesk>(options);
  }
  static HttpRequest get(std::map<std::string, std::string> query) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/query";
    request.query = std::move(query);
    request.is_trusted = true;
    return request;
  }
  static HttpRequest post(const std::string& content_type, const std::string& body) {
    HttpRequest request = get({});
    request.method = "POST";
    request.content_type = content_type;
    request.body = body;
    return request;
  }
  HttpResponse answer(const HttpRequest& request) {
    return query_handler(*desk_)(request, [] { return false; });
  }
  static std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  std::unique_ptr<QueryDesk> desk_;
};

TEST_F(QueryPageTest, JsonUnlessAskedOtherwise) {
  const auto json = answer(get({{"sql", "SELECT 1 AS a"}}));
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_EQ(json.body, "{\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}],\"rows\":[\n[1]],\"truncated\":false}\n");
  const auto csv = answer(get({{"sql", "SELECT 1 AS a"}, {"format", "csv"}}));
  EXPECT_EQ(csv.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(csv.body, "a\r\n1\r\n");
  const auto ndjson = answer(get({{"sql", "SELECT 1 AS a"}, {"format", "ndjson"}}));
  EXPECT_EQ(ndjson.content_type, "application/x-ndjson");
  EXPECT_EQ(ndjson.body, "{\"a\":1}\n");
}

TEST_F(QueryPageTest, SqlIsPostedAsTextOrJson) {
  HttpRequest text = post("text/plain; charset=utf-8", "SELECT 2 AS a");
  text.query["format"] = "csv";
  EXPECT_EQ(answer(text).body, "a\r\n2\r\n");
  HttpRequest sql = post("application/sql", "SELECT 2 AS a");
  sql.query["format"] = "ndjson";
  EXPECT_EQ(answer(sql).body, "{\"a\":2}\n");
  EXPECT_EQ(answer(post("application/json", R"({"sql":"SELECT 3 AS a","format":"csv"})")).body, "a\r\n3\r\n");
  for (const char* bad : {"", "[]", "{\"sql\":1}", "{\"sql\":\"SELECT 1\",\"more\":\"x\"}", "{\"sql\""}) {
    EXPECT_EQ(answer(post("application/json", bad)).status, 400) << bad;
  }
}

TEST_F(QueryPageTest, WhatIsWrongIsSaidInOneLine) {
  EXPECT_EQ(answer(get({})).status, 400);
  EXPECT_EQ(answer(get({{"sql", "SELECT 1"}, {"format", "xml"}})).status, 400);
  const auto unknown = answer(get({{"sql", "SELECT nothing FROM ohlc_1s"}}));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.body.find("Binder Error"), std::string::npos) << unknown.body;
  EXPECT_EQ(std::count(unknown.body.begin(), unknown.body.end(), '\n'), 1);
  EXPECT_EQ(answer(get({{"sql", "DELETE FROM ohlc_1s"}})).status, 400);
}

TEST_F(QueryPageTest, OnlyForWhomIsTrusted) {
  HttpRequest request = get({{"sql", "SELECT 1"}});
  request.is_trusted = false;
  EXPECT_EQ(answer(request).status, 403);
}

TEST_F(QueryPageTest, LimitsAreTold) {
  const auto cut = answer(get({{"sql", "SELECT * FROM range(11)"}, {"format", "ndjson"}}));
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(header(cut, "X-Truncated"), "rows");
  EXPECT_EQ(header(answer(get({{"sql", "SELECT 1"}})), "X-Truncated"), "");
}

TEST_F(QueryPageTest, TooLateAndTooBusy) {
  DeskOptions options = desk_options();
  options.limits.time = Millis(200);
  QueryDesk desk(options);
  const auto handler = query_handler(desk);
  const auto never = [] { return false; };
  EXPECT_EQ(handler(get({{"sql", "SELECT count(*) FROM range(100000000000) a, range(1000000) b"}}), never).status, 504);
  const QueryDesk::Batch batch(desk);
  const auto busy = handler(get({{"sql", "SELECT 1"}}), never);
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(header(busy, "Retry-After"), "1");
}

}  // namespace
}  // namespace streamd
