#include "http/request_target.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(PercentDecoded, DecodesBytes) {
  EXPECT_EQ(percent_decoded("a%20b%2Fc", false), "a b/c");
  EXPECT_EQ(percent_decoded("a+b", false), "a+b");
  EXPECT_EQ(percent_decoded("a+b%2B", true), "a b+");
  EXPECT_EQ(percent_decoded("%ff%FE", true), "\xff\xfe");
  EXPECT_EQ(percent_decoded("%00", true), std::string(1, '\0'));
  EXPECT_EQ(percent_decoded("%", true), std::nullopt);
  EXPECT_EQ(percent_decoded("%4", true), std::nullopt);
  EXPECT_EQ(percent_decoded("%4x", true), std::nullopt);
  EXPECT_EQ(percent_decoded("%%41", true), std::nullopt);
}

TEST(DecodeTarget, CutsPathAndParameters) {
  const auto target = decode_target("/a%20b?x=1&y=a+b%26&x=2&&flag&=z");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b");
  const std::map<std::string, std::string> expected{{"", "z"}, {"flag", ""}, {"x", "2"}, {"y", "a b&"}};
  EXPECT_EQ(target->query, expected);
  EXPECT_EQ(decode_target("/a?q=1?2=3")->query.at("q"), "1?2=3");
  EXPECT_EQ(decode_target("/a?")->query.size(), 0u);
}

TEST(DecodeTarget, TakesWhatProxiesSend) {
  const auto target = decode_target("http://localhost:80/a?b=c");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->authority, "localhost:80");
  EXPECT_EQ(target->path, "/a");
  EXPECT_EQ(decode_target("HTTP://x")->path, "/");
  EXPECT_EQ(decode_target("http://x?a=b")->query.at("a"), "b");
}

TEST(DecodeTarget, RefusesWhatIsNone) {
  for (const char* text : {"", "*", "a", "?a=b", "/%", "/a?b=%zz", "/a?%=c", "http://", "http:///a", "localhost:80"}) {
    EXPECT_FALSE(decode_target(text)) << text;
  }
}

TEST(DecodeParameters, HasABound) {
  std::string text;
  for (std::size_t i = 0; i < kMaxParameters; ++i) text += "a=1&";
  std::map<std::string, std::string> into;
  EXPECT_TRUE(decode_parameters(text, into));
  EXPECT_FALSE(decode_parameters(text + "a=1", into));
}

TEST(IsLocalHost, KnowsAddressesAndNames) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:80", "10.1.2.3", "localhost", "LocalHost:1", "[::1]:80", "[::1]",
                           "::1", "here:9", "HERE"}) {
    EXPECT_TRUE(is_local_host(host, "here")) << host;
  }
  for (const char* host : {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]",
                           "127.0.0.1@evil.example", "1234", "[::1", "localhost."}) {
    EXPECT_FALSE(is_local_host(host, "here")) << host;
  }
}

struct AdmitRequest : ::testing::Test {
  AdmitRequest() {
    fields.method = "GET";
    fields.target = "/";
    fields.host = "localhost:80";
    door.is_loopback = true;
    door.peer_is_loopback = true;
    door.host = "127.0.0.1";
  }
  bool is_trusted(std::string_view token = "") const {
    const auto admitted = admit_request(fields, "", door, token);
    const auto* request = std::get_if<HttpRequest>(&admitted);
    EXPECT_NE(request, nullptr);
    return request != nullptr && request->is_trusted;
  }
  unsigned refusal() const {
    const auto admitted = admit_request(fields, "", door, "");
    const auto* refused = std::get_if<HttpResponse>(&admitted);
    return refused == nullptr ? 200 : refused->status;
  }

  RequestFields fields;
  RequestDoor door;
};

TEST_F(AdmitRequest, TrustsLoopbackOnlyWithoutAToken) {
  EXPECT_TRUE(is_trusted());
  EXPECT_FALSE(is_trusted("secret"));
  door.peer_is_loopback = false;
  EXPECT_FALSE(is_trusted());
}

