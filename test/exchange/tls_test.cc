#include "exchange/exchange_fixture.h"

namespace streamd::exchange {
namespace {

class TlsTest : public ExchangeTest {
 protected:
  RestReply ping(const std::string& host) {
    return RestClient(exchange->ports().rest, exchange->ca_file(), host).get("/api/v3/ping");
  }
};

TEST_F(TlsTest, TheCertificateHoldsForLoopback) {
  start();
  EXPECT_EQ(ping("localhost").status, 200);
  EXPECT_EQ(ping("127.0.0.1").status, 200);
  StreamClient streams(exchange->ports().streams, exchange->ca_file());
  EXPECT_TRUE(streams.connect("/ws")) << streams.failure();
  EXPECT_EQ(exchange->ledger().failed_handshakes, 0u);
}

TEST_F(TlsTest, AndForNothingElse) {
  start();
  EXPECT_NE(ping("example.org").failure.find("certificate verify failed"), std::string::npos);
  RestClient stranger(exchange->ports().rest, "");
  EXPECT_NE(stranger.get("/api/v3/ping").failure.find("certificate verify failed"), std::string::npos);
  EXPECT_TRUE(comes_true([&] { return exchange->ledger().failed_handshakes == 2; }));
}

TEST_F(TlsTest, ClientsMustNoticeEachFlaw) {
  start();
  for (const char* flaw : {"expired", "other_host", "unknown_ca"}) {
    exchange->fault(std::string(R"({"certificate":")") + flaw + "\"}");
    EXPECT_NE(ping("localhost").failure.find("certificate verify failed"), std::string::npos) << flaw;
    StreamClient streams(exchange->ports().streams, exchange->ca_file());
    EXPECT_FALSE(streams.connect("/ws")) << flaw;
  }
  exchange->fault(R"({"certificate":"good"})");
  EXPECT_EQ(ping("localhost").status, 200);
}

TEST_F(TlsTest, AFlawFromTheStart) {
  ExchangeOptions options = busy();
  options.certificate = CertificateFlaw::expired;
  start(options);
  EXPECT_EQ(ping("localhost").status, 0);
}

}  // namespace
}  // namespace streamd::exchange