TEST_F(AdmitRequest, TrustsTheToken) {
  door.peer_is_loopback = false;
  for (const char* given : {"Bearer secret", "bearer secret"}) {
    fields.authorization = given;
    EXPECT_TRUE(is_trusted("secret")) << given;
    EXPECT_FALSE(is_trusted("secret2")) << given;
    EXPECT_FALSE(is_trusted("")) << given;
  }
  for (const char* given : {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret", "secret"}) {
    fields.authorization = given;
    EXPECT_FALSE(is_trusted("secret")) << given;
  }
}

TEST_F(AdmitRequest, TrustsTheUnixSocket) {
  door = RequestDoor();
  door.is_unix = true;
  fields.host = "whatever";
  EXPECT_TRUE(is_trusted());
  EXPECT_TRUE(is_trusted("secret"));
}

TEST_F(AdmitRequest, DoesNotTrustPagesOfOtherSites) {
  fields.origin = "http://localhost:80";
  EXPECT_TRUE(is_trusted());
  for (const char* origin : {"http://evil.example", "null", "http://localhost:81"}) {
    fields.origin = origin;
    EXPECT_FALSE(is_trusted()) << origin;
  }
  fields.origin = "";
  fields.fetch_site = "same-origin";
  EXPECT_TRUE(is_trusted());
  fields.fetch_site = "cross-site";
  EXPECT_FALSE(is_trusted());
}

TEST_F(AdmitRequest, DoesNotTrustNamesThatLeadToLoopback) {
  door.is_loopback = false;
  door.host = "0.0.0.0";
  EXPECT_TRUE(is_trusted());
  fields.host = "evil.example";
  EXPECT_FALSE(is_trusted());
}

TEST_F(AdmitRequest, RefusesNamesThatLeadToLoopback) {
  EXPECT_EQ(refusal(), 200u);
  fields.host = "evil.example";
  EXPECT_EQ(refusal(), 403u);
  door.is_loopback = false;
  EXPECT_EQ(refusal(), 200u);
  door.is_loopback = true;
  fields.host = "localhost";
  fields.target = "http://evil.example/";
  EXPECT_EQ(refusal(), 403u);
  fields.target = "/";
  fields.host.reset();
  EXPECT_EQ(refusal(), 400u);
  fields.is_http_1_0 = true;
  EXPECT_EQ(refusal(), 200u);
}

TEST_F(AdmitRequest, AddsAFormsFields) {
  fields.method = "POST";
  fields.target = "/q?a=1&b=2";
  fields.content_type = "Application/X-WWW-form-urlencoded ; charset=utf-8";
  auto admitted = admit_request(fields, "b=3&sql=select+1%3B", door, "");
  auto* request = std::get_if<HttpRequest>(&admitted);
  ASSERT_NE(request, nullptr);
  const std::map<std::string, std::string> expected{{"a", "1"}, {"b", "3"}, {"sql", "select 1;"}};
  EXPECT_EQ(request->query, expected);
  EXPECT_EQ(request->body, "b=3&sql=select+1%3B");
  admitted = admit_request(fields, "b=%", door, "");
  EXPECT_TRUE(std::holds_alternative<HttpResponse>(admitted));
  fields.content_type = "application/sql";
  admitted = admit_request(fields, "b=%", door, "");
  EXPECT_TRUE(std::holds_alternative<HttpRequest>(admitted));
}

// curl -d 'SELECT 1', and --data-urlencode 'SELECT 1'.
TEST_F(AdmitRequest, TakesTextForWhatItIsThoughItSaysThatItIsAForm) {
  fields.method = "POST";
  fields.content_type = "application/x-www-form-urlencoded";
  const auto admitted = [&](const std::string& body) {
    auto taken = admit_request(fields, body, door, "");
    const auto* request = std::get_if<HttpRequest>(&taken);
    return request == nullptr ? HttpRequest() : *request;
  };
  for (const char* text : {"SELECT 1", "SELECT * FROM x WHERE a=1", "SELECT 5 % 2 = 1", "VALUES(1=1)", "VALUES(5%2)",
                           "FROM x", "\nSELECT 1", "a", "SELECT '%zz' AS b", "-- a=1"}) {
    const HttpRequest request = admitted(text);
    EXPECT_EQ(request.content_type, "text/plain") << text;
    EXPECT_EQ(request.body, text);
    EXPECT_TRUE(request.query.empty()) << text;
  }
  EXPECT_EQ(admitted("SELECT%20a%3D1%2B1").body, "SELECT a=1+1");
  EXPECT_EQ(admitted("SELECT+a%3D1%2B1").body, "SELECT a=1+1");
  EXPECT_EQ(admitted("SELECT%2").body, "SELECT%2");
  for (const char* form :
       {"", "sql=SELECT 1 = 1", "sql=SELECT+1&format=csv", "format=csv", "a&sql=x", "a%5B%5D=1", "=1"}) {
    EXPECT_EQ(admitted(form).content_type, fields.content_type) << form;
  }
  EXPECT_EQ(admitted("sql=SELECT 1 = 1").query.at("sql"), "SELECT 1 = 1");
}

TEST(RefuseRoute, SaysWhatThereIs) {
  const std::map<std::string, HttpMethods> routes{{"/a", HttpMethods::get}, {"/b", HttpMethods::get_and_post}};
  EXPECT_FALSE(refuse_route(routes, "GET", "/a"));
  EXPECT_FALSE(refuse_route(routes, "HEAD", "/a"));
  EXPECT_FALSE(refuse_route(routes, "POST", "/b"));
  const auto not_found = refuse_route(routes, "GET", "/c");
  ASSERT_TRUE(not_found);
  EXPECT_EQ(not_found->status, 404u);
  EXPECT_EQ(not_found->body, "there is no such page; there are:\n/a\n/b\n");
  const auto not_allowed = refuse_route(routes, "POST", "/a");
  ASSERT_TRUE(not_allowed);
  EXPECT_EQ(not_allowed->status, 405u);
  EXPECT_EQ(not_allowed->headers.at(0).second, "GET, HEAD");
  EXPECT_EQ(refuse_route(routes, "DELETE", "/b")->headers.at(0).second, "GET, HEAD, POST");
  EXPECT_EQ(refuse_route(routes, "get", "/a")->status, 405u);
}

}  // namespace
}  // namespace streamd
